"""What a resident reads about a matter: the present in one sentence, the past line by line.

People are named by organisation and part, notes between colleagues stay inside; the words shown
are those meant for the resident, or their own.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts import directory as organisations
from specialists.routing import explain
from tickets.choices import HoldReason, Outcome, Status, Verb
from tickets.models.tickets import INSIDE
from tickets.promised import terms_of

# Whose notes the resident reads: an answer to them, or what they said themselves.
FOR_RESIDENT = frozenset(
    {
        Verb.REJECT, Verb.ASK_RESIDENT, Verb.RESOLVE, Verb.RESOLVE_ON_SPOT,
        Verb.ANSWER, Verb.DISPUTE, Verb.REOPEN, Verb.CONFIRM, Verb.WITHDRAW, Verb.TELL_RESIDENT,
        Verb.URGE,
    }
)  # fmt: skip

# Somebody else's own words and calls, left out where a joined matter shows the main one.
OTHERS_WORDS = frozenset(
    {
        Verb.ANSWER, Verb.ASK_RESIDENT, Verb.CONFIRM, Verb.DISPUTE, Verb.REOPEN, Verb.WITHDRAW,
        Verb.RECORD_CALL, Verb.ATTACH, Verb.TELL_RESIDENT, Verb.URGE,
    }
)  # fmt: skip

HAPPENED = {
    Verb.SUBMIT: gettext_lazy("You reported this"),
    Verb.ACCEPT: gettext_lazy("Accepted"),
    Verb.REJECT: gettext_lazy("Not accepted, for this reason"),
    Verb.WITHDRAW: gettext_lazy("You took it back"),
    Verb.MERGE: gettext_lazy("Joined to the same matter of others"),
    Verb.JOIN: gettext_lazy("Somebody else has it too"),
    Verb.DISPATCH: gettext_lazy("Handed to %(organisation)s"),
    Verb.ACKNOWLEDGE: gettext_lazy("%(organisation)s has taken it on"),
    Verb.RETURN: gettext_lazy("Not theirs to handle; the right office is being found"),
    Verb.ARBITRATE: gettext_lazy("The district decided: %(organisation)s handles it"),
    Verb.TRANSFER: gettext_lazy("Passed on to %(organisation)s"),
    Verb.RECORD_FINDING: gettext_lazy("Somebody came and had a look"),
    Verb.CALL_CONTRACTOR: gettext_lazy("A repair crew was called"),
    Verb.RECORD_ARRIVAL: gettext_lazy("The repair crew arrived"),
    Verb.FINISH_CONTRACTOR: gettext_lazy("The repair crew has finished"),
    Verb.ASK_RESIDENT: gettext_lazy("You were asked a question"),
    Verb.ANSWER: gettext_lazy("You answered"),
    Verb.HOLD: gettext_lazy("Waiting: %(reason)s"),
    Verb.RESUME: gettext_lazy("Work goes on"),
    Verb.RESOLVE: gettext_lazy("They say it is done"),
    Verb.RESOLVE_ON_SPOT: gettext_lazy("Settled on the spot"),
    Verb.RECORD_CALL: gettext_lazy("You were rung to ask whether it is solved"),
    Verb.CONFIRM: gettext_lazy("You said: solved"),
    Verb.DISPUTE: gettext_lazy("You said: not solved"),
    Verb.EXPIRE: gettext_lazy("Closed, because no answer came"),
    Verb.REOPEN: gettext_lazy("Opened again"),
    Verb.RELEASE: gettext_lazy("A sentence about it was made public"),
    Verb.ATTACH: gettext_lazy("Photos were added"),
    Verb.TELL_RESIDENT: gettext_lazy("Word for you"),
    Verb.URGE: gettext_lazy("You asked to hurry"),
    Verb.GRANT_EXTENSION: gettext_lazy("It takes longer: the promised day has moved"),
    Verb.CHANGE_POLICY: gettext_lazy("The promised day has moved: the time limits have changed"),
}
# In which part somebody acted, as a resident says it; an organisation stands before it.
PARTS = {
    "resident": gettext_lazy("You"),
    "system": gettext_lazy("The portal, by itself"),
    "holder": gettext_lazy("the person in charge"),
    "lead": gettext_lazy("service specialist"),
    "lead_manager": gettext_lazy("manager"),
    "co_handler": gettext_lazy("helping unit"),
    "ground": gettext_lazy("The community"),
    "secretary": gettext_lazy("The secretary"),
    "steward": gettext_lazy("Property steward"),
    "own_specialist": gettext_lazy("The community's own specialist"),
    "dispatcher": gettext_lazy("Grid service centre"),
    "arbiter": gettext_lazy("The district"),
}
_PASSING_ON = frozenset({Verb.DISPATCH, Verb.RETURN, Verb.TRANSFER})
_IN_ORGANISATION = frozenset({"holder", "lead", "lead_manager"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history, as components/timeline.html shows it."""

    title: str
    at: datetime
    by: str
    text: str


def history(events, *, is_others=False):
    """Return the Happenings of events, the newest first.

    What colleagues say among themselves is left out, and other time limits that leave the promised
    day as it was. `is_others`: the reader's own matter was joined to this one, so "you" would be
    wrong.
    """
    lines, before, terms = [], None, None
    for event in events:
        terms_now = terms_of(event) or terms
        is_news = event.verb != Verb.CHANGE_POLICY or terms_now != terms
        terms = terms_now
        if is_news and event.verb not in INSIDE:
            lines.append(_line(event, before, is_others))
            before = event
    return lines[::-1]


def _line(event, before, is_others):
    words = {
        "organisation": organisations.name(event.organisation_id) or _("the community"),
        "reason": _hold_reason(event),
    }
    title = HAPPENED.get(event.verb, event.get_verb_display())
    if is_others and event.verb == Verb.SUBMIT:
        title = _("A neighbour reported this")
    elif event.data.get("by_phone"):
        title = _("You were told on the phone")
    return Happening(
        title=str(title) % words,
        at=event.at,
        by="" if event.actor == "resident" else _who(event, before),
        text=_said(event),
    )


def _said(event):
    """Return the words of an event that are meant for the resident."""
    if event.verb == Verb.GRANT_EXTENSION:
        return event.data["why"]
    return event.data.get("note", "") if event.verb in FOR_RESIDENT else ""


def _hold_reason(event):
    reason = event.data.get("reason")
    return HoldReason(reason).label if reason in HoldReason.values else ""


def _who(event, before):
    """Name the actor by organisation and part; who passes a matter on belongs to the one before."""
    part = PARTS.get(event.actor, "")
    if event.verb == Verb.ARBITRATE:
        return str(PARTS["arbiter"])
    if event.actor not in _IN_ORGANISATION:
        return str(part)
    acted_in = before if event.verb in _PASSING_ON else event
    acted_in = organisations.name(acted_in and acted_in.organisation_id)
    if not acted_in and event.actor == "holder":
        is_desk = before is not None and before.verb == Verb.RETURN
        return str(PARTS["dispatcher" if is_desk else "ground"])
    if not acted_in:
        return str(part)
    return _("%(organisation)s, %(part)s") % {"organisation": acted_in, "part": part}


def present(ticket):
    """Say in one sentence how things stand: who does what (the page adds the promised date)."""
    holder = organisations.name(ticket.organisation_id) or _("The community")
    if ticket.status == Status.ON_HOLD and ticket.waiting_for == HoldReason.RESIDENT:
        return _("We need an answer from you. The time waits until then.")
    if ticket.status == Status.CLOSED:
        return str(_ENDED.get(ticket.outcome, ""))
    return str(_PRESENT[ticket.status]) % {"holder": holder}


_PRESENT = {
    Status.SUBMITTED: gettext_lazy("Received. The community looks at it first."),
    Status.ACCEPTED: gettext_lazy("Accepted. The office that handles it is being told."),
    Status.DISPATCHED: gettext_lazy("%(holder)s has it and is to get in touch."),
    Status.IN_PROGRESS: gettext_lazy("%(holder)s is working on it."),
    Status.ON_HOLD: gettext_lazy("%(holder)s has it; something is being waited for."),
    Status.RETURNED: gettext_lazy("The right office is being found. The promised date stays."),
    Status.RESOLVED: gettext_lazy("%(holder)s says it is done. Is it solved? You have the word."),
    Status.REJECTED: gettext_lazy("Not accepted. The reason stands below."),
    Status.WITHDRAWN: gettext_lazy("You took this matter back."),
    Status.MERGED: gettext_lazy("Others reported the same. It is handled together with theirs."),
}
_ENDED = {
    Outcome.SOLVED: gettext_lazy("Closed: you said that it is solved. Thank you."),
    Outcome.UNSOLVED: gettext_lazy(
        "Closed without a solution. The secretaries take it up on their reception day."
    ),
    Outcome.UNANSWERED: gettext_lazy("Closed, because no answer came. You can open it again."),
}


def waiting_until(events):
    """Return until when the last wait lasts, None when nothing is waited for."""
    for event in reversed(events):
        if event.verb in (Verb.HOLD, Verb.ASK_RESIDENT):
            return parse_datetime(event.data.get("until", ""))
    return None


def urged_today(ticket, at):
    """Return when the resident asked to hurry today, None when they may still do so."""
    urged = ticket.urged_at
    is_today = urged is not None and timezone.localdate(urged) >= timezone.localdate(at)
    return urged if is_today else None


def open_question(events):
    """Return the words of the last question to the resident, "" without one."""
    asked = [event for event in events if event.verb == Verb.ASK_RESIDENT]
    return asked[-1].data.get("note", "") if asked else ""


def routing_reason(ticket):
    """Say in the reader's language why the matter went where it is (one query)."""
    events = ticket.events.filter(verb__in=[Verb.SUBMIT, Verb.DISPATCH, Verb.ARBITRATE])
    for event in events.order_by("-number"):
        reason = event.data.get("reason") or {}
        if reason:
            return explain(reason.get("code", ""), reason.get("params", {}))
    return ""


def promised_day(moment):
    """Say a promise as a whole date, which stays right on paper: no "tomorrow" in it."""
    local = timezone.localtime(moment)
    return _("%(date)s, %(weekday)s, %(time)s") % {
        "date": date_format(local, pgettext("date format", "j M")),
        "weekday": date_format(local, "l"),
        "time": f"{local:%H:%M}",
    }


def people(ticket):
    """Say how many people are behind a matter."""
    count = 1 + ticket.supporter_count
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}
