from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worktime.arithmetic import CalendarHorizon, WorkCalendar
from worktime.tests.walker import DAYS, SPECS, Walker, walker

CALENDARS = {name: WorkCalendar.from_spec(spec) for name, spec in SPECS.items()}
cases = settings(
    max_examples=1000,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
names = st.sampled_from(sorted(SPECS))


def instants(count, name=None):
    """Draw a calendar with its walker and ``count`` offsets, two of three beside a boundary."""
    # One plain integer an offset: drawing is what these tests spend their time on.
    numbers = st.integers(0, 2**40)
    return st.tuples(st.just(name) if name else names, *[numbers] * count).map(spell_out)


def spell_out(drawn):
    name, *numbers = drawn
    edges, slow = boundaries(name), walker(name)
    offsets = []
    for number in numbers:
        number, beside = divmod(number, 3)
        if beside == 2:
            offsets.append(number % (len(slow.seconds) // 2))
        else:
            offsets.append(max(edges[number % len(edges)] - beside, 0))
    return CALENDARS[name], slow, *offsets


def boundaries(name, held={}):  # noqa: B006  (kept between calls on purpose)
    if name not in held:
        seconds = walker(name).seconds
        half = len(seconds) // 2
        held[name] = [0, half] + [i for i in range(60, half, 60) if seconds[i - 1] != seconds[i]]
    return held[name]


# Every seventh pause is open.
pause_lists = st.lists(
    st.tuples(
        st.integers(0, 6 * 86_400),
        st.integers(0, 2 * 86_400).map(lambda length: length if length % 7 else None),
    ),
    max_size=4,
)
amounts = st.integers(0, 3 * 86_400).map(lambda n: n if n % 3 else n // 27_000 * 13_500)


def as_offsets(pauses):
    return [(start, None if length is None else start + length) for start, length in pauses]


def as_instants(slow, pauses):
    return [(slow.at(p), None if q is None else slow.at(q)) for p, q in pauses]


# Against the walker


@cases
@given(instants(2), pause_lists)
def test_within_equals_the_walker(case, pauses):
    calendar, slow, a, b = case
    pauses = as_offsets(pauses)
    expected = slow.within(a, b, pauses)
    assert calendar.within(slow.at(a), slow.at(b), as_instants(slow, pauses)) == expected


@cases
@given(instants(1), amounts, pause_lists)
def test_add_equals_the_walker(case, seconds, pauses):
    calendar, slow, start = case
    pauses = as_offsets(pauses)
    due = calendar.add(slow.at(start), seconds, as_instants(slow, pauses))
    expected = slow.add(start, seconds, pauses)
    if expected is not None:
        assert due == slow.at(expected)
    else:
        # The walker sees no further than its window.
        assert due is None or slow.offset(due) > len(slow.seconds)


@cases
@given(instants(1))
def test_openness_equals_the_walker(case):
    calendar, slow, t = case
    assert calendar.is_open(slow.at(t)) is bool(slow.seconds[t])
    expected = slow.seconds.find(1, t)
    if expected >= 0:
        assert calendar.next_open(slow.at(t)) == slow.at(expected)


@settings(cases, max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from(DAYS),
        st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(sorted),
    ),
    st.lists(st.integers(0, 7 * 86_400), min_size=6, max_size=6),
)
def test_any_weekly_hours_equal_the_walker(minutes, offsets):
    def clock(minute):
        return f"{minute // 60:02}:{minute % 60:02}"

    weekly = {
        day: [[clock(a), clock(b)] for a, b in zip(marks[::2], marks[1::2], strict=False)]
        for day, marks in minutes.items()
    }
    spec = {"mode": "business", "tz": "Asia/Shanghai", "weekly": weekly}
    calendar, slow = WorkCalendar.from_spec(spec), Walker(spec, "2026-02-26", 7)
    for a, b in pairwise(offsets):
        assert calendar.within(slow.at(a), slow.at(b)) == slow.within(a, b)
        due, expected = calendar.add(slow.at(a), b), slow.add(a, b)
        if expected is not None:
            assert due == slow.at(expected)


# The invariants, numbered as in the specification of the clocks


@cases
@given(instants(3))
def test_invariant_1_within_is_additive(case):
    calendar, slow, *offsets = case
    a, b, c = (slow.at(offset) for offset in sorted(offsets))
    assert calendar.within(a, c) == calendar.within(a, b) + calendar.within(b, c)
    assert 0 <= calendar.within(a, b) <= (b - a).total_seconds()
    assert calendar.within(c, a) == 0


@cases
@given(instants(1), st.integers(0, 10**8))
def test_invariant_2_within_undoes_add(case, seconds):
    calendar, slow, s = case
    s = slow.at(s)
    assert calendar.within(s, calendar.add(s, seconds)) == seconds


@settings(cases, max_examples=500)
@given(
    instants(6, name="week"),
    st.lists(st.integers(1, 3 * 86_400), min_size=4, max_size=4),
)
def test_invariant_3_add_is_adjoint_to_within(case, amounts):
    calendar, slow, *offsets = case
    start, *later = sorted(offsets)
    s = slow.at(start)
    for t in later:
        elapsed = slow.within(start, t)
        # The exact amount and its neighbours sit on the boundary that the claim is about.
        for n in {*amounts, elapsed, elapsed + 1} - {0}:
            assert (calendar.add(s, n) <= slow.at(t)) is (n <= elapsed)


@cases
@given(instants(2), amounts, amounts)
def test_invariant_4_add_is_monotone(case, n, m):
    calendar, slow, *offsets = case
    s, later = (slow.at(offset) for offset in sorted(offsets))
    n, m = sorted((n, m))
    assert calendar.add(s, n) <= calendar.add(later, n)
    assert calendar.add(s, n) <= calendar.add(s, m)


@cases
@given(instants(1), amounts, amounts)
def test_invariant_5_add_composes(case, n, m):
    calendar, slow, s = case
    s = slow.at(s)
    assert calendar.add(calendar.add(s, n), m) == calendar.add(s, n + m)


@cases
@given(instants(1), amounts)
def test_invariant_6_open_time_is_never_faster_than_the_clock(case, n):
    calendar, slow, s = case
    s = slow.at(s)
    assert calendar.add(s, n) >= s + timedelta(seconds=n)
    assert CALENDARS["wall"].add(s, n) == s + timedelta(seconds=n)


@cases
@given(instants(1), st.integers(1, 3 * 86_400), st.integers(0, 5 * 86_400), st.integers(0, 86_400))
def test_invariant_7_a_pause_moves_due_by_the_open_time_it_covers(case, n, after, length):
    calendar, slow, s = case
    s = slow.at(s)
    p, q = s + timedelta(seconds=after), s + timedelta(seconds=after + length)
    due, moved = calendar.add(s, n), calendar.add(s, n, [(p, q)])
    if p >= due or calendar.within(p, q) == 0:
        assert moved == due
    else:
        assert calendar.within(due, moved) == calendar.within(p, q)


@cases
@given(instants(2), amounts, pause_lists, st.randoms(use_true_random=False))
def test_invariant_8_pauses_are_a_set(case, n, pauses, random):
    calendar, slow, a, b = case
    pauses = as_offsets(pauses)
    respelled = list(pauses)
    for p, q in pauses:
        middle = random.randint(p, p + 3600 if q is None else q)
        respelled += [(p, middle), (middle, q), (p, q)][: random.randint(0, 3)]
    random.shuffle(respelled)
    pauses, respelled = as_instants(slow, pauses), as_instants(slow, respelled)
    a, b = slow.at(a), slow.at(b)
    assert calendar.add(a, n, respelled) == calendar.add(a, n, pauses)
    assert calendar.within(a, b, respelled) == calendar.within(a, b, pauses)


@cases
@given(instants(2), st.integers(1, 3 * 86_400), pause_lists)
def test_invariant_9_a_level_is_reached_exactly_when_its_share_has_passed(case, target, pauses):
    calendar, slow, *offsets = case
    start, t = sorted(offsets)
    pauses = as_offsets(pauses)
    elapsed = slow.within(start, t, pauses)
    percents = [50, 80, 100, 133]
    levels = calendar.thresholds(slow.at(start), target, percents, as_instants(slow, pauses))
    reached = [level is not None and level <= slow.at(t) for level in levels]
    assert reached == [elapsed * 100 >= target * percent for percent in percents]


@cases
@given(instants(1), st.integers(0, 3 * 86_400))
def test_invariant_12_a_horizon_raises_or_changes_nothing(case, n):
    _, slow, start = case
    s = slow.at(start)
    free = CALENDARS["autumn"]
    known = WorkCalendar.from_spec(SPECS["autumn"] | {"horizon": ["2026-09-21", "2026-10-09"]})
    first, last = walker("autumn").at(7 * 86_400), walker("autumn").at(26 * 86_400)
    due = free.add(s, n)
    if first <= s and due <= last:
        assert known.add(s, n) == due
        assert known.within(s, due) == n
    else:
        with pytest.raises(CalendarHorizon):
            known.add(s, n)
