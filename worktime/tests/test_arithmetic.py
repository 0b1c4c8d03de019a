from itertools import pairwise

import pytest
from hypothesis import Phase
from hypothesis import strategies as st

from worktime.arithmetic import WorkCalendar
from worktime.tests import invariants
from worktime.tests.invariants import amount, attempt, cases, checked, place
from worktime.tests.walker import DAYS, Walker, walker

CASES = 1_000
# The adjunction settles what add and within are, so it is tried on more.
MORE_CASES = {3: 10_000}
PERCENTS = [50, 80, 100, 133]


@pytest.mark.parametrize(
    "number", invariants.INVARIANTS, ids=lambda number: invariants.title(number)
)
def test_invariants_hold(number):
    count = MORE_CASES.get(number, CASES)
    assert invariants.check(number, count) == count


def test_no_invariant_of_the_arithmetic_is_left_out():
    assert list(invariants.INVARIANTS) == [1, 2, 3, 4, 5, 6, 7, 8, 12]
    for number in invariants.INVARIANTS:
        assert invariants.title(number).startswith(f"invariant_{number}_")


class DueAtTheNextOpening(WorkCalendar):
    def add(self, start, seconds, pauses=()):
        due = super().add(start, seconds, pauses)
        return due and self.next_open(due)


class OneSecondTooMany(WorkCalendar):
    def within(self, start, end, pauses=()):
        return super().within(start, end, pauses) + (end > start)


class PausesCountedTwice(WorkCalendar):
    def add(self, start, seconds, pauses=()):
        lost = sum(self.within(max(p, start), q) for p, q in pauses if q is not None)
        return super().add(start, seconds + lost, pauses)


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [
        (DueAtTheNextOpening, [2, 3, 4, 5, 6, 7, 8]),
        (OneSecondTooMany, [1, 2, 3, 7, 8]),
        (PausesCountedTwice, [7, 8]),
    ],
)
def test_planted_fault_breaks_an_invariant(monkeypatch, fault, numbers):
    def faulty(name):
        return invariants.Checked(fault.from_spec(invariants.SPECS[name]), walker(name))

    monkeypatch.setattr(invariants, "checked", faulty)
    for number in numbers:
        with pytest.raises(AssertionError):
            invariants.check(number, 100, phases=[Phase.generate])


def test_walker_equals_within_and_add_with_pauses():
    def claim(name, a, b, n, pauses):
        checked(name).within(a, b, pauses)
        checked(name).add(a, n, pauses)

    assert attempt(claim, cases(2, amount, with_pauses=True), CASES) == CASES


def test_walker_equals_openness():
    def claim(name, t):
        calendar, slow = checked(name).calendar, walker(name)
        if t < len(slow.seconds):
            assert calendar.is_open(slow.at(t)) is bool(slow.seconds[t])
        expected = slow.seconds.find(1, t)
        if expected >= 0:
            assert calendar.next_open(slow.at(t)) == slow.at(expected)

    assert attempt(claim, cases(1), CASES) == CASES


def test_level_is_reached_exactly_when_its_share_has_passed():
    def claim(name, a, b, target, pauses):
        start, t = min(a, b), max(a, b)
        elapsed = checked(name).slow.within(start, t, pauses)
        levels = checked(name).thresholds(start, target, PERCENTS, pauses)
        reached = [level is not None and level <= t for level in levels]
        assert reached == [elapsed * 100 >= target * percent for percent in PERCENTS]

    assert attempt(claim, cases(2, amount, with_pauses=True), CASES) == CASES


# Calendars of any shape, in a week with the end of a February in it

WEEK = [f"2026-02-{day}" for day in (26, 27, 28)] + [f"2026-03-0{day}" for day in range(1, 5)]
spans = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda minutes: [
        [f"{m // 60:02}:{m % 60:02}" for m in pair] for pair in list(pairwise(sorted(minutes)))[::2]
    ]
)
weekly = st.dictionaries(st.sampled_from(DAYS), spans)
days = st.sampled_from(WEEK)
month_days = st.sampled_from(["02-27", "02-28", "02-29", "03-02", "11-30"])
specs = st.fixed_dictionaries(
    {
        "mode": st.just("business"),
        "tz": st.sampled_from(["Asia/Shanghai", "America/St_Johns"]),
        "weekly": weekly,
        "seasons": st.lists(
            st.fixed_dictionaries({"from": month_days, "to": month_days, "weekly": weekly}),
            max_size=2,
        ),
        "holidays": st.lists(days, max_size=2),
        "workdays": st.dictionaries(days, st.none() | spans, max_size=2),
        "breaks": st.dictionaries(days, spans, max_size=2),
    }
)


def test_walker_equals_any_calendar():
    def claim(spec, numbers):
        slow = Walker(spec, WEEK[0], 7)
        calendar = invariants.Checked(WorkCalendar.from_spec(spec), slow)
        for a, b in pairwise(place(slow, number) for number in numbers[1:]):
            calendar.within(a, b)
            calendar.add(a, b)

    assert attempt(claim, st.tuples(specs, cases(0, *[int] * 8)), 30) == 30
