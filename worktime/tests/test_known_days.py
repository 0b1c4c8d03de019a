from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worktime.arithmetic import CalendarError, CalendarHorizon, WorkCalendar
from worktime.tests.walker import OFFICE, SPECS, office_week

CALENDARS = {name: WorkCalendar.from_spec(spec) for name, spec in SPECS.items()}

# By hand, on the days of Shanghai


BEIJING = ZoneInfo("Asia/Shanghai")


def beijing(text):
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def local(instant):
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


AUTUMN = CALENDARS["autumn"]
SEASONS = CALENDARS["seasons"]


@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [
        ("2026-09-14 11:59", 120, "2026-09-14 13:31:00"),  # over the lunch gap
        ("2026-09-14 12:30", 60, "2026-09-14 13:31:00"),  # from within it
        ("2026-09-14 08:30", 12_600, "2026-09-14 12:00:00"),  # used up at closing: due at closing
        ("2026-09-14 08:30", 12_601, "2026-09-14 13:30:01"),
        ("2026-09-18 17:29", 60, "2026-09-18 17:30:00"),
        ("2026-09-18 17:29", 61, "2026-09-20 08:30:01"),  # Sunday is made up for
        ("2026-09-24 17:00", 3600, "2026-09-28 09:00:00"),  # Mid-autumn and a weekend
        ("2026-09-30 17:00", 3600, "2026-10-08 09:00:00"),  # National Day
        ("2026-10-09 17:30", 27_000, "2026-10-10 17:30:00"),  # the make-up Saturday, whole
        ("2026-09-19 03:00", 0, "2026-09-19 03:00:00"),
    ],
)
def test_add_on_known_days(start, seconds, due):
    assert local(AUTUMN.add(beijing(start), seconds)) == due


def test_add_answers_in_whole_seconds_of_utc():
    due = AUTUMN.add(beijing("2026-09-14 09:00:00.900000"), 60)
    assert (due, due.tzinfo) == (datetime(2026, 9, 14, 1, 1, tzinfo=UTC), UTC)


def test_summer_hours_make_a_summer_make_up_day():
    assert local(SEASONS.add(beijing("2026-09-20 00:00"), 27_000)) == "2026-09-20 18:00:00"
    assert SEASONS.within(beijing("2026-09-19 00:00"), beijing("2026-09-20 00:00")) == 27_000
    assert local(SEASONS.next_open(beijing("2026-09-22 18:00"))) == "2026-09-24 08:30:00"


def test_season_wraps_over_new_year():
    for day, opening in [
        ("2026-12-18", "08:30"),
        ("2026-12-21", "09:00"),
        ("2027-01-01", "09:00"),
        ("2027-01-11", "08:30"),
    ]:
        assert local(SEASONS.next_open(beijing(f"{day} 00:00"))) == f"{day} {opening}:00"


def test_special_hours_and_an_empty_override():
    assert SEASONS.spans(beijing("2026-09-26 00:00"), beijing("2026-09-28 00:00")) == [
        (beijing("2026-09-26 10:00"), beijing("2026-09-26 11:00"))
    ]
    assert SEASONS.within(beijing("2026-09-21 00:00"), beijing("2026-09-22 00:00")) == 0


def test_breaks_may_overlap_and_leave_pieces():
    assert SEASONS.spans(beijing("2026-09-18 00:00"), beijing("2026-09-19 00:00")) == [
        (beijing("2026-09-18 09:00"), beijing("2026-09-18 11:00")),
        (beijing("2026-09-18 16:00"), beijing("2026-09-18 18:00")),
    ]


def test_holiday_wins_over_a_working_day():
    spec = SPECS["autumn"] | {"workdays": {"2026-10-01": [["00:00", "24:00"]]}}
    calendar = WorkCalendar.from_spec(spec)
    assert calendar.is_open(beijing("2026-10-01 10:00")) is False


def test_first_matching_season_wins():
    spec = {
        "weekly": office_week(),
        "seasons": [
            {"from": "07-01", "to": "07-31", "weekly": office_week([["07:00", "11:00"]])},
            {"from": "06-01", "to": "08-31", "weekly": office_week([["09:00", "11:00"]])},
        ],
    }
    calendar = WorkCalendar.from_spec(spec)
    assert local(calendar.next_open(beijing("2026-07-01 00:00"))) == "2026-07-01 07:00:00"
    assert local(calendar.next_open(beijing("2026-08-03 00:00"))) == "2026-08-03 09:00:00"


def test_spans_are_cut_and_joined():
    night = CALENDARS["night"]
    assert night.spans(beijing("2026-09-14 23:00"), beijing("2026-09-16 01:00")) == [
        (beijing("2026-09-14 23:00"), beijing("2026-09-15 07:10")),
        (beijing("2026-09-15 22:00"), beijing("2026-09-16 01:00")),
    ]
    assert night.spans(beijing("2026-09-16 01:00"), beijing("2026-09-16 01:00")) == []
    wall = CALENDARS["wall"].spans(beijing("2026-09-14 23:00"), beijing("2026-09-15 01:00"))
    assert wall == [(beijing("2026-09-14 23:00"), beijing("2026-09-15 01:00"))]


def test_spans_add_up_to_within():
    a, b = beijing("2026-09-17 10:10:10"), beijing("2026-10-12 09:09:09")
    total = sum(((end - start).total_seconds() for start, end in AUTUMN.spans(a, b)), 0.0)
    assert total == AUTUMN.within(a, b)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-09-14 09:00", 1, "2026-09-15 17:30:00"),
        ("2026-09-14 23:59", 1, "2026-09-15 17:30:00"),
        ("2026-09-15 00:00", 1, "2026-09-16 17:30:00"),
        ("2026-09-18 16:00", 1, "2026-09-20 17:30:00"),  # the make-up Sunday counts
        ("2026-09-19 10:00", 2, "2026-09-21 17:30:00"),
        ("2026-09-30 10:00", 5, "2026-10-13 17:30:00"),  # over National Day
    ],
)
def test_working_days_end_at_the_close_of_the_day(start, days, due):
    assert local(AUTUMN.add_working_days(beijing(start), days)) == due


def test_working_days_follow_the_hours_of_the_day_they_end_on():
    assert local(SEASONS.add_working_days(beijing("2026-09-18 10:00"), 1)) == "2026-09-19 18:00:00"
    # 21 September has no hours at all and a break takes the whole of the 23rd.
    assert local(SEASONS.add_working_days(beijing("2026-09-20 10:00"), 2)) == "2026-09-24 17:30:00"


def test_working_days_are_moved_by_pauses_alone():
    start = beijing("2026-09-14 09:00")
    moved = [
        AUTUMN.add_working_days(start, 2, [(beijing(p), q and beijing(q))])
        for p, q in [
            ("2026-09-15 08:30", "2026-09-15 17:30"),
            ("2026-09-15 12:00", "2026-09-15 13:40"),
            ("2026-09-15 18:00", "2026-09-16 08:00"),
            ("2026-09-16 17:30", None),
        ]
    ]
    assert [local(due) for due in moved] == [
        "2026-09-17 17:30:00",
        "2026-09-17 08:40:00",
        "2026-09-16 17:30:00",
        "2026-09-16 17:30:00",
    ]
    assert AUTUMN.add_working_days(start, 2, [(beijing("2026-09-16 17:00"), None)]) is None


def test_working_days_on_the_wall_clock_are_days():
    due = CALENDARS["wall"].add_working_days(beijing("2026-09-14 09:00"), 2)
    assert local(due) == "2026-09-17 00:00:00"


def test_open_pause_swallows_the_rest():
    start = beijing("2026-09-14 08:30")
    assert AUTUMN.add(start, 3600, [(beijing("2026-09-14 09:00"), None)]) is None
    assert local(AUTUMN.add(start, 1800, [(beijing("2026-09-14 09:00"), None)])) == (
        "2026-09-14 09:00:00"
    )
    assert AUTUMN.thresholds(start, 3600, [50, 80], [(beijing("2026-09-14 09:00"), None)]) == [
        beijing("2026-09-14 09:00"),
        None,
    ]


def test_threshold_rounds_a_share_up():
    start = beijing("2026-09-14 08:30")
    levels = AUTUMN.thresholds(start, 3, [50, 100, 0])
    assert [level - start for level in levels] == [timedelta(seconds=n) for n in (2, 3, 0)]


# What cannot be reckoned


def test_never_open_calendar_never_falls_due():
    closed = WorkCalendar.from_spec({"weekly": {}, "workdays": {"2026-05-05": OFFICE}})
    assert closed.add(beijing("2026-05-01 00:00"), 27_000) == beijing("2026-05-05 17:30")
    assert closed.add(beijing("2026-05-01 00:00"), 27_001) is None
    assert closed.next_open(beijing("2026-05-06 00:00")) is None
    assert closed.add_working_days(beijing("2026-05-05 00:00"), 1) is None
    assert WorkCalendar.from_spec({}).next_open(beijing("2026-05-06 00:00")) is None


def test_any_year_can_be_asked_in_any_order():
    calendar = WorkCalendar.from_spec({"weekly": office_week()})
    for year in (2026, 2051, 1999, 2026):
        monday = next(day for day in range(4, 11) if datetime(year, 1, day).weekday() == 0)
        start = beijing(f"{year}-01-{monday:02} 08:30")
        assert calendar.add(start, 27_000) == start + timedelta(hours=9)
        assert calendar.within(start, start + timedelta(days=7)) == 5 * 27_000
    assert calendar.within(beijing("1998-12-28 00:00"), beijing("2052-01-01 00:00")) == (
        WorkCalendar.from_spec({"weekly": office_week()}).within(
            beijing("1998-12-28 00:00"), beijing("2052-01-01 00:00")
        )
    )


def test_horizon_is_raised_by_every_question():
    known = WorkCalendar.from_spec(SPECS["autumn"] | {"horizon": ["2026-09-01", "2026-10-31"]})
    inside, before, after = (
        beijing(text) for text in ("2026-10-30 10:00", "2026-08-31 23:59:59", "2026-11-01 00:00:01")
    )
    assert known.within(inside, beijing("2026-11-01 00:00")) == 6 * 3600
    for ask in (
        lambda: known.add(before, 1),
        lambda: known.add(inside, 27_000),
        lambda: known.add(inside, 1, [(before, after)]),
        lambda: known.add(before, 1, [(before, inside)]),
        lambda: known.within(before, inside),
        lambda: known.within(inside, after),
        lambda: known.within(after, inside),
        lambda: known.is_open(before),
        lambda: known.is_open(beijing("2026-11-01 00:00")),
        lambda: known.next_open(beijing("2026-10-31 10:00")),
        lambda: known.thresholds(inside, 27_000, [50, 100]),
        lambda: known.add_working_days(inside, 1),
        lambda: known.spans(inside, after),
        lambda: known.spans(before, inside),
    ):
        with pytest.raises(CalendarHorizon):
            ask()


def test_wall_clock_has_no_horizon_but_the_last_year():
    wall = WorkCalendar.from_spec({"mode": "wall", "horizon": ["2026-01-01", "2026-01-02"]})
    assert wall.within(beijing("2026-01-01 00:00"), beijing("2026-02-01 00:00")) == 31 * 86_400
    for ask in (lambda: wall.add(beijing("9998-12-31 00:00"), 86_401),):
        with pytest.raises(CalendarHorizon):
            ask()
    with pytest.raises(CalendarHorizon):
        wall.add_working_days(beijing("9998-12-30 00:00"), 1)


NINE, TEN, NEXT_DAY = (
    beijing(text) for text in ("2026-09-14 09:00", "2026-09-14 10:00", "2026-09-15 09:00")
)
NAIVE = datetime(2026, 9, 14, 9)


@pytest.mark.parametrize("calendar", [AUTUMN, CALENDARS["wall"]], ids=["business", "wall"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.add(NAIVE, 1),
        lambda calendar: calendar.within(NAIVE, NINE),
        lambda calendar: calendar.within(NINE, NAIVE),
        lambda calendar: calendar.thresholds(NAIVE, 1, [100]),
        lambda calendar: calendar.add_working_days(NAIVE, 1),
        lambda calendar: calendar.is_open(NAIVE),
        lambda calendar: calendar.next_open(NAIVE),
        lambda calendar: calendar.spans(NAIVE, NINE),
        lambda calendar: calendar.spans(NINE, NAIVE),
        lambda calendar: calendar.add(NINE, 1, [(NAIVE, None)]),
        lambda calendar: calendar.add(NINE, 1, [(NINE, NAIVE)]),
    ],
)
def test_instant_without_a_zone_is_refused(calendar, ask):
    with pytest.raises(CalendarError) as refusal:
        ask(calendar)
    assert str(refusal.value) == "“2026-09-14 09:00:00” is no instant with a time zone."


@pytest.mark.parametrize(
    "ask",
    [
        lambda pauses: AUTUMN.add(NINE, 1, pauses),
        lambda pauses: AUTUMN.within(NINE, NEXT_DAY, pauses),
        lambda pauses: AUTUMN.thresholds(NINE, 1, [50], pauses),
        lambda pauses: AUTUMN.add_working_days(NINE, 1, pauses),
    ],
)
def test_pause_that_ends_before_it_begins_is_refused(ask):
    with pytest.raises(CalendarError) as refusal:
        ask([(NINE, TEN), (TEN, NINE)])
    assert str(refusal.value) == "A pause cannot end before it begins."


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: AUTUMN.add(NINE, -1), "A duration cannot be negative."),
        (lambda: AUTUMN.thresholds(NINE, 1, [-50]), "A duration cannot be negative."),
        (
            lambda: AUTUMN.add_working_days(NINE, 0),
            "A limit in working days begins with one day.",
        ),
    ],
)
def test_impossible_duration_is_refused(ask, message):
    with pytest.raises(CalendarError) as refusal:
        ask()
    assert str(refusal.value) == message


def test_parts_of_a_second_are_no_duration():
    with pytest.raises(TypeError):
        AUTUMN.add(NINE, 1.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "weekly"}, "“weekly” is no kind of calendar."),
        ({"tz": "Mars/Olympus"}, "“Mars/Olympus” is no time zone."),
        ({"weekly": {"mond": []}}, "“mond” is no day of the week."),
        ({"weekly": {"mon": [["12:00", "08:30"]]}}, "The hours 12:00–08:30 end before they begin."),
        ({"weekly": {"mon": [["08:30", "08:30"]]}}, "The hours 08:30–08:30 end before they begin."),
        (
            {"weekly": {"mon": [["13:00", "17:00"], ["08:00", "13:01"]]}},
            "The hours of a day overlap.",
        ),
        (
            {"workdays": {"2026-09-20": [["09:00", "11:00"], ["10:00", "12:00"]]}},
            "The hours of a day overlap.",
        ),
        (
            {"breaks": {"2026-09-21": [["11:00", "10:00"]]}},
            "The hours 11:00–10:00 end before they begin.",
        ),
        (
            {"seasons": [{"from": "06-01", "to": "06-30", "weekly": {"monday": []}}]},
            "“monday” is no day of the week.",
        ),
        ({"weekly": {"mon": [["24:00", "24:00"]]}}, "“24:00” is no time of day."),
        ({"weekly": {"mon": [["08:00", "24:30"]]}}, "“24:30” is no time of day."),
        ({"weekly": {"mon": [["8:00", "9:00"]]}}, "“8:00” is no time of day."),
        ({"weekly": {"mon": ["08:00"]}}, "“08:00” is no pair of a beginning and an end."),
        (
            {"seasons": [{"from": "02-30", "to": "03-01", "weekly": {}}]},
            "“2024-02-30” is no date.",
        ),
        ({"seasons": [{"from": "2-3", "to": "03-01"}]}, "“2-3” is no day of the year."),
        ({"holidays": ["2026-02-29"]}, "“2026-02-29” is no date."),
        ({"workdays": {"2026-13-01": None}}, "“2026-13-01” is no date."),
        ({"breaks": {"today": []}}, "“today” is no date."),
        ({"horizon": ["2026-02-01", "2026-01-01"]}, "The calendar ends before it begins."),
    ],
)
def test_contradicting_calendar_is_refused(change, message):
    with pytest.raises(CalendarError) as refusal:
        WorkCalendar.from_spec(SPECS["autumn"] | change)
    assert str(refusal.value) == message


def test_calendar_is_read_from_its_text():
    calendar = WorkCalendar.from_spec(
        '{"mode": "business", "weekly": {"mon": [["09:00", "10:00"]]}}'
    )
    assert local(calendar.next_open(beijing("2026-09-15 00:00"))) == "2026-09-21 09:00:00"


def test_touching_hours_are_one_span():
    calendar = WorkCalendar.from_spec({"weekly": {"mon": [["12:00", "17:00"], ["08:00", "12:00"]]}})
    assert calendar.spans(beijing("2026-09-14 00:00"), beijing("2026-09-15 00:00")) == [
        (beijing("2026-09-14 08:00"), beijing("2026-09-14 17:00"))
    ]
