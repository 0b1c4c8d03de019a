"""How much more time may be asked for, and when: the bounds that verbs and buttons share."""

from tickets.choices import LimitUnit

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
