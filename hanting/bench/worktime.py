"""Times the calendar arithmetic beside a bare sum of datetimes, and tries its invariants.

The calendar is five published years with lunch gaps, make-up days and summer hours. Its
questions are drawn at random, the same ones every time; instants go in and come out as datetimes.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from random import Random

from worktime import sources
from worktime.arithmetic import WorkCalendar
from worktime.tests import invariants

YEARS = range(2022, 2027)
OFFICE = [["08:30", "12:00"], ["13:30", "17:30"]]
SUMMER = [["08:30", "12:00"], ["14:30", "18:00"]]
WORKWEEK = ("mon", "tue", "wed", "thu", "fri")
WORKDAY = 27_000
# So many different questions, asked again and again until the number is full.
DIFFERENT = 100_000
MILLION = 1_000_000
ADDS_IN = 2.0  # seconds for a million


def five_years():
    """Return the calendar of the years of the bench, made from the published days."""
    days = {day: reading for year in YEARS for day, reading in sources.published(year).items()}
    is_weekend = {day: day.weekday() > 4 for day in days}
    return WorkCalendar.from_spec(
        {
            "weekly": dict.fromkeys(WORKWEEK, OFFICE),
            "seasons": [
                {"from": "06-15", "to": "09-15", "weekly": dict.fromkeys(WORKWEEK, SUMMER)}
            ],
            "holidays": [
                day.isoformat()
                for day, reading in days.items()
                if not reading.is_working and not is_weekend[day]
            ],
            "workdays": {
                day.isoformat(): None
                for day, reading in days.items()
                if reading.is_working and is_weekend[day]
            },
        }
    )


def questions(count):
    """Draw (start, seconds, end, pauses): two hours to fifteen working days, two pauses."""
    chance = Random(2022)
    first = datetime(YEARS.start, 1, 1, tzinfo=UTC)
    # What begins in the last autumn is still due within the years that were published.
    seconds = int((datetime(YEARS.stop - 1, 11, 1, tzinfo=UTC) - first).total_seconds())

    def later(instant, days):
        return instant + timedelta(seconds=chance.randrange(1, days * 86_400))

    drawn = []
    for _number in range(count):
        start = first + timedelta(seconds=chance.randrange(seconds))
        paused = later(start, 2)
        resumed = later(paused, 2)
        again = later(resumed, 2)
        pauses = [(paused, resumed), (again, later(again, 2))]
        drawn.append((start, chance.randrange(7_200, 15 * WORKDAY), later(start, 21), pauses))
    return drawn


def acts(calendar, drawn):
    """Return {name: ask every question once}."""

    def floor():
        for start, seconds, _end, _pauses in drawn:
            start + timedelta(seconds=seconds)

    def add():
        for start, seconds, _end, _pauses in drawn:
            calendar.add(start, seconds)

    def within():
        for start, _seconds, end, _pauses in drawn:
            calendar.within(start, end)

    def add_paused():
        for start, seconds, _end, pauses in drawn:
            calendar.add(start, seconds, pauses)

    return {"floor": floor, "add": add, "within": within, "add, two pauses": add_paused}


def measure(act, times):
    began = time.perf_counter()
    for _time in range(times):
        act()
    return time.perf_counter() - began


def measure_speed(*, adds, rounds, say):
    """Ask in interleaved rounds and say the medians; return {name: seconds a million, by round}."""
    different = min(adds, DIFFERENT)
    times = -(-adds // different)
    calendar, taken = five_years(), {}
    each = acts(calendar, questions(different))
    for act in each.values():
        act()  # lays out the years
    for _round in range(rounds):
        for name, act in each.items():
            seconds = measure(act, times) * MILLION / (times * different)
            taken.setdefault(name, []).append(seconds)
    say(
        f"A calendar of {len(YEARS)} years, {times * different:,} questions of each kind a round,"
        f" median of {rounds} interleaved rounds; the floor is datetime + timedelta"
    )
    report(taken, say)
    return taken


def report(taken, say):
    floor, add = (statistics.median(taken[name]) for name in ("floor", "add"))
    say(f"{'':<16}{'s/million':>10}{'quickest':>10}{'per s':>12}{'of floor':>10}")
    for name, figures in taken.items():
        seconds = statistics.median(figures)
        share = f"1/{seconds / floor:.1f}"
        say(
            f"{name:<16}{seconds:>10.2f}{min(figures):>10.2f}{MILLION / seconds:>12,.0f}{share:>10}"
        )
    verdict = "reached" if add <= ADDS_IN else "MISSED"
    quickest = min(taken["add"])
    say(
        f"1,000,000 add() in at most {ADDS_IN:.1f} s: {verdict}, {add:.2f} s"
        f" ({quickest:.2f} s in the quickest round)"
    )


def try_invariants(*, cases, say):
    """Try each invariant on so many cases against the minute walker.

    Raises the AssertionError of the smallest case in which one does not hold.
    """
    say("Invariants, each answer held against the walker's:")
    for number in invariants.INVARIANTS:
        began = time.perf_counter()
        held = invariants.check(number, cases)
        seconds = time.perf_counter() - began
        name = invariants.title(number).replace("_", " ")
        say(f"{held:>7,} cases, held in all {seconds:>6.1f} s  {name}")


def run(*, cases, adds, rounds, say):
    """Measure and try everything, and say it; return {name: seconds a million, by round}."""
    taken = measure_speed(adds=adds, rounds=rounds, say=say)
    try_invariants(cases=cases, say=say)
    return taken
