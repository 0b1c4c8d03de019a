"""What the resident says: answer, solved or not, withdraw, reopen; and calls made to ask."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import tidy
from tickets.catalogue import categories
from tickets.choices import ClockMode, LimitUnit, OrderGround, Stage, Status, Verb
from tickets.models import TEXT_LIMIT
from tickets.policies import limit_of
from tickets.workflow import words
from tickets.workflow.acting import acting
from tickets.workflow.orders import order_by_rule, supervisors_of
from tickets.workflow.parties import RESIDENT, SYSTEM, must_not_judge

REOPENINGS = 2
REOPEN_DAYS = 15
# A new cycle gets what was left of the last one, but never less than this (sla.md, reopen floor).
REOPEN_FLOOR_SECONDS = {ClockMode.WALL: 4 * 3600, ClockMode.BUSINESS: 8 * 3600}


def answer(ticket, *, by=RESIDENT, note, at=None, seen=None):
    """Answer a question; whatever way the answer came, the clock goes on."""
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please write your answer."), field="note")
    with acting(ticket, Verb.ANSWER, by=by, at=at, seen=seen) as act:
        if act.ticket.waiting_for != "resident":
            raise RuleViolation(_("There is no open question at the moment."))
        act.append(note=note)
        words.tell_holder(act, note)
    return act.ticket


def confirm(ticket, *, by=RESIDENT, satisfied=None, comment="", at=None, seen=None):
    """Take the resident's word that it is solved; whether they are satisfied is another matter."""
    with acting(ticket, Verb.CONFIRM, by=by, at=at, seen=seen) as act:
        act.append(satisfied=satisfied, note=tidy(comment, TEXT_LIMIT))
    return act.ticket


def dispute(ticket, *, by=RESIDENT, comment="", satisfied=None, at=None, seen=None):
    """Take the resident's word that it is not solved: the next cycle begins.

    After two reopenings the matter closes as not solved and is proposed for the secretaries'
    reception day (architecture §4).
    """
    with acting(ticket, Verb.DISPUTE, by=by, at=at, seen=seen) as act:
        _begin_again(act, tidy(comment, TEXT_LIMIT), satisfied)
    return act.ticket


def reopen(ticket, *, by=RESIDENT, comment="", at=None, seen=None):
    """Open a closed matter again within 15 days, twice at most."""
    with acting(ticket, Verb.REOPEN, by=by, at=at, seen=seen) as act:
        closed = act.ticket.closed_at
        if act.at > closed + timedelta(days=REOPEN_DAYS):
            raise RuleViolation(
                _("It was closed more than 15 days ago. Please report it again as a new matter.")
            )
        if act.ticket.reopen_count >= REOPENINGS:
            raise RuleViolation(
                _("It was reopened twice. The secretaries will take it up on their reception day.")
            )
        _begin_again(act, tidy(comment, TEXT_LIMIT), None)
    return act.ticket


def _begin_again(act, comment, satisfied):
    ticket = act.ticket
    if ticket.reopen_count >= REOPENINGS:
        ground = OrderGround.UNSATISFIED.value
        act.append(to=Status.CLOSED, note=comment, satisfied=satisfied, ground=ground)
        order_by_rule(act, OrderGround.UNSATISFIED)
        return
    act.append(
        cycle=ticket.cycle + 1,
        note=comment,
        satisfied=satisfied,
        limits=limits_again(act.story, act.at),
        co=act.story.co_handlers(),
    )
    words.tell_holder(act, comment)


def limits_again(story, at):
    """Return what the next cycle is promised: what was left of the last one, or the floor."""
    mode = story.clock(Stage.RESOLVE).mode
    left = story.remaining_seconds(story.ticket.resolved_at or at)
    resolve = {
        "mode": mode,
        "unit": LimitUnit.SECONDS.value,
        "amount": max(left, REOPEN_FLOOR_SECONDS[mode]),
    }
    word = limit_of(Stage.WORD, categories[story.ticket.category_id])
    return {Stage.RESOLVE.value: resolve} | ({Stage.WORD.value: word} if word else {})


def urge(ticket, *, by=RESIDENT, note="", at=None, seen=None):
    """Ask to hurry (催办), once a day at most; the holder and the supervisor read it."""
    with acting(ticket, Verb.URGE, by=by, at=at, seen=seen) as act:
        before = act.ticket.urged_at
        if before and timezone.localdate(before) >= timezone.localdate(act.at):
            raise AlreadyDone(_("You have asked to hurry today; they know. Tomorrow again."))
        act.append(note=tidy(note, TEXT_LIMIT))
        words.tell_urged(act, supervisors_of(act.ticket, act.at), note)
    return act.ticket


def withdraw(ticket, *, by=RESIDENT, comment="", at=None, seen=None):
    """Take a matter back."""
    with acting(ticket, Verb.WITHDRAW, by=by, at=at, seen=seen) as act:
        act.append(note=tidy(comment, TEXT_LIMIT))
        words.tell_holder(act, comment)
    return act.ticket


def record_call(ticket, *, by, reached, solved=None, satisfied=None, note="", at=None, seen=None):
    """Write down a call-back: not reached, or what the resident said to the two questions.

    Never by whoever handled the matter or filed it for somebody else. Raises NotAllowed for them,
    RuleViolation when the resident was reached but "solved?" has no answer.
    """
    if reached and solved is None:
        raise RuleViolation(_("Did the resident say that it is solved?"), field="solved")
    note = tidy(note, TEXT_LIMIT)
    with acting(ticket, Verb.RECORD_CALL, by=by, at=at, seen=seen) as act:
        if must_not_judge(act.ticket, by, act.mine):
            raise NotAllowed(
                _("Whoever did the work or filed the matter cannot ask whether it is solved.")
            )
        act.append(reached=bool(reached), note=note)
        if reached and solved:
            act.append(verb=Verb.CONFIRM, satisfied=satisfied, note=note, by_call=True)
        elif reached:
            act.verb = Verb.DISPUTE
            _begin_again(act, note, satisfied)
    return act.ticket


def expire(ticket, *, at):
    """Close a resolved matter nobody answered; it never counts as solved."""
    with acting(ticket, Verb.EXPIRE, by=SYSTEM, at=at) as act:
        act.append()
    return act.ticket
