"""How a clock's row follows from its limit, start and pauses; nothing is stored here.

Times are aware datetimes of whole seconds, durations seconds of the clock's own time: open time
of the working calendar, or all time for a wall clock (sla.md, semantics).
"""

import logging
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import RuleViolation
from tickets.choices import (
    HALF,
    LATE,
    MOST,
    STEPS,
    YELLOW_CARD,
    ClockMode,
    ClockState,
    LimitUnit,
    Stage,
)
from tickets.models import Clock
from worktime.arithmetic import CalendarHorizon
from worktime.reports import current_calendar

logger = logging.getLogger(__name__)

LEVELS = {
    Stage.RESOLVE: (HALF, MOST, YELLOW_CARD, LATE, *STEPS),
    Stage.ACCEPT: (MOST, LATE, *STEPS[:2]),
    Stage.CONTACT: (MOST, LATE, *STEPS[:2]),
    Stage.WORD: (LATE, *STEPS[:2]),
    Stage.CONFIRM: (),
}
NOON = time(12)
# On a wall clock a step up the ladder is half the limit, within these bounds.
SHORTEST_STEP, LONGEST_STEP = timedelta(hours=1), timedelta(days=1)
# What a day is worth when a granted extension moves to a clock that counts otherwise.
DAY_SECONDS = {ClockMode.WALL: 24 * 3600, ClockMode.BUSINESS: 8 * 3600}


def new_clock(ticket, stage, cycle, limit, at):
    """Return a running clock of this limit (mode, amount, unit, policy) that starts at `at`."""
    clock = Clock(
        ticket=ticket,
        stage=stage,
        cycle=cycle,
        state=ClockState.RUNNING,
        started_at=at,
        **_terms(limit),
    )
    reckon(clock)
    return clock


def _terms(limit):
    return {
        "mode": limit["mode"],
        "limit_amount": limit["amount"],
        "limit_unit": limit["unit"],
        "policy_id": limit.get("policy"),
    }


def stop(clock, at, state=None):
    """Freeze a clock: kept when not after the due time, else missed, unless `state` says more."""
    if clock.stopped_at is not None:
        return
    end_pause(clock, at)
    calendar = current_calendar(clock.mode)
    late = clock.is_late(at)
    clock.state = state or (ClockState.MISSED if late else ClockState.MET)
    clock.stopped_at = at
    clock.elapsed_seconds = calendar.within(clock.started_at, at, pauses_of(clock))
    clock.late_seconds = calendar.within(clock.due_at, at) if late else 0
    clock.next_check_at = clock.asked_at = clock.asked_amount = None
    clock.level, clock.thresholds = reached(clock, at), []


def pause(clock, at, until, reason, *, because=""):
    """Stop the time from `at` to `until`; a paused clock keeps the start of its wait."""
    if clock.state == ClockState.PAUSED:
        start = clock.pauses[-1][0]
        clock.pauses = [*clock.pauses[:-1], [start, until.isoformat(), reason]]
    elif clock.state == ClockState.RUNNING:
        clock.state = ClockState.PAUSED
        clock.pauses = [*clock.pauses, [at.isoformat(), until.isoformat(), reason]]
    else:
        return
    clock.paused_until = until
    reckon(clock, because=because)


def unpause(clock, at, *, because=""):
    if clock.state == ClockState.PAUSED:
        end_pause(clock, at)
        clock.state = ClockState.RUNNING
        reckon(clock, because=because)


def end_pause(clock, at):
    """Cut the open wait off at `at`, or where it was to end by itself."""
    if clock.state == ClockState.PAUSED:
        start, until, reason = clock.pauses[-1]
        end = min(at, datetime.fromisoformat(until))
        clock.pauses = [*clock.pauses[:-1], [start, end.isoformat(), reason]]
        clock.paused_until = None


def retarget(clock, limit, at, *, because):
    """Give a clock a new limit: same start, same pauses, what was granted stays granted."""
    if clock.extra_amount and limit["unit"] != clock.limit_unit:
        clock.extra_amount = _converted(clock, limit)
    for name, value in _terms(limit).items():
        setattr(clock, name, value)
    _new_target(clock, at, because)


def _converted(clock, limit):
    """Return the granted extension in the unit of another limit, rounded up."""
    if clock.limit_unit == LimitUnit.WORKING_DAYS:
        return clock.extra_amount * DAY_SECONDS[limit["mode"]]
    return -(-clock.extra_amount // DAY_SECONDS[clock.mode])


def extend(clock, amount, at, *, because):
    """Add to the limit, in its own unit."""
    clock.extra_amount += amount
    clock.asked_at = clock.asked_amount = None
    _new_target(clock, at, because)


def begin_again(clock, at):
    """Start the clock anew within its cycle: the resident has just heard something."""
    clock.started_at = at
    clock.pauses = []
    clock.target_revision += 1
    clock.level = 0
    reckon(clock)


def _new_target(clock, at, because):
    clock.target_revision += 1
    reckon(clock, because=because)
    lower_level(clock, at)


def lower_level(clock, at):
    """Take back levels that the new thresholds have not reached; the sweep climbs anew.

    A level is a function of thresholds and time alone (sla.md, invariant 9). That nothing is told
    twice is for the escalations' rows to see to, which `acting.carry` hands on.
    """
    clock.level = min(clock.level, reached(clock, at))
    _look_next(clock)


def reached(clock, at):
    """Return the highest level of the clock at this moment, 0 before the first."""
    moment = at.timestamp()
    return max((level for level, instant in clock.thresholds if instant <= moment), default=0)


def reckon(clock, *, because=""):
    """Recompute due time and thresholds, and when the sweep must look at this clock next.

    Raises RuleViolation where the working calendar holds no days for it: a wrong date is never
    promised, and whoever typed something keeps it.
    """
    try:
        due_at, thresholds = reckoned(clock, current_calendar(clock.mode))
    except CalendarHorizon as error:
        logger.error("The working calendar has no days for %s: %s", clock, error)
        raise RuleViolation(
            _("We cannot promise a day at the moment. Please ring, or try again tomorrow."),
            code="no_calendar",
        ) from error
    settle(clock, due_at, thresholds, because=because)


def settle(clock, due_at, thresholds, *, because=""):
    """Put a due time and its thresholds into the row."""
    if clock.first_due_at is None:
        clock.first_due_at = due_at
    elif because and due_at != clock.due_at:
        clock.moved_by = because
    clock.due_at, clock.thresholds = due_at, thresholds
    _look_next(clock)


def _look_next(clock):
    clock.next_check_at = None if clock.stopped_at is not None else next_look(clock, clock.level)


def next_look(clock, level):
    """Return when something is to be done: the next level, the end of a pause, the expiry."""
    if clock.stage == Stage.CONFIRM:
        return clock.due_at
    ahead = min((instant for each, instant in clock.thresholds if each > level), default=None)
    moments = [] if ahead is None else [datetime.fromtimestamp(ahead, UTC)]
    if clock.paused_until is not None:
        moments.append(clock.paused_until)
    return min(moments, default=None)


def reckoned(clock, calendar):
    """Return (due time, thresholds) of a clock on a calendar. Raises CalendarHorizon."""
    pauses = pauses_of(clock)
    amount = clock.limit_amount + clock.extra_amount
    if clock.limit_unit == LimitUnit.WORKING_DAYS:
        due_at = _close_after(calendar, clock.started_at, amount, pauses)
    else:
        due_at = calendar.add(clock.started_at, amount, pauses)
    if due_at is None:
        raise CalendarHorizon(gettext_noop("The calendar never opens again."))
    return due_at, _thresholds(clock, calendar, amount, due_at, pauses)


def _thresholds(clock, calendar, amount, due_at, pauses):
    levels = LEVELS[clock.stage]
    if not levels:
        return []
    found = []
    shares = [level for level in levels if level in (HALF, MOST)]
    if shares:
        target = amount
        if clock.limit_unit == LimitUnit.WORKING_DAYS:
            target = calendar.within(clock.started_at, due_at, pauses)
        found += zip(
            shares, calendar.thresholds(clock.started_at, target, shares, pauses), strict=True
        )
    if YELLOW_CARD in levels and clock.limit_unit == LimitUnit.WORKING_DAYS and amount > 1:
        day_before = _close_after(calendar, clock.started_at, amount - 1, pauses)
        # The card says more than a share that would come after it.
        found = [(level, at) for level, at in found if at < day_before]
        found.append((YELLOW_CARD, day_before))
    found.append((LATE, due_at))
    found += _steps(clock, calendar, amount, due_at, [level for level in levels if level > LATE])
    return [[level, int(at.timestamp())] for level, at in found]


def _steps(clock, calendar, amount, due_at, levels):
    """Return when a broken promise climbs: each working day, or half the limit on a wall clock."""
    if clock.mode == ClockMode.WALL:
        step = min(max(timedelta(seconds=amount // 2), SHORTEST_STEP), LONGEST_STEP)
        return [(level, due_at + number * step) for number, level in enumerate(levels, 1)]
    day = due_at.astimezone(calendar.zone).date()
    try:
        return [
            (level, _close_of_day(calendar, day, number)) for number, level in enumerate(levels, 1)
        ]
    except CalendarHorizon:
        # Past the last day known; recomputed when the next year is loaded, which an alarm asks for.
        return []


def _close_after(calendar, start, days, pauses=()):
    """Return the close of the n-th working day after a day; the same for every start on it."""
    if pauses:
        return calendar.add_working_days(start, days, pauses)
    return _close_of_day(calendar, start.astimezone(calendar.zone).date(), days)


@lru_cache(maxsize=10_000)
def _close_of_day(calendar, day, days):
    noon = datetime.combine(day, NOON, tzinfo=calendar.zone)
    return calendar.add_working_days(noon, days)


def pauses_of(clock):
    """Return the pauses as (from, to) pairs."""
    return [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for start, end, _reason in clock.pauses
    ]
