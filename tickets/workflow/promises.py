"""Keeping the resident informed, and asking for more time."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import tidy
from tickets.choices import Stage, Verb
from tickets.models import TEXT_LIMIT
from tickets.policies import FROM_THE_START, limits_of
from tickets.workflow import words
from tickets.workflow.acting import acting
from tickets.workflow.extensions import LONGEST_EXTENSION, SHORTEST_EXTENSION
from tickets.workflow.parties import SYSTEM


def tell_resident(ticket, *, by, note, by_phone=False, at=None, seen=None):
    """Say something to the resident, as a message or, `by_phone`, as a note of what was said.

    It is the first contact where there was none, and the never-silent clock begins anew.
    """
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please write what the resident is to know."), field="note")
    with acting(ticket, Verb.TELL_RESIDENT, by=by, at=at, seen=seen) as act:
        act.append(note=note, by_phone=bool(by_phone))
        if not by_phone:
            words.tell_residents(act, "word", words.to_resident(act.verb, act.ticket, note))
    return act.ticket


def ask_extension(ticket, *, by, amount, note, at=None, seen=None):
    """Ask for more time: `amount` working days, or seconds on a clock that counts seconds.

    The clock runs on until somebody decides. Raises RuleViolation for an amount out of bounds and
    when the promise is broken already, AlreadyDone while another request waits.
    """
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please say why more time is needed."), field="note")
    with acting(ticket, Verb.ASK_EXTENSION, by=by, at=at, seen=seen) as act:
        clock = act.story.clock(Stage.RESOLVE)
        if clock.asked_at is not None:
            raise AlreadyDone(_("More time has been asked for already; the decision is pending."))
        if clock.is_late(act.at):
            raise RuleViolation(_("It is late already: more time is asked for before the day."))
        _check_amount(clock, amount)
        act.append(amount=amount, unit=clock.limit_unit, note=note)
        words.tell_deciders(act, note)
    return act.ticket


def _check_amount(clock, amount):
    shortest, longest = SHORTEST_EXTENSION[clock.limit_unit], LONGEST_EXTENSION[clock.limit_unit]
    if not isinstance(amount, int) or amount < shortest:
        raise RuleViolation(_("Ask for at least one hour or one working day."), field="amount")
    if clock.extra_amount + amount > longest:
        raise RuleViolation(_("Ten days more at most, all extensions together."), field="amount")


def grant_extension(ticket, *, by, note="", at=None, seen=None):
    """Grant what was asked for; the resident is told the new date and why.

    Where the old date has passed meanwhile, what was told of it is excused: the request came in
    time. Raises NotAllowed for whoever asked.
    """
    with acting(ticket, Verb.GRANT_EXTENSION, by=by, at=at, seen=seen) as act:
        clock, asked = _pending(act)
        before = clock.due_at
        act.append(amount=clock.asked_amount, note=tidy(note, TEXT_LIMIT), why=asked.data["note"])
        sentence = words.say(
            gettext_noop(
                "Matter %(reference)s: promised by %(day)s now, not %(before)s. Why: %(why)s"
            ),
            reference=act.ticket.reference,
            day=words.on_day(clock.due_at),
            before=words.on_day(before),
            why=asked.data["note"],
        )
        words.tell_residents(act, "moved", sentence)
        words.tell_decided(act, asked, gettext_noop("More time was granted: %(title)s"), note)
    return act.ticket


def refuse_extension(ticket, *, by, note, at=None, seen=None):
    """Refuse more time, with the reason; the date stays as promised."""
    note = tidy(note or "", TEXT_LIMIT)
    if not note:
        raise RuleViolation(_("Please say why not."), field="note")
    with acting(ticket, Verb.REFUSE_EXTENSION, by=by, at=at, seen=seen) as act:
        _clock, asked = _pending(act)
        act.append(note=note)
        words.tell_decided(act, asked, gettext_noop("More time was refused: %(title)s"), note)
    return act.ticket


def _pending(act):
    """Return the resolve clock and the event of the request that waits for this decision."""
    clock = act.story.clock(Stage.RESOLVE)
    if clock is None or clock.asked_at is None:
        raise AlreadyDone(_("Nobody asks for more time here, or it has been decided."))
    asked = act.ticket.events.filter(verb=Verb.ASK_EXTENSION).latest("number")
    if asked.by_id == act.by.pk:
        raise NotAllowed(_("Whoever asks for more time cannot grant it."))
    return clock, asked


def change_policy(ticket, facts, *, at=None):
    """Give an open matter the time limits of now; the resident is told when the date moves.

    Returns whether anything changed. What was promised for a matter opened again stays.
    """
    with acting(ticket, Verb.CHANGE_POLICY, by=SYSTEM, at=at) as act:
        limits = changed_limits(act.story.running(), limits_of(facts))
        if not limits:
            return False
        before = act.ticket.due_at
        act.append(limits=limits)
        if words.on_day(act.ticket.due_at) != words.on_day(before):
            sentence = words.say(
                gettext_noop(
                    "Matter %(reference)s: promised by %(day)s now, not %(before)s, because the "
                    "time limits have changed."
                ),
                reference=act.ticket.reference,
                day=words.on_day(act.ticket.due_at),
                before=words.on_day(before),
            )
            words.tell_residents(act, "moved", sentence)
    return True


def changed_limits(clocks, limits):
    """Return {stage: limit or None} for the running clocks that another policy made."""
    return {
        clock.stage: limits.get(clock.stage)
        for clock in clocks
        if clock.policy_id is not None
        and clock.stage in FROM_THE_START
        and (limits.get(clock.stage) or {}).get("policy") != clock.policy_id
    }
