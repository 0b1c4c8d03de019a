"""A ticket's events as people read them: what, who in which part, and what was said."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts import directory as organisations
from accounts.models import User
from common.text import mask_text
from specialists.routing import explain
from tickets.actions import HAPPENED
from tickets.catalogue import categories
from tickets.choices import HoldReason, Verb
from tickets.workflow import Party


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline, in the shape of components/timeline.html."""

    title: str
    at: datetime
    by: str
    text: str


def people_of(events):
    """Return {id: User} of everybody named in the events, in one query."""
    named = {event.by_id for event in events} | {event.holder_id for event in events}
    for event in events:
        named.add(event.data.get("addressee"))
    return User.objects.in_bulk(named - {None})


def timeline(events, people, *, is_masked):
    """Return the Happenings, newest first; with `is_masked` numbers inside texts are starred."""
    told, before = [], None
    at_once = {event.at for event in events if event.verb == Verb.DISPATCH}
    for event in events:
        # What is handed over at once has the same reason with its handing over.
        is_why_told = event.verb != Verb.SUBMIT or event.at not in at_once
        lines = [*_lines(event, people, is_why_told), *_holder(event, before, people)]
        text = "\n".join(line for line in lines if line)
        told.append(
            Happening(
                title=str(HAPPENED[event.verb]),
                at=event.at,
                by=_actor(event, before, people),
                text=mask_text(text) if is_masked else text,
            )
        )
        before = event
    return told[::-1]


def _actor(event, before, people):
    """Return who did it and in which part; whoever works for the lead is told by its name."""
    person = people.get(event.by_id)
    if event.actor == Party.HOLDER:
        part = organisations.name(before and before.organisation_id)
        part = part or pgettext("part in a ticket", "holder")
    elif event.actor in Party.values:
        part = str(Party(event.actor).label)
    else:
        part = ""
    return " · ".join(filter(None, [str(person or ""), part]))


def _lines(event, people, is_why_told):
    """Yield what is to be said about one event."""
    data = event.data
    yield data.get("note") or data.get("text") or ""
    yield from _facts(event, data, people)
    reason = data.get("reason")
    if isinstance(reason, dict) and reason and is_why_told:
        yield explain(reason["code"], reason["params"])


def _holder(event, before, people):
    """Yield who has the ticket now, where that has changed."""
    if before is None or before.holder_id != event.holder_id:
        place = organisations.name(event.organisation_id)
        name = str(people.get(event.holder_id, ""))
        yield _("Now with %(name)s") % {"name": " · ".join(filter(None, [place, name]))}


def _facts(event, data, people):
    if event.verb in (Verb.HOLD, Verb.ASK_RESIDENT):
        if event.verb == Verb.HOLD:
            yield str(HoldReason(data["reason"]).label)
        yield _("Until %(moment)s") % {"moment": said_moment(data["until"])}
    elif event.verb == Verb.RECATEGORISE:
        yield _("Now: %(category)s") % {"category": categories.get(data["category"], "")}
    elif event.verb == Verb.RETURN:
        yield _("Suggested: %(name)s") % {"name": organisations.name(data["suggested"])}
    elif event.verb == Verb.RECORD_CALL:
        yield _("The resident was reached.") if data["reached"] else _("Nobody answered.")
    elif event.verb in (Verb.CONFIRM, Verb.DISPUTE):
        if data.get("satisfied") is not None:
            yield _("Satisfied.") if data["satisfied"] else _("Not satisfied.")
    elif event.verb == Verb.ATTACH:
        count = data["photos"]
        yield ngettext("%(count)d photo", "%(count)d photos", count) % {"count": count}
    elif event.verb == Verb.JOIN:
        count = data.get("people", 1)
        yield ngettext("%(count)d household more", "%(count)d households more", count) % {
            "count": count
        }
    elif event.verb == Verb.ORDER:
        person, moment = people.get(data["addressee"], ""), said_moment(data["until"])
        yield _("To %(name)s, answer by %(moment)s") % {"name": person, "moment": moment}
    helpers = [organisations.name(pk) for pk in data.get("co", ())]
    if helpers:
        yield _("Co-handlers: %(names)s") % {"names": _("; ").join(helpers)}


def said_moment(text):
    """Return a stored ISO moment as day and time in Shanghai."""
    local = timezone.localtime(datetime.fromisoformat(text))
    return f"{date_format(local, 'MONTH_DAY_FORMAT')} {local:%H:%M}"
