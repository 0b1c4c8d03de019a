from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.utils import translation

from common.errors import AlreadyDone, RuleViolation, StalePage
from common.models import AuditEntry
from worktime import reports, sources, workflow
from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay
from worktime.sources import Reading
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MAY_DAY = date(2026, 5, 1)


def facts(day):
    return WorkDay.objects.values_list("is_working", "label", "is_provisional").get(date=day)


def disagreeing(year):
    """A second opinion that is wrong about one day."""
    return {**sources.statutory(year), MAY_DAY: Reading(True, "")}


# Importing


def test_import_fills_published_and_guessed_years():
    result = workflow.import_years([2027, 2026], at=AT)
    assert result == workflow.ImportResult(
        years=(2026, 2027),
        created=730,
        unchanged=0,
        changed=(),
        kept=(),
        disagreements=(),
        provisional_years=(2027,),
    )
    assert WorkDay.objects.in_years(2026).provisional().count() == 0
    assert WorkDay.objects.in_years(2027).provisional().count() == 365
    assert facts(date(2026, 10, 10)) == (True, "国庆节调休上班", False)
    assert facts(date(2027, 10, 1)) == (False, "国庆节", True)
    first, second = sources.names()
    assert WorkDay.objects.get(date=MAY_DAY).source == f"{first} = {second}"
    assert WorkDay.history.count() == 730
    entries = AuditEntry.objects.order_by("number").values_list("verb", "who", "object_id")
    assert list(entries) == [
        ("import_calendar_year", "system", "2026"),
        ("import_calendar_year", "system", "2027"),
    ]


def test_import_twice_changes_nothing():
    workflow.import_years([2026, 2027])
    again = workflow.import_years([2026, 2027])
    assert (again.created, again.unchanged, again.changed) == (0, 730, ())
    assert (WorkDay.history.count(), AuditEntry.objects.count()) == (730, 2)


def test_disagreement_is_provisional_and_named():
    result = workflow.import_years([2026], statutory=disagreeing)
    assert result.disagreements == (MAY_DAY,)
    assert facts(MAY_DAY) == (False, "劳动节", True)
    assert [day.date for day in WorkDay.objects.provisional()] == [MAY_DAY]
    healed = workflow.import_years([2026])
    assert (healed.changed, healed.disagreements, facts(MAY_DAY)[2]) == ((MAY_DAY,), (), False)


def test_guess_gives_way_to_the_notice_but_not_the_other_way_round():
    guess = workflow.import_years([2026], published=lambda year: None)
    assert (guess.provisional_years, WorkDay.objects.provisional().count()) == ((2026,), 365)
    notice = workflow.import_years([2026])
    assert (len(notice.changed), WorkDay.objects.provisional().count()) == (365, 0)
    back = workflow.import_years([2026], published=lambda year: None, statutory=disagreeing)
    assert (back.changed, back.kept) == ((), (MAY_DAY,))
    assert facts(MAY_DAY) == (False, "劳动节", False)


def test_confirmed_day_is_never_overwritten():
    workflow.import_years([2026])
    workflow.correct_day(MAY_DAY, is_working=True, source="通知", by="甲", label="加班")
    result = workflow.import_years([2026])
    assert (result.changed, result.kept, facts(MAY_DAY)) == ((), (MAY_DAY,), (True, "加班", False))


@pytest.mark.parametrize(
    ("years", "message"),
    [
        ([], "Name the years to load."),
        ([2003], "Years from 2004 to 2100 can be loaded."),
        ([2101], "Years from 2004 to 2100 can be loaded."),
        ([2024, 2026], "The years would leave a gap in the calendar."),
    ],
)
def test_import_refuses_odd_years(years, message):
    with translation.override("en"), pytest.raises(RuleViolation) as refusal:
        workflow.import_years(years)
    assert str(refusal.value) == message
    assert WorkDay.objects.count() == 0


def test_import_refuses_a_gap_to_the_years_held():
    workflow.import_years([2024])
    with pytest.raises(RuleViolation):
        workflow.import_years([2026])
    assert WorkDay.objects.years() == [2024]


# Correcting and confirming


def test_correction_confirms_the_day_and_keeps_its_history():
    workflow.import_years([2027])
    day = date(2027, 2, 20)
    row = workflow.correct_day(
        day, is_working=True, source=" 国办发明电〔2026〕8号 ", by="甲", label="春节调休上班", at=AT
    )
    row.refresh_from_db()
    assert (row.is_working, row.label, row.source, row.is_provisional) == (
        True,
        "春节调休上班",
        "国办发明电〔2026〕8号",
        False,
    )
    assert (row.confirmed_by, row.confirmed_at) == ("甲", AT)
    assert [h.is_working for h in row.history.order_by("history_id")] == [False, True]
    entry = AuditEntry.objects.first()
    assert (entry.verb, entry.object_id) == ("correct_days", "2027-02-20")
    assert entry.detail == {"days": {"2027-02-20": True}, "source": "国办发明电〔2026〕8号"}


def test_same_correction_twice_is_one():
    workflow.import_years([2026])
    for _round in range(2):
        workflow.correct_day(MAY_DAY, is_working=False, source="通知", by="甲")
    assert WorkDay.history.filter(date=MAY_DAY).count() == 2


def test_correction_names_the_user():
    workflow.import_years([2026])
    user = get_user_model().objects.create_user("calendar-admin")
    row = workflow.correct_day(MAY_DAY, is_working=True, source="通知", by=user)
    assert (row.confirmed_by, row.history.first().history_user_id) == ("calendar-admin", user.pk)


def test_correction_needs_a_day_and_a_source():
    workflow.import_years([2026])
    with pytest.raises(RuleViolation) as refusal:
        workflow.correct_day(MAY_DAY, is_working=True, source=" ", by="甲")
    assert refusal.value.field == "source"
    with pytest.raises(RuleViolation) as refusal:
        workflow.correct_day(date(2030, 1, 1), is_working=True, source="通知", by="甲")
    assert refusal.value.field == "date"
    assert WorkDay.objects.unconfirmed().count() == 365


def test_days_of_one_notice_change_together_or_not_at_all():
    workflow.import_years([2027])
    before = reports.calendar_revision()
    notice = {date(2027, 2, 20): (True, "春节调休上班"), date(2027, 2, 11): (False, "春节")}
    rows = workflow.correct_days(notice, source="通知", by="甲", at=AT)
    assert [(row.date.day, row.is_working, row.label) for row in rows] == [
        (11, False, "春节"),
        (20, True, "春节调休上班"),
    ]
    assert facts(date(2027, 2, 11)) == (False, "春节", False)
    assert reports.calendar_revision() == before + 1
    assert WorkDay.history.exclude(confirmed_at=None).count() == 2
    half = {date(2027, 2, 11): (True, ""), date(2030, 1, 1): (True, "")}
    with pytest.raises(RuleViolation) as refusal:
        workflow.correct_days(half, source="通知", by="甲")
    assert refusal.value.field == "date"
    assert facts(date(2027, 2, 11)) == (False, "春节", False)


def test_change_is_for_the_calendar_that_was_seen():
    make_calendar(2026)
    seen = reports.calendar_revision()
    workflow.correct_days({MAY_DAY: (True, "加班")}, source="通知", by="甲", seen=seen)
    with pytest.raises(StalePage):
        workflow.correct_days({MAY_DAY: (False, "")}, source="通知", by="乙", seen=seen)
    with pytest.raises(StalePage):
        workflow.publish_calendar(weekly=DEFAULT_WEEKLY, by="乙", seen=seen)
    assert facts(MAY_DAY) == (True, "加班", False)
    assert CalendarVersion.objects.count() == 1
    now = reports.calendar_revision()
    workflow.publish_calendar(weekly=DEFAULT_WEEKLY, by="乙", seen=now)
    assert CalendarVersion.objects.active().get().published_by == "乙"


def test_confirming_a_year_settles_what_was_open():
    workflow.import_years([2027])
    workflow.correct_day(date(2027, 1, 3), is_working=True, source="通知", by="甲")
    assert workflow.confirm_year(2027, by="乙", at=AT) == 364
    days = WorkDay.objects.in_years(2027)
    assert (days.provisional().count(), days.unconfirmed().count()) == (0, 0)
    assert days.get(date="2027-01-03").confirmed_by == "甲"
    assert days.get(date="2027-01-04").confirmed_by == "乙"
    with pytest.raises(AlreadyDone):
        workflow.confirm_year(2027, by="丙")
    with pytest.raises(RuleViolation):
        workflow.confirm_year(2028, by="丙")


# Opening hours


def test_publishing_replaces_the_version_in_force():
    first = workflow.publish_calendar(weekly=DEFAULT_WEEKLY, by="甲", note=" 待确认 ", at=AT)
    short = {"mon": [["09:00", "12:00"]]}
    second = workflow.publish_calendar(weekly=short, by="乙")
    assert list(CalendarVersion.objects.values_list("number", "is_active", "note")) == [
        (2, True, ""),
        (1, False, "待确认"),
    ]
    assert (first.published_at, first.published_by, first.weekly) == (AT, "甲", DEFAULT_WEEKLY)
    assert second.weekly == {**dict.fromkeys(DEFAULT_WEEKLY, []), **short}


@pytest.mark.parametrize(
    ("weekly", "seasons", "field"),
    [
        ([], (), "weekly"),
        ({}, (), "weekly"),
        ({"mon": "08:30"}, (), "weekly"),
        ({"mon": ["08:30"]}, (), "weekly"),
        ({"mon": [["12:00", "08:30"]]}, (), "weekly"),
        ({"mon": [["08:30", "12:00"], ["11:00", "13:00"]]}, (), "weekly"),
        ({"montag": [["08:30", "12:00"]]}, (), "weekly"),
        ({**DEFAULT_WEEKLY, "sat": [["08:30", "12:00"]]}, (), "weekly"),
        (DEFAULT_WEEKLY, ["06-01"], "seasons"),
        (DEFAULT_WEEKLY, [{"from": "06-01", "to": "08-31"}], "seasons"),
        (DEFAULT_WEEKLY, {"from": "06-01", "to": "08-31", "weekly": {}}, "seasons"),
        (
            DEFAULT_WEEKLY,
            [{"from": "06-31", "to": "08-31", "weekly": DEFAULT_WEEKLY}],
            "seasons",
        ),
        (
            DEFAULT_WEEKLY,
            [
                {"from": "06-01", "to": "08-31", "weekly": DEFAULT_WEEKLY},
                {"from": "08-31", "to": "01-15", "weekly": DEFAULT_WEEKLY},
            ],
            "seasons",
        ),
    ],
)
def test_wrong_hours_are_refused_and_change_nothing(weekly, seasons, field):
    workflow.publish_calendar(weekly=DEFAULT_WEEKLY, by="甲")
    with pytest.raises(RuleViolation) as refusal:
        workflow.publish_calendar(weekly=weekly, seasons=seasons, by="乙")
    assert refusal.value.field == field
    assert [version.number for version in CalendarVersion.objects.active()] == [1]
    assert CalendarVersion.objects.count() == 1
