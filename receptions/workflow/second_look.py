"""The second look: a promise leaves the list with somebody's word from outside, or not at all."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import GRID_ROLES
from accounts.reports import SECRETARIES, day_of, leader_of, manager_of, reach
from common.errors import RuleViolation
from common.text import tidy
from receptions.choices import CommitmentStatus, EventVerb, ItemGround, StruckBy
from receptions.models import Attempt, Commitment
from receptions.workflow.agenda import next_day, propose, schedule
from receptions.workflow.commitments import tell
from receptions.workflow.moves import Move, moving, now
from receptions.workflow.words import on_day, say
from tickets.choices import PersonKind, Source, Verb
from tickets.models import TEXT_LIMIT, Ticket, TicketEvent
from tickets.workflow import acknowledge, available, record_call, reopen, resolve

ATTEMPT_DAYS = 3
# The owner hears on the first day too late, whoever leads the organisation so many days after.
LEADER_AFTER = timedelta(days=3)
OWNER_TOLD, LEADER_TOLD = 1, 2
SWEPT_AT_ONCE = 500
# What a ticket's history tells of the promise behind it.
SAID_DONE = (Verb.RESOLVE, Verb.RESOLVE_ON_SPOT)
SAID_SOLVED = (Verb.CONFIRM,)
SAID_UNSOLVED = (Verb.DISPUTE, Verb.REOPEN)


# --- Whose word counts ---------------------------------------------------------------------


def did_the_work(row, by):
    """Whether the person answers for the promise or had a hand in it, and so cannot judge it."""
    if by.pk in (row.owner_id, row.done_by_id, row.ticket.holder_id):
        return True
    involved = {row.lead_id, *(each.pk for each in row.helpers.all())}
    return not involved.isdisjoint(reach(by).organisations)


def may_report(row, by):
    """Whether the person may say that it is done: its owner, the lead, or who holds the work."""
    return by.pk in (row.owner_id, row.ticket.holder_id) or row.lead_id in reach(by).organisations


def may_hear(row, by):
    """Whether the person may ask and write down the answer; never who did the work.

    A resident is asked by anybody who serves the place; where none stands behind the matter, the
    secretary who proposed it says how it stands.
    """
    if did_the_work(row, by):
        return False
    roles = reach(by).roles_at(row.ticket.grid.path)
    if has_resident(row):
        return bool(roles & GRID_ROLES)
    proposer = proposer_of(row)
    if proposer is not None and not did_the_work(row, proposer):
        return proposer.pk == by.pk
    return not roles.isdisjoint(SECRETARIES)


def has_resident(row):
    """Whether somebody outside the office stands behind the matter and can be asked."""
    if row.booking_id:
        return True
    matter = row.meeting.ticket
    if matter.filed_by_id is None and matter.source != Source.MEETING:
        return True
    # They may be fetched with the matter.
    return any(
        person.kind != PersonKind.HELPER and (person.phone_index or person.user_id)
        for person in matter.people.all()
    )


def proposer_of(row):
    """Return who brought the matter into the meeting, None where the clocks did."""
    if row.booking_id:
        return row.booking.session.host
    return row.whistle.written_by if row.whistle_id else row.item.proposed_by


def _nobody(row, by):
    return False


S, V = CommitmentStatus, EventVerb
COMMITMENT_MOVES = {
    V.REPORT_DONE: Move((S.OPEN,), S.DONE, may_report),
    V.KEEP: Move((S.DONE,), S.STRUCK_OFF, may_hear),
    V.BREAK: Move((S.DONE,), S.OPEN, may_hear),
    V.RECORD_ATTEMPT: Move((S.DONE,), None, may_hear),
    # Only the rules themselves: after three attempts, and when a day has passed.
    V.STRIKE: Move((S.DONE,), S.STRUCK_OFF, _nobody),
    V.REMIND: Move((S.OPEN,), None, _nobody),
}


def doing(row, verb, *, by, at):
    """Yield the step of one verb on a promise."""
    return moving(row, verb, table=COMMITMENT_MOVES, by=by, at=at)


# --- Verbs ---------------------------------------------------------------------------------


def report_done(commitment, *, by, result, at=None):
    """Say that the promise is kept and how; from now somebody else has the word."""
    result = tidy(result or "", TEXT_LIMIT)
    if not result:
        raise RuleViolation(_("Please write what was done."), field="result")
    with doing(commitment, EventVerb.REPORT_DONE, by=by, at=at) as step:
        step.set(done_at=step.at, done_by=by, result=result)
        step.say(result=result)
        _resolve_ticket(step, result, at)
    return step.row


def _resolve_ticket(step, result, at):
    """Say the same of the ticket where this person may, so that nobody types it twice."""
    row, ticket = step.row, step.row.ticket
    others = Commitment.objects.filter(ticket=ticket, status=CommitmentStatus.OPEN)
    if step.by is None or others.exclude(pk=row.pk).exists():
        return
    if Verb.ACKNOWLEDGE in available(ticket, step.by):
        ticket = acknowledge(ticket, by=step.by, at=at)
    if Verb.RESOLVE in available(ticket, step.by):
        ticket = resolve(ticket, by=step.by, note=result, at=at)
        # What was just written there is no news here.
        step.set(heard_at=ticket.last_event_at)


def record_answer(commitment, *, by, kept, note="", at=None):
    """Write down the answer of the resident, or of the secretary where no resident is behind it.

    Kept: it is struck off. Not kept: it is open again with its age, and the matter comes before
    the secretaries' next day.
    """
    if kept is None:
        raise RuleViolation(_("Was it kept? Please choose yes or no."), field="kept")
    note = tidy(note, TEXT_LIMIT)
    with transaction.atomic():
        verb = EventVerb.KEEP if kept else EventVerb.BREAK
        with doing(commitment, verb, by=by, at=at) as step:
            resident = has_resident(step.row)
            step.say(note=note, by_resident=resident)
            _log(step, note, was_reached=True)
            if by is not None and resident:
                _tell_ticket(step, kept, note)
            _settle(step, kept, resident)
        if not kept:
            _bring_back(step)
    return step.row


def _settle(step, kept, resident):
    step.set(heard_at=step.at)
    if kept:
        word = StruckBy.RESIDENT if resident else StruckBy.SECRETARY
        step.set(struck_at=step.at, struck_by=word)
    else:
        again = step.row.reopen_count + 1
        step.set(reopen_count=again, done_at=None, done_by=None, result="", level=0)


def _tell_ticket(step, kept, note):
    """Write the same call down at the ticket, where its rules allow that."""
    ticket = step.row.ticket
    verbs = available(ticket, step.by)
    with suppress(RuleViolation), transaction.atomic():
        if Verb.RECORD_CALL in verbs:
            record_call(ticket, by=step.by, reached=True, solved=kept, note=note)
        elif not kept and Verb.REOPEN in verbs:
            reopen(ticket, by=step.by, comment=note)
    step.at = max(step.at, Ticket.objects.values_list("last_event_at", flat=True).get(pk=ticket.pk))


def _log(step, note, *, was_reached):
    if step.by is not None:
        Attempt.objects.create(
            commitment=step.row, by=step.by, at=step.at, day=day_of(step.at),
            was_reached=was_reached, note=note[:200],
        )  # fmt: skip


def _bring_back(step):
    """Tell the owner, and put the matter on the agenda of the secretaries' next day."""
    row = step.row
    tell(
        row, row.owner, gettext_noop("Not kept, and open again: %(text)s"), key=_key(row, "broken")
    )
    words = gettext_noop("Promised on %(made)s by %(owner)s, said to be done, and not kept.")
    item = propose(
        ticket=row.meeting.ticket,
        ground=ItemGround.NOT_KEPT,
        by=None,
        grid=row.item.grid if row.item_id else None,
        text=f"{say(words, made=on_day(row.made_at), owner=row.owner)}\n{row.text}",
        at=step.at,
    )
    day = next_day(item.grid, step.at)
    if day is not None and item.session_id is None:
        schedule(item, session=day, by=None, at=step.at)


def _key(row, word):
    return f"{word}:{row.reopen_count}"


def record_attempt(commitment, *, by, note="", at=None):
    """Write down that nobody was reached; the third such day strikes the promise off."""
    note = tidy(note, 200)
    with transaction.atomic():
        with doing(commitment, EventVerb.RECORD_ATTEMPT, by=by, at=at) as step:
            _check_time(step)
            _log(step, note, was_reached=False)
            step.say(note=note)
        row = step.row
        if len(attempt_days(row)) >= ATTEMPT_DAYS:
            with doing(row, EventVerb.STRIKE, by=None, at=at) as step:
                step.set(struck_at=step.at, struck_by=StruckBy.ATTEMPTS, heard_at=step.at)
    return step.row


def _check_time(step):
    if step.at > now():
        raise RuleViolation(_("That time is still to come."), field="at")
    if step.at < step.row.done_at:
        raise RuleViolation(_("That is before it was said to be done."), field="at")


def attempt_days(row):
    """Return the days since it was said to be done on which somebody tried and reached nobody."""
    if row.done_at is None:
        return []
    tries = row.attempts.filter(was_reached=False, at__gte=row.done_at).order_by("day")
    return list(tries.values_list("day", flat=True).distinct())


# --- Sweeps --------------------------------------------------------------------------------


def hear(at=None):
    """Take from the tickets' histories what was done and what residents said; return how many.

    Nobody types twice: a ticket that is resolved says its promise is done, the resident's answer
    to it strikes the promise off or opens it again.
    """
    at = at or now()
    news = TicketEvent.objects.filter(
        ticket=OuterRef("ticket"),
        verb__in=[*SAID_DONE, *SAID_SOLVED, *SAID_UNSOLVED],
        at__gt=OuterRef("heard_at"),
        at__lte=at,
    )
    rows = Commitment.objects.unsettled().filter(Exists(news)).order_by("pk")
    return sum(_heard(row, at) for row in rows[:SWEPT_AT_ONCE])


def _heard(row, at):
    """Take the last word of the ticket about one promise; return 1 if it was news."""
    events = row.ticket.events.filter(at__gt=row.heard_at, at__lte=at)
    told = [*SAID_DONE, *SAID_SOLVED, *SAID_UNSOLVED]
    last = events.filter(verb__in=told).in_order().last()
    try:
        if last.verb in SAID_UNSOLVED:
            return _not_solved(row, last)
        return _done_or_solved(row, events, last)
    except RuleViolation:
        # Somebody was faster; the next sweep looks again.
        return 0


def _not_solved(row, event):
    if row.status == CommitmentStatus.DONE:
        record_answer(row, by=None, kept=False, note=event.data.get("note", ""), at=event.at)
        return 1
    return Commitment.objects.filter(pk=row.pk, heard_at=row.heard_at).update(heard_at=event.at)


def _done_or_solved(row, events, last):
    if row.status == CommitmentStatus.OPEN:
        done = events.filter(verb__in=SAID_DONE).in_order().last() or last
        with doing(row, EventVerb.REPORT_DONE, by=None, at=done.at) as step:
            result = done.data.get("note", "")
            step.set(done_at=done.at, done_by=done.by, result=result, heard_at=done.at)
            step.say(result=result)
        row = step.row
    elif last.verb in SAID_DONE:
        return Commitment.objects.filter(pk=row.pk, heard_at=row.heard_at).update(heard_at=last.at)
    if last.verb in SAID_SOLVED:
        record_answer(row, by=None, kept=True, note=last.data.get("note", ""), at=last.at)
    return 1


def remind(at=None):
    """Remind of overdue promises: the owner, then who leads the organisation; return how many."""
    at = at or now()
    late = Commitment.objects.overdue(at).filter(level__lt=LEADER_TOLD).soonest_first()
    return sum(_remind(row, at) for row in late[:SWEPT_AT_ONCE])


def _remind(row, at):
    with suppress(RuleViolation), transaction.atomic():
        with doing(row, EventVerb.REMIND, by=None, at=at) as step:
            level = _next_level(step.row, at)
            if level is None:
                raise RuleViolation(_("Nobody is to be reminded yet."))
            step.set(level=level)
            step.say(level=level)
            _tell_late(step.row, level, at)
        return 1
    return 0


def _next_level(row, at):
    if row.level == 0:
        return OWNER_TOLD
    if row.level == OWNER_TOLD and row.due_on + LEADER_AFTER < day_of(at):
        return LEADER_TOLD
    return None


def _tell_late(row, level, at):
    sentence = gettext_noop("A promise is overdue since %(day)s: %(text)s")
    people = [row.owner]
    if level == LEADER_TOLD:
        duty = leader_of(row.lead, at) or manager_of(row.lead, at)
        people = [duty.user] if duty else []
    for user in people:
        tell(row, user, sentence, key=_key(row, f"late{level}"), body=row.text)
