"""How much more time may be asked for, and when: the bounds that verbs and buttons share."""

from copy import copy

from tickets.choices import LimitUnit
from tickets.workflow import clockwork
from worktime.arithmetic import CalendarHorizon
from worktime.reports import current_calendar

# Five working days may become fifteen and no more (Shandong's hotline rules, domain notes §1.5).
LONGEST_EXTENSION = {LimitUnit.WORKING_DAYS: 10, LimitUnit.SECONDS: 10 * 86_400}
SHORTEST_EXTENSION = {LimitUnit.WORKING_DAYS: 1, LimitUnit.SECONDS: 3600}


def room_for_more(clock):
    """Return how much more may still be asked for, in the clock's unit; 0 when it is used up."""
    room = LONGEST_EXTENSION[clock.limit_unit] - clock.extra_amount
    return room if room >= SHORTEST_EXTENSION[clock.limit_unit] else 0


def may_be_extended(clock, at):
    """Whether somebody may ask for more time now: before the day, once at a time, within bounds."""
    return clock.asked_at is None and not clock.is_late(at) and room_for_more(clock) > 0


def due_with(clock, more):
    """Return the due time with so much more, in the clock's unit; stores nothing.

    None where the working calendar does not reach so far.
    """
    longer = copy(clock)
    longer.extra_amount += more
    try:
        return clockwork.reckoned(longer, current_calendar(clock.mode))[0]
    except CalendarHorizon:
        return None
