from datetime import date

import pytest
from django.utils import translation

from worktime import workflow
from worktime.choices import DEFAULT_WEEKLY, OFFICE_HOURS
from worktime.models import WorkDay
from worktime.tests.factories import make_calendar
from worktime.year import DayKind, Run, kind_of, seasons_of, week_of, year_of

SUMMER_HOURS = [["08:30", "12:00"], ["14:00", "18:00"]]
SUMMER = {"from": "06-15", "to": "08-31", "weekly": {**DEFAULT_WEEKLY, "mon": SUMMER_HOURS}}
WINTER = {"from": "12-01", "to": "02-10", "weekly": DEFAULT_WEEKLY}


def day(text, *, is_working, label=""):
    return WorkDay(date=date.fromisoformat(text), is_working=is_working, label=label)


@pytest.mark.parametrize(
    ("text", "is_working", "label", "kind"),
    [
        ("2026-11-23", True, "", DayKind.WORKED),
        ("2026-11-23", True, "加班", DayKind.WORKED),
        ("2026-11-23", False, "", DayKind.OFF),
        ("2026-11-22", False, "", DayKind.WEEKEND),
        ("2026-11-22", False, "国庆节", DayKind.OFF),
        ("2026-11-22", True, "国庆节调休上班", DayKind.MAKE_UP),
    ],
)
def test_kind_of_a_day(text, is_working, label, kind):
    assert kind_of(day(text, is_working=is_working, label=label)) == kind


@pytest.mark.django_db
def test_published_year_reads_as_the_notice_says():
    make_calendar(2026)
    year = year_of(2026, WorkDay.objects.in_years(2026), [SUMMER, WINTER])
    assert (year.days, year.worked, year.provisional, year.unconfirmed) == (365, 248, 0, 365)
    assert [month.worked for month in year.months] == [
        21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23,
    ]  # fmt: skip
    october = year.months[9]
    assert october.runs == [
        Run(date(2026, 10, 1), date(2026, 10, 7), DayKind.OFF, "国庆节"),
        Run(date(2026, 10, 10), date(2026, 10, 10), DayKind.MAKE_UP, "国庆节调休上班"),
    ]
    # 1 October is a Thursday, the 31st a Saturday.
    assert [len(week) for week in october.weeks] == [7] * 5
    assert october.weeks[0][:3] == [None] * 3
    assert [entry and entry[0].date.day for entry in october.weeks[-1]] == [
        26, 27, 28, 29, 30, 31, None,
    ]  # fmt: skip
    seasonal = {month.first.month: month.season for month in year.months if month.season}
    assert {number: (a.day, b.day) for number, (a, b) in seasonal.items()} == {
        1: (1, 31), 2: (1, 10), 6: (15, 30), 7: (1, 31), 8: (1, 31), 12: (1, 31),
    }  # fmt: skip
    whole = [month.first.month for month in year.months if month.is_all_season]
    assert whole == [1, 7, 8, 12]


@pytest.mark.django_db
def test_year_says_who_confirmed_it_and_what_is_provisional():
    make_calendar(2026, 2027)
    first = date(2027, 1, 2)
    workflow.correct_days({first: (True, "调休")}, source="国办发明电〔2026〕8号", by="甲")
    year = year_of(2027, WorkDay.objects.in_years(2027))
    assert (year.provisional, year.unconfirmed, year.days_confirmed) == (364, 364, 1)
    assert year.confirmed == [("甲", 1)]
    assert [count for _source, count in year.sources] == [364, 1]
    assert (year.months[0].provisional, year.months[1].provisional) == (30, 28)
    workflow.confirm_year(2027, by="乙")
    year = year_of(2027, WorkDay.objects.in_years(2027))
    assert (year.provisional, year.confirmed) == (0, [("乙", 364), ("甲", 1)])


def test_week_groups_days_of_the_same_hours_and_names_the_gap():
    weekly = {**DEFAULT_WEEKLY, "wed": [["09:00", "12:00"]], "fri": []}
    with translation.override("en"):
        said = [(str(d.first), str(d.last), d.spans, d.gaps) for d in week_of(weekly)]
    gap = [["12:00", "13:30"]]
    assert said == [
        ("Monday", "Tuesday", OFFICE_HOURS, gap),
        ("Wednesday", "Wednesday", [["09:00", "12:00"]], []),
        ("Thursday", "Thursday", OFFICE_HOURS, gap),
    ]


def test_season_stands_in_a_leap_year():
    (season,) = seasons_of([{"from": "02-29", "to": "08-31", "weekly": DEFAULT_WEEKLY}])
    assert (season.first, season.last) == (date(2024, 2, 29), date(2024, 8, 31))
    assert [hours.spans for hours in season.week] == [OFFICE_HOURS]
