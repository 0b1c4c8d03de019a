from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from worktime import reports, workflow
from worktime.arithmetic import CalendarError, CalendarHorizon
from worktime.choices import DEFAULT_WEEKLY, OFFICE_HOURS
from worktime.models import CalendarVersion, WorkDay
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
BEIJING = ZoneInfo("Asia/Shanghai")


def beijing(text):
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def test_calendar_in_force_knows_the_real_days():
    make_calendar()
    calendar = reports.current_calendar()
    for start, days, due in [
        ("2026-09-30 16:00", 5, "2026-10-13 17:30"),  # before National Day; 10 October is worked
        ("2026-02-12 09:00", 3, "2026-02-24 17:30"),  # over Spring Festival with its Saturday
        ("2026-12-31 09:00", 1, "2027-01-04 17:30"),  # into the provisional year
    ]:
        assert calendar.add_working_days(beijing(start), days) == beijing(due)
    assert calendar.is_open(beijing("2026-10-10 09:00")) is True
    assert calendar.is_open(beijing("2026-10-10 12:30")) is False
    assert calendar.horizon == (date(2026, 1, 1), date(2027, 12, 31))
    with pytest.raises(CalendarHorizon):
        calendar.add_working_days(beijing("2027-12-31 09:00"), 1)


def test_calendar_is_asked_for_without_a_query_per_call(settings, django_assert_num_queries):
    settings.NAME_MAP_SECONDS = 60
    make_calendar(2026)
    # The version's number, the hours, the days.
    with django_assert_num_queries(3):
        calendar = reports.current_calendar()
    with django_assert_num_queries(0):
        assert reports.current_calendar() is calendar
    settings.NAME_MAP_SECONDS = 0
    reports.forget_calendar()
    held = reports.current_calendar()
    with django_assert_num_queries(1):
        assert reports.current_calendar() is held


def test_wall_clock_needs_no_table(django_assert_num_queries):
    with django_assert_num_queries(0):
        wall = reports.current_calendar("wall")
        assert wall.add(beijing("2030-01-01 00:00"), 7200) == beijing("2030-01-01 02:00")


def test_unknown_mode_is_refused():
    make_calendar(2026)
    with pytest.raises(KeyError):
        reports.current_calendar("lunar")


def test_every_change_is_seen_by_the_next_call(settings):
    settings.NAME_MAP_SECONDS = 3600
    make_calendar(2026)
    at = beijing("2026-10-10 09:00")
    seen = [reports.current_calendar().is_open(at)]
    revisions = [reports.calendar_revision()]
    workflow.correct_day(date(2026, 10, 10), is_working=False, source="更正通知", by="甲")
    seen.append(reports.current_calendar().is_open(at))
    revisions.append(reports.calendar_revision())
    workflow.correct_day(date(2026, 10, 10), is_working=True, source="再更正", by="甲")
    late = {**DEFAULT_WEEKLY, "mon": [["10:00", "12:00"]]}
    workflow.publish_calendar(weekly=late, by="甲")
    seen += [
        reports.current_calendar().is_open(at),
        reports.current_calendar().is_open(beijing("2026-10-10 10:00")),
    ]
    revisions.append(reports.calendar_revision())
    assert seen == [True, False, False, True]
    assert [b - a for a, b in zip(revisions, revisions[1:], strict=False)] == [1, 2]


def test_season_of_the_version_counts():
    summer = {"mon": [["08:30", "12:00"], ["14:00", "18:00"]]}
    season = {"from": "06-01", "to": "08-31", "weekly": summer}
    make_calendar(2026, seasons=[season])
    calendar = reports.current_calendar()
    assert calendar.is_open(beijing("2026-06-01 17:45")) is True
    assert calendar.is_open(beijing("2026-09-01 17:45")) is False


def test_without_days_or_hours_it_raises():
    with pytest.raises(CalendarHorizon) as refusal:
        reports.current_calendar()
    assert str(refusal.value) == "No opening hours have been published."
    CalendarVersion.objects.create(number=1, weekly=DEFAULT_WEEKLY, is_active=True)
    with pytest.raises(CalendarHorizon) as refusal:
        reports.current_calendar()
    assert str(refusal.value) == "No days are loaded into the working calendar."


def test_missing_day_raises_instead_of_guessing():
    make_calendar(2026)
    WorkDay.objects.filter(date="2026-06-01").delete()
    reports.forget_calendar()
    with pytest.raises(CalendarHorizon) as refusal:
        reports.current_calendar()
    assert str(refusal.value) == "The working calendar has days missing."


def test_spec_closes_weekends_and_opens_make_up_days():
    friday = date(2026, 10, 9)
    days = [(date(2026, 10, 10), True), (friday, True), (date(2026, 10, 11), False)]
    spec = reports.calendar_spec(weekly={"mon": OFFICE_HOURS}, seasons=[], days=days)
    assert spec == {
        "mode": "business",
        "tz": "Asia/Shanghai",
        "weekly": {"mon": OFFICE_HOURS},
        "seasons": [],
        "holidays": ["2026-10-11"],
        "workdays": {"2026-10-10": None},
        "horizon": ["2026-10-09", "2026-10-11"],
    }


def test_proposed_calendar_differs_only_where_it_is_told_to():
    make_calendar(2026)
    revision, day = reports.calendar_revision(), date(2026, 11, 27)
    noon = beijing("2026-11-27 12:30")
    off = reports.proposed_calendar(days={day: False})
    assert off.is_open(beijing("2026-11-27 09:00")) is False
    assert off.is_open(beijing("2026-11-30 09:00")) is True
    weekly = {**DEFAULT_WEEKLY, "fri": [["08:30", "17:30"]]}
    assert reports.proposed_calendar(weekly=weekly).is_open(noon) is True
    season = {"from": "11-01", "to": "11-30", "weekly": weekly}
    both = reports.proposed_calendar(seasons=[season], days={day: True})
    assert both.is_open(noon) is True
    assert both.is_open(beijing("2026-12-04 12:30")) is False
    assert reports.proposed_calendar().is_open(noon) is False
    assert reports.current_calendar().is_open(beijing("2026-11-27 09:00")) is True
    assert reports.calendar_revision() == revision


def test_proposed_calendar_may_take_away_the_seasons():
    season = {"from": "11-01", "to": "11-30", "weekly": {"mon": [["08:30", "20:00"]]}}
    make_calendar(2026, seasons=[season])
    evening = beijing("2026-11-23 19:00")
    assert reports.proposed_calendar().is_open(evening) is True
    assert reports.proposed_calendar(seasons=[]).is_open(evening) is False


def test_proposed_calendar_refuses_what_it_does_not_know():
    with pytest.raises(CalendarHorizon):
        reports.proposed_calendar()
    make_calendar(2026)
    with pytest.raises(CalendarHorizon) as refusal:
        reports.proposed_calendar(days={date(2030, 1, 1): True})
    assert str(refusal.value) == "2030-01-01 is not in the calendar. Load its year first."
    with pytest.raises(CalendarError):
        reports.proposed_calendar(weekly={"mon": [["12:00", "08:30"]]})


def test_provisional_years_count_the_next_one_from_december():
    make_calendar()
    assert reports.provisional_years(beijing("2026-11-30 23:59")) == []
    assert reports.provisional_years(beijing("2026-12-01 00:00")) == [2027]
    assert reports.provisional_years(beijing("2027-01-01 00:00")) == [2027]
    assert reports.provisional_years(beijing("2027-12-01 00:00")) == [2027, 2028]
    workflow.confirm_year(2027, by="甲")
    assert reports.provisional_years(beijing("2027-12-01 00:00")) == [2028]


def test_coverage_counts_settled_days():
    assert reports.coverage(beijing("2026-11-23 09:00")) == reports.Coverage(None, None, None, 0)
    make_calendar()
    first, last = date(2026, 1, 1), date(2027, 12, 31)
    assert reports.coverage(beijing("2026-11-23 09:00")) == reports.Coverage(
        first, last, date(2027, 1, 1), 38
    )
    short = reports.coverage(beijing("2026-11-23 09:00"))
    assert (short.is_short, short.settled_until) == (True, date(2026, 12, 31))
    assert reports.coverage(beijing("2026-10-02 09:00")).is_short is False
    assert reports.coverage(beijing("2026-10-03 09:00")).is_short is True
    assert reports.coverage(beijing("2027-03-01 09:00")).days_left == 0
    workflow.confirm_year(2027, by="甲")
    assert reports.coverage(beijing("2026-11-23 09:00")).settled_until == last
    assert reports.coverage(beijing("2027-12-01 09:00")) == reports.Coverage(first, last, None, 30)
    assert reports.coverage(beijing("2028-02-01 09:00")).days_left == 0
