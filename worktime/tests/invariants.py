"""The invariants of the arithmetic as Hypothesis properties, numbered as the clocks' rules are.

An answer is first held against the walker's, wherever its window reaches, and then against the
invariant. 9 to 11 are about clocks that are kept in tables, and belong to the tickets.
`manage.py bench worktime` tries the same properties on more cases.
"""

from functools import cache
from random import Random
from struct import unpack

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from worktime.arithmetic import CalendarHorizon, WorkCalendar
from worktime.tests.walker import SPECS, walker

NAMES = sorted(SPECS)
DAY = 86_400
INVARIANTS = {}  # number: (property, what it is tried on)


class Checked:
    """A calendar whose every answer is held against its walker's.

    Instants are seconds since the beginning of the walker's window, as the walker counts them.
    """

    def __init__(self, calendar, slow):
        self.calendar, self.slow, self.end = calendar, slow, len(slow.seconds)

    def add(self, start, seconds, pauses=()):
        due = self.calendar.add(self.slow.at(start), seconds, self.instants(pauses))
        due = None if due is None else self.slow.offset(due)
        expected = self.slow.add(start, seconds, pauses)
        if expected is None:  # the walker sees no further than its window
            assert due is None or due > self.end
        else:
            assert due == expected
        return due

    def within(self, start, end, pauses=()):
        at = self.slow.at
        found = self.calendar.within(at(start), at(end), self.instants(pauses))
        if end <= self.end:
            assert found == self.slow.within(start, end, pauses)
        return found

    def thresholds(self, start, seconds, percents, pauses):
        pauses = self.instants(pauses)
        levels = self.calendar.thresholds(self.slow.at(start), seconds, percents, pauses)
        return [None if level is None else self.slow.offset(level) for level in levels]

    def instants(self, pauses):
        return [(self.slow.at(p), None if q is None else self.slow.at(q)) for p, q in pauses]


@cache
def checked(name):
    return Checked(WorkCalendar.from_spec(SPECS[name]), walker(name))


# What the properties are tried on


def cases(instants, *makers, name=None, with_pauses=False):
    """Draw the name of a calendar, so many instants, what each maker makes of a number, pauses.

    All of it from one draw of bytes: integers would crowd near zero, and of several draws
    Hypothesis likes to repeat one.
    """
    size = 1 + instants + len(makers) + (9 if with_pauses else 0)

    def spell_out(raw):
        numbers = iter(unpack(f"<{size}I", raw))
        which = NAMES[next(numbers) % len(NAMES)]
        case = [name or which]
        slow = walker(case[0])
        case += [place(slow, next(numbers)) for _ in range(instants)]
        case += [make(next(numbers)) for make in makers]
        if with_pauses:
            count = next(numbers) % 5
            case.append([pause(place(slow, next(numbers)), next(numbers)) for _ in range(count)])
        return case

    return st.binary(min_size=4 * size, max_size=4 * size).map(spell_out)


def place(slow, number):
    """Put a number somewhere in a walker's window: on an edge, a second before one, anywhere."""
    number, beside = divmod(number, 3)
    if beside == 2:
        return number % len(slow.seconds)
    return max(slow.edges[number % len(slow.edges)] - beside, 0)


def amount(number):
    """Make up to three days of it; a third in half hours, which end on a calendar's edges."""
    number, rest = divmod(number, 3)
    return number % (3 * DAY) if rest else number % (6 * 24) * 1800


def long_amount(number):
    """Make up to 10**8 seconds of it, more often few: years of work, laid out when needed."""
    number, halvings = divmod(number, 24)
    return number % 10**8 >> halvings


def pause(begin, number):
    """Make a pause of up to two days, or, one time in seven, one that is still open."""
    return begin, None if number % 7 == 0 else begin + amount(number // 7) * 2 // 3


# How they are tried


def invariant(number, drawn):
    """Keep a property under its number, with what it is tried on."""

    def keep(claim):
        INVARIANTS[number] = (claim, drawn)
        return claim

    return keep


def title(number):
    return INVARIANTS[number][0].__name__


def check(number, count, phases=tuple(Phase)):
    """Try an invariant on so many cases, the same ones every time; return how many it held in.

    Raises the AssertionError of the smallest case in which it does not hold.
    """
    claim, drawn = INVARIANTS[number]
    return attempt(claim, drawn, count, phases)


def attempt(claim, drawn, count, phases=tuple(Phase)):
    """Call ``claim`` with so many draws, the same ones every time; return how often it held."""
    held = 0

    @seed(claim.__name__)
    @settings(
        max_examples=count,
        phases=phases,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def one_case(case):
        nonlocal held
        claim(*case)
        held += 1

    one_case()
    return held


# The invariants


@invariant(1, cases(3))
def invariant_1_within_is_additive(name, *instants):
    calendar, (a, b, c) = checked(name), sorted(instants)
    former, latter = calendar.within(a, b), calendar.within(b, c)
    assert calendar.within(a, c) == former + latter
    assert 0 <= former <= b - a and 0 <= latter <= c - b
    if a < c:
        assert calendar.within(c, a) == 0


@invariant(2, cases(1, long_amount))
def invariant_2_within_undoes_add(name, s, n):
    calendar = checked(name)
    assert calendar.within(s, calendar.add(s, n)) == n


@invariant(3, cases(2, amount, name="week"))
def invariant_3_add_is_adjoint_to_within(name, a, b, n):
    calendar, s, t = checked(name), min(a, b), max(a, b)
    elapsed = calendar.within(s, t)
    # The exact amount and its neighbour sit on the boundary that the claim is about.
    for seconds in {n, elapsed, elapsed + 1} - {0}:
        assert (calendar.add(s, seconds) <= t) is (seconds <= elapsed)


@invariant(4, cases(2, amount, amount))
def invariant_4_add_is_monotone(name, a, b, n, m):
    calendar = checked(name)
    due = calendar.add(min(a, b), min(n, m))
    assert due <= calendar.add(max(a, b), min(n, m))
    assert due <= calendar.add(min(a, b), max(n, m))


@invariant(5, cases(1, amount, amount))
def invariant_5_add_composes(name, s, n, m):
    calendar = checked(name)
    assert calendar.add(calendar.add(s, n), m) == calendar.add(s, n + m)


@invariant(6, cases(1, amount))
def invariant_6_open_time_is_never_faster_than_the_clock(name, s, n):
    assert checked(name).add(s, n) >= s + n
    assert checked("wall").add(s, n) == s + n


@invariant(7, cases(1, amount, amount, amount))
def invariant_7_a_pause_moves_due_by_the_open_time_it_covers(name, s, n, after, length):
    calendar, p, q = checked(name), s + after, s + after + length
    due, moved = calendar.add(s, n), calendar.add(s, n, [(p, q)])
    covered = calendar.within(p, q)
    if p >= due or covered == 0:
        assert moved == due
    else:
        assert calendar.within(due, moved) == covered


@invariant(8, cases(2, amount, int, with_pauses=True))
def invariant_8_pauses_are_a_set(name, a, b, n, number, pauses):
    calendar, chance, respelled = checked(name), Random(number), list(pauses)
    for p, q in pauses:
        middle = chance.randint(p, p + 3600 if q is None else q)
        respelled += [(p, middle), (middle, q), (p, q)][: chance.randint(0, 3)]
    chance.shuffle(respelled)
    assert calendar.add(a, n, respelled) == calendar.add(a, n, pauses)
    assert calendar.within(a, b, respelled) == calendar.within(a, b, pauses)


# A calendar that only knows these days of the autumn; the window is wider on either side.
KNOWN_DAYS = ["2026-09-21", "2026-10-09"]
KNOWN = (7 * DAY, 26 * DAY)


@cache
def autumn_with_horizon():
    spec = SPECS["autumn"] | {"horizon": KNOWN_DAYS}
    return Checked(WorkCalendar.from_spec(spec), walker("autumn"))


@invariant(12, cases(2, amount, name="autumn"))
def invariant_12_a_horizon_raises_or_changes_nothing(name, a, b, n):
    endless, known = checked(name), autumn_with_horizon()
    due = endless.add(a, n)
    for question, answer, last in [
        (lambda: known.add(a, n), due, due),
        (lambda: known.within(a, b), endless.within(a, b), max(a, b)),
    ]:
        if KNOWN[0] <= a and last <= KNOWN[1]:
            assert question() == answer
        else:
            assert raises_horizon(question)


def raises_horizon(question):
    try:
        question()
    except CalendarHorizon:
        return True
    return False
