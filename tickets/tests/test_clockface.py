"""Why a promise ends when it ends: what is told adds up to the date, holidays and all."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone, translation

from common import maps
from tickets import clockface, reports
from tickets.choices import HALF, LATE, STEPS, YELLOW_CARD, ClockMode, HoldReason, LimitUnit, Stage
from tickets.clockface import Kind
from tickets.models import Ticket
from tickets.workflow import clockwork
from worktime.models import WorkDay
from worktime.reports import current_calendar
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
HOUR = 3600


@pytest.fixture
def calendar(db):
    make_calendar(2025, 2026)
    return current_calendar()


def moment(text):
    """Return a moment in Shanghai from text like 2026-02-13 16:40."""
    return timezone.make_aware(datetime.fromisoformat(text))


def make_clock(start, amount, unit, *, mode=ClockMode.BUSINESS, extra=0, pauses=()):
    """Return a running resolve clock that nobody has stored."""
    limit = {"mode": mode, "amount": amount, "unit": unit}
    clock = clockwork.new_clock(Ticket(), Stage.RESOLVE, 1, limit, moment(start))
    for begin, end in pauses:
        clockwork.pause(clock, moment(begin), moment(end), HoldReason.PARTS.value)
        clockwork.unpause(clock, moment(end))
    if extra:
        clockwork.extend(clock, extra, moment(start), because="grant_extension")
    return clock


def in_days(start, amount, **more):
    return make_clock(start, amount, LimitUnit.WORKING_DAYS, **more)


def in_hours(start, hours, **more):
    return make_clock(start, hours * HOUR, LimitUnit.SECONDS, **more)


def due(clock):
    return timezone.localtime(clock.due_at).strftime("%Y-%m-%d %H:%M")


def told(clock):
    """Return the lines as (kind, first day, last day, name)."""
    return [
        (str(line.kind), f"{line.first:%m-%d}", f"{line.last:%m-%d}", line.name)
        for line in clockface.lines_of(clock)
    ]


# --- Adding up


def days_told(lines):
    """Return every day that the lines speak of, but for waits and what is added for them."""
    days = []
    for line in lines:
        if line.kind in (Kind.FIRST_DAY, Kind.AFTER_HOURS):
            days.append(line.last)
        elif line.kind not in (Kind.WAITED, Kind.LATER):
            count = (line.last - line.first).days + 1
            days += [line.first + timedelta(days=number) for number in range(count)]
    return days


def add_up_days(clock):
    """Reckon the due time from the lines alone: the close of the last day, and the time waited."""
    lines = clockface.lines_of(clock)
    counted = [line for line in lines if line.kind == Kind.COUNTED]
    assert sum(line.days for line in counted) == clock.limit_amount + clock.extra_amount
    assert [line.number for line in counted] == [
        1 + sum(line.days for line in counted[:place]) for place in range(len(counted))
    ]
    midnight = timezone.make_aware(datetime.combine(counted[-1].last, datetime.min.time()))
    plain = current_calendar().spans(midnight, midnight + timedelta(days=1))[-1][1]
    waited = sum(line.seconds for line in lines if line.kind == Kind.WAITED)
    assert sum(line.seconds for line in lines if line.kind == Kind.LATER) == waited
    return current_calendar().add(plain, waited)


def add_up_hours(clock):
    """Add the counted seconds and the waits to the start."""
    lines = clockface.lines_of(clock)
    counted = sum(line.seconds for line in lines if line.kind == Kind.COUNTED)
    assert counted == clock.limit_amount + clock.extra_amount
    waited = sum(line.seconds for line in lines if line.kind == Kind.WAITED)
    if clock.mode == ClockMode.WALL:
        return clock.started_at + timedelta(seconds=counted + waited)
    return current_calendar().add(clock.started_at, counted + waited)


STARTS = [
    "2025-09-26 16:40",  # the Friday before the National Day holiday, Sunday worked
    "2025-09-26 18:20",  # after closing
    "2025-10-04 11:00",  # within the holiday
    "2026-02-13 09:05",  # the Friday before Spring Festival, Saturday worked
    "2026-02-28 17:30",  # on a worked Saturday, at closing
    "2026-09-25 10:00",  # a Friday off, Mid-Autumn
    "2026-11-19 12:30",  # in the lunch hour
]
PAUSES = [
    (),
    (("2025-09-29 10:00", "2025-10-09 12:30"), ("2025-10-10 09:00", "2025-10-10 10:00")),
    (("2026-02-13 10:00", "2026-02-14 11:15"), ("2026-02-14 13:00", "2026-03-02 09:00")),
    (("2026-09-26 10:00", "2026-09-27 10:00"),),
    (("2026-11-20 17:00", "2026-11-25 08:45"),),
]


def worlds():
    """Yield (start, the pauses that come after it)."""
    for start, pauses in product(STARTS, PAUSES):
        yield start, [pair for pair in pauses if pair[0] >= start]


def test_what_is_told_of_working_days_adds_up_to_the_due_time(calendar):
    for (start, pauses), extra in product(worlds(), (0, 3)):
        clock = in_days(start, 5, extra=extra, pauses=pauses)
        assert add_up_days(clock) == clock.due_at, (start, pauses)
        days = days_told(clockface.lines_of(clock))
        assert len(days) == len(set(days))
        assert days[0] == moment(start).date()


def test_what_is_told_of_hours_adds_up_to_the_due_time(calendar):
    for (start, pauses), mode in product(worlds(), ClockMode):
        clock = in_hours(start, 21, mode=mode, extra=4 * HOUR, pauses=pauses)
        assert add_up_hours(clock) == clock.due_at, (start, pauses, mode)


def test_no_day_between_start_and_due_time_goes_untold(calendar):
    for clock in (in_days("2026-02-12 10:00", 9), in_hours("2026-02-12 18:00", 60)):
        days, last = days_told(clockface.lines_of(clock)), timezone.localdate(clock.due_at)
        first = moment("2026-02-12 10:00").date()
        whole = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        assert days == whole


# --- Holidays


def test_the_friday_before_the_national_day_holiday(calendar):
    clock = in_days("2025-09-26 16:40", 5)
    assert due(clock) == "2025-10-10 17:30"
    assert told(clock) == [
        ("first_day", "09-26", "09-26", ""),
        ("weekend", "09-27", "09-27", ""),
        ("counted", "09-28", "09-28", "国庆节"),
        ("counted", "09-29", "09-30", ""),
        ("holiday", "10-01", "10-08", "国庆节、中秋节"),
        ("counted", "10-09", "10-10", ""),
    ]
    assert [line.is_make_up for line in clockface.lines_of(clock)] == [0, 0, 1, 0, 0, 0]
    with translation.override("en"):
        names = [line[3] for line in told(clock) if line[3]]
    assert names == ["National Day", "National Day, Mid-Autumn Festival"]


def test_spring_festival_with_both_its_worked_saturdays(calendar):
    clock = in_days("2026-02-12 10:05", 8)
    assert due(clock) == "2026-03-02 17:30"
    assert told(clock) == [
        ("first_day", "02-12", "02-12", ""),
        ("counted", "02-13", "02-13", ""),
        ("counted", "02-14", "02-14", "春节"),
        ("holiday", "02-15", "02-23", "春节"),
        ("counted", "02-24", "02-27", ""),
        ("counted", "02-28", "02-28", "春节"),
        ("weekend", "03-01", "03-01", ""),
        ("counted", "03-02", "03-02", ""),
    ]


def test_hours_over_spring_festival(calendar):
    clock = in_hours("2026-02-13 16:05", 21)
    assert due(clock) == "2026-02-25 14:35"
    lines = clockface.lines_of(clock)
    assert [(line.seconds, line.is_make_up) for line in lines if line.seconds] == [
        (5_100, False), (27_000, True), (27_000, False), (16_500, False),
    ]  # fmt: skip
    assert [str(start) for start, _end in lines[-1].hours] == ["08:30:00", "13:30:00"]


def test_days_with_the_same_hours_are_one_line(calendar):
    lines = clockface.lines_of(in_hours("2026-11-16 08:30", 30))
    assert [(line.days, line.seconds) for line in lines] == [(4, 30 * HOUR)]


def test_a_day_off_without_a_name_is_told_as_one(calendar):
    WorkDay.objects.filter(date="2026-11-24").update(is_working=False)
    WorkDay.objects.filter(date="2026-10-01").update(label="区运动会")
    maps.clear_all()
    clock = in_days("2026-11-23 10:00", 1)
    assert [line.kind for line in clockface.lines_of(clock)] == ["first_day", "closed", "counted"]
    assert clockface.name_of_day(moment("2026-10-01 10:00").date()) == "区运动会"


def test_a_wait_is_told_with_its_reason_and_what_it_cost(calendar):
    clock = in_days("2026-11-16 10:00", 2, pauses=[("2026-11-17 16:00", "2026-11-18 10:00")])
    kinds = [(str(line.kind), line.seconds) for line in clockface.lines_of(clock)]
    assert kinds == [
        ("first_day", 0), ("counted", 0), ("waited", 3 * HOUR), ("counted", 0), ("later", 3 * HOUR),
    ]  # fmt: skip
    assert due(clock) == "2026-11-19 11:30"
    assert clockface.lines_of(clock)[2].name == HoldReason.PARTS.label


# --- The scale


def test_a_running_clock_ends_at_its_red_card(calendar):
    clock = in_days("2026-11-16 10:00", 5)
    scale = clockface.scale_of(clock, moment("2026-11-18 12:00"))
    assert [(mark.level, mark.sign) for mark in scale.marks] == [
        (HALF, ""), (80, ""), (YELLOW_CARD, "yellow"), (LATE, "red"),
    ]  # fmt: skip
    assert (scale.due, scale.over) == (100, 0)
    assert 0 < scale.used < scale.marks[0].share


def test_a_late_clock_goes_on_to_its_next_step(calendar):
    clock = in_hours("2026-11-16 10:00", 24, mode=ClockMode.WALL)
    scale = clockface.scale_of(clock, moment("2026-11-17 14:00"))
    assert [mark.level for mark in scale.marks][-2:] == [LATE, STEPS[0]]
    assert (scale.due, scale.used) == (66.7, 77.8)
    assert scale.over == pytest.approx(11.1)


def test_words_on_the_scale_leave_each_other_room(calendar):
    for amount in (2, 3, 5, 20):
        scale = clockface.scale_of(in_days("2026-11-16 10:00", amount), moment("2026-11-16 11:00"))
        shares = [mark.share for mark in scale.marks if mark.word]
        assert shares[-1] == 100
        gaps = [after - before for before, after in zip(shares, shares[1:], strict=False)]
        assert min(gaps) >= clockface.ROOM_FOR_A_WORD


def test_a_scale_stops_where_the_clock_stopped(calendar):
    clock = in_hours("2026-11-16 10:00", 24, mode=ClockMode.WALL)
    clockwork.stop(clock, moment("2026-11-16 16:00"))
    scale = clockface.scale_of(clock, moment("2026-11-20 10:00"))
    assert (scale.used, scale.due, scale.marks) == (25, 100, ())


# --- How it stands


def test_due_on_friday_and_done_on_saturday_is_late_by_no_office_hour(calendar):
    clock = in_days("2026-11-18 10:00", 2)
    assert due(clock) == "2026-11-20 17:30"
    clockwork.stop(clock, moment("2026-11-21 09:30"))
    promise = reports.promise(clock, moment("2026-11-23 10:00"))
    assert (promise.is_late, promise.over, promise.over_open) == (True, 16 * HOUR, 0)
    assert (clock.state, clock.late_seconds) == ("missed", 0)


def test_what_is_left_is_told_by_both_clocks(calendar):
    promise = reports.promise(in_days("2026-11-18 10:00", 3), moment("2026-11-20 16:30"))
    assert (promise.left, promise.left_open) == (3 * 86_400 + HOUR, 8.5 * HOUR)
    assert (promise.over, promise.over_open, promise.is_late) == (0, 0, False)


def test_days_off_are_all_the_days_that_do_not_count(calendar):
    promise = reports.promise(in_days("2026-02-12 10:05", 8), moment("2026-02-12 11:00"))
    assert [f"{day:%m-%d}" for day in promise.closed_days] == [
        *(f"02-{day}" for day in range(15, 24)), "03-01",
    ]  # fmt: skip


def test_past_the_last_day_of_the_calendar_the_page_tells_what_it_knows(calendar):
    promise = reports.promise(in_days("2026-12-29 10:00", 2), moment("2027-02-01 10:00"))
    assert (promise.is_late, promise.over_open) == (True, None)
    assert promise.lines
    assert clockface.scale_of(promise.clock, moment("2027-02-01 10:00")) is None


def test_no_clock_is_no_promise(calendar):
    assert reports.promise(None, moment("2026-11-20 16:30")) is None
