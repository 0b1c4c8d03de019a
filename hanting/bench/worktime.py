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
# So many different questions, few enough to stay in the processor's cache, asked again and again.
DIFFERENT = 10_000
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
    """Act so many times; return the seconds of the processor and those of the wall clock."""
    worked, began = time.process_time(), time.perf_counter()
    for _time in range(times):
        act()
    return time.process_time() - worked, time.perf_counter() - began


def measure_speed(*, adds, rounds, say):
    """Ask in interleaved rounds and say the medians, a million questions each.

    The processor's time is what is judged: on a quiet machine the wall clock shows the same, on
    a busy one it also shows the work of others.
    """
    different = min(adds, DIFFERENT)
    times = -(-adds // different)
    calendar, taken = five_years(), {}
    each = acts(calendar, questions(different))
    for act in each.values():
        act()  # lays out the years
    for _round in range(rounds):
        for name, act in each.items():
            taken.setdefault(name, []).append(measure(act, times))
    say(
        f"A calendar of {len(YEARS)} years, {times * different:,} questions of each kind a round,"
        f" median of {rounds} interleaved rounds; the floor is datetime + timedelta"
    )
    million = MILLION / (times * different)
    medians = {
        name: [statistics.median(seconds) * million for seconds in zip(*figures, strict=True)]
        for name, figures in taken.items()
    }
    report(medians, say)


def report(medians, say):
    """Say the {name: (processor's seconds, wall clock's) for a million} and judge the adding."""
    floor, (add, by_the_wall) = medians["floor"][0], medians["add"]
    say(f"{'':<16}{'s/million':>10}{'by the wall':>13}{'per s':>12}{'of floor':>10}")
    for name, (seconds, wall) in medians.items():
        share = f"1/{seconds / floor:.1f}"
        say(f"{name:<16}{seconds:>10.2f}{wall:>13.2f}{MILLION / seconds:>12,.0f}{share:>10}")
    verdict = "reached" if add <= ADDS_IN else "MISSED"
    say(
        f"1,000,000 add() in at most {ADDS_IN:.1f} s: {verdict},"
        f" {add:.2f} s of the processor, {by_the_wall:.2f} s by the wall clock"
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
    """Measure and try everything, and say it."""
    measure_speed(adds=adds, rounds=rounds, say=say)
    try_invariants(cases=cases, say=say)
