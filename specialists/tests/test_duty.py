"""Who is on duty at a moment, who can be reached for an organisation, and where urgency goes."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from accounts.choices import Role
from accounts.models import Leave, Posting
from accounts.tests.factories import make_organisation, make_posting, make_user
from common.errors import RuleViolation
from specialists.choices import Handler, ReachReason
from specialists.duty import is_office_hours, on_duty
from specialists.models import DutyShift
from specialists.reports import explain_reach, reachable
from specialists.routing import route
from specialists.tests.factories import make_contact, make_shift
from worktime.tests.factories import make_calendar

TUESDAY = date(2026, 3, 10)
EVE = TUESDAY - timedelta(days=1)


def moment(time, day=TUESDAY):
    return datetime.fromisoformat(f"{day}T{time}:00+08:00")


NIGHT, NOON = moment("02:00"), moment("10:00")


def away(posting, first=TUESDAY, last=TUESDAY, substitute=None):
    Leave.objects.create(posting=posting, first_day=first, last_day=last, substitute=substitute)


@pytest.fixture
def nightman(cast):
    """Somebody of the power company who is on duty every night from half past five."""
    make_calendar(2026)
    posting = make_posting(make_user("nightman"), Role.SPECIALIST, organisation=cast.power)
    cast.shift = make_shift(posting, "17:30", "08:30", phone="05367654321")
    return posting.user


# --- on duty


@pytest.mark.parametrize(
    ("time", "is_there"),
    [
        ("17:29", False),
        ("17:30", True),
        ("23:59", True),
        ("00:00", True),
        ("08:29", True),
        ("08:30", False),
        ("12:00", False),
    ],
)
def test_a_shift_past_midnight_begins_and_ends_to_the_minute(cast, nightman, time, is_there):
    found = on_duty(cast.power, moment(time))
    assert (found.user if found else None) == (nightman if is_there else None)


@pytest.mark.parametrize(
    ("day", "time", "is_there"),
    [
        # Begins on Saturdays only, 2026-03-14, and ends on Sunday morning.
        (date(2026, 3, 14), "07:00", False),
        (date(2026, 3, 14), "20:00", True),
        (date(2026, 3, 15), "07:00", True),
        (date(2026, 3, 15), "20:00", False),
        (date(2026, 3, 16), "07:00", False),
    ],
)
def test_the_day_of_a_night_is_the_day_it_began(cast, nightman, day, time, is_there):
    DutyShift.objects.update(weekdays="6")
    assert bool(on_duty(cast.power, moment(time, day))) == is_there


def test_a_shift_of_a_whole_day(cast, nightman):
    DutyShift.objects.update(weekdays="2", starts_at="08:00", ends_at="08:00")
    assert on_duty(cast.power, moment("07:59")) is None
    assert on_duty(cast.power, moment("08:00")).user == nightman
    assert on_duty(cast.power, moment("07:59", TUESDAY + timedelta(days=1))).user == nightman
    assert on_duty(cast.power, moment("08:00", TUESDAY + timedelta(days=1))) is None


def test_first_and_last_day_count(cast, nightman):
    DutyShift.objects.update(valid_from=EVE, valid_to=EVE)
    assert on_duty(cast.power, moment("02:00", EVE)) is None
    assert on_duty(cast.power, moment("20:00", EVE)).user == nightman
    assert on_duty(cast.power, NIGHT).user == nightman
    assert on_duty(cast.power, moment("20:00")) is None


def test_certain_days_go_before_the_weekly_rule(cast, nightman):
    other = make_posting(make_user("holiday"), Role.SPECIALIST, organisation=cast.power)
    make_shift(other, "17:30", "08:30", weekdays="", valid_from=EVE, valid_to=EVE)
    assert on_duty(cast.power, NIGHT).user == other.user
    assert on_duty(cast.power, moment("20:00")).user == nightman
    # Away without a substitute, the weekly rule holds again.
    away(other, EVE, EVE)
    assert on_duty(cast.power, NIGHT).user == nightman


def test_leave_counts_on_the_day_the_night_began(cast, nightman):
    stand_in = make_user("stand_in")
    away(cast.shift.posting, TUESDAY, TUESDAY, stand_in)
    assert on_duty(cast.power, NIGHT).user == nightman
    found = on_duty(cast.power, moment("20:00"))
    assert (found.user, found.is_substitute) == (stand_in, True)
    assert on_duty(cast.power, moment("02:00", TUESDAY + timedelta(days=1))).user == stand_in


def test_nobody_is_on_duty_without_a_substitute_or_an_active_account(cast, nightman):
    away(cast.shift.posting, EVE, EVE)
    assert on_duty(cast.power, NIGHT) is None
    Leave.objects.all().delete()
    nightman.is_active = False
    nightman.save()
    assert on_duty(cast.power, NIGHT) is None


def test_another_organisations_roster_is_not_ours(cast, nightman):
    assert on_duty(cast.housing, NIGHT) is None
    cast.power.is_active = False
    cast.power.save()
    assert on_duty(cast.power, NIGHT) is None


@pytest.mark.parametrize("rows", [1, 3])
def test_on_duty_takes_two_queries(cast, nightman, rows, django_assert_num_queries):
    for _number in range(rows - 1):
        posting = make_posting(make_user(), Role.SPECIALIST, organisation=cast.power)
        make_shift(posting, "18:00", "06:00")
    with django_assert_num_queries(2):
        on_duty(cast.power, NIGHT)


def test_office_hours(cast):
    assert not is_office_hours(NOON)  # no calendar is loaded
    make_calendar(2026)
    assert [is_office_hours(each) for each in (NOON, NIGHT, TUESDAY)] == [True, False, True]
    break_at_noon = moment("12:15")
    assert [is_office_hours(each) for each in (break_at_noon, moment("17:30"))] == [True, False]
    assert not is_office_hours(moment("10:00", date(2026, 3, 14)))
    assert not is_office_hours(moment("10:00", date(2030, 3, 14)))


def test_a_shift_names_weekdays_or_days(cast, nightman):
    for fault in ({"weekdays": ""}, {"valid_to": date(2023, 1, 1)}):
        shift = DutyShift.objects.get()
        for name, value in fault.items():
            setattr(shift, name, value)
        with pytest.raises(ValidationError):
            shift.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            shift.save()


# --- reachable: each step by its name


def reached(cast, at, grid=None, organisation=None):
    user, reason = reachable(organisation or cast.power, grid or cast.subarea, at)
    assert reason["params"]["person"] == str(user)
    assert str(user) in explain_reach(reason)
    return reason["code"], user


def test_contact_of_the_nearest_grid_by_day(cast, nightman):
    make_contact(cast.power, cast.street)
    assert reached(cast, NOON) == ("contact", cast.specialist)
    assert reached(cast, TUESDAY) == ("contact", cast.specialist)


def test_contact_upward_where_the_nearest_is_away(cast, nightman):
    upper = make_contact(cast.power, cast.street).posting.user
    away(cast.contact.posting, substitute=make_user())
    assert reached(cast, NOON) == ("contact", upper)


def test_person_on_the_roster_at_night(cast, nightman):
    assert reached(cast, NIGHT) == ("duty", nightman)


def test_contact_outside_office_hours_where_nobody_is_on_the_roster(cast, nightman):
    assert reached(cast, moment("12:00", date(2026, 3, 15))) == ("contact", cast.specialist)
    DutyShift.objects.all().delete()
    assert reached(cast, NIGHT) == ("contact", cast.specialist)


def test_substitute_on_the_roster_at_night(cast, nightman):
    stand_in = make_user("stand_in")
    away(cast.shift.posting, EVE, EVE, stand_in)
    assert reached(cast, NIGHT) == ("duty_substitute", stand_in)


def test_person_on_duty_by_day_where_no_contact_is_named(cast, nightman):
    DutyShift.objects.update(starts_at="08:30", ends_at="17:30")
    assert reached(cast, NOON, grid=cast.neighbour_subarea) == ("duty_by_day", nightman)


@pytest.mark.parametrize("at", [NOON, TUESDAY, NIGHT])
def test_substitute_of_the_contact_where_nobody_is_on_duty(cast, nightman, at):
    DutyShift.objects.all().delete()
    stand_in = make_user("stand_in")
    away(cast.contact.posting, substitute=stand_in)
    assert reached(cast, at) == ("substitute", stand_in)


def test_manager_then_leader_then_the_district(cast, nightman):
    DutyShift.objects.all().delete()
    away(cast.contact.posting)
    assert reached(cast, NIGHT) == ("manager", cast.manager)
    away(cast.manager.postings.get())
    assert reached(cast, NIGHT) == ("leader", cast.leader)
    away(cast.leader.postings.get())
    assert reached(cast, NIGHT) == ("district", cast.dispatcher)
    away(cast.dispatcher.postings.get())
    assert reached(cast, NIGHT) == ("district", cast.district_secretary)


def test_an_organisation_without_anybody_reaches_the_district(cast, nightman):
    empty = make_organisation("区水利局")
    assert reached(cast, NOON, organisation=empty) == ("district", cast.dispatcher)
    assert reached(cast, NIGHT, grid=cast.district, organisation=empty)[1] == cast.dispatcher


def test_never_nobody_even_if_everybody_is_away(cast, nightman):
    for posting in Posting.objects.all():
        away(posting, EVE, TUESDAY)
    assert reached(cast, NIGHT) == ("district", cast.dispatcher)
    Posting.objects.all().delete()
    with pytest.raises(RuleViolation) as refusal:
        reached(cast, NIGHT)
    assert refusal.value.code == "nobody"


def test_every_reason_is_a_sentence():
    params = {"organisation": "A", "grid": "B", "person": "C"}
    with translation.override("en"):
        for code in ReachReason.values:
            said = explain_reach({"code": code, "params": params})
            assert "%" not in said
            assert "C" in said
    assert explain_reach({"code": "by_magic"}) == ""
    assert explain_reach({}) == ""


# --- routing of what is urgent


def urgent(cast, at, **options):
    options = {"department": cast.power, "grid": cast.subarea, "is_urgent": True} | options
    return route(at=at, **options)


def test_an_emergency_at_two_reaches_whoever_is_on_duty(cast, nightman):
    found = urgent(cast, NIGHT)
    assert (found.reason, found.holder) == ("duty", nightman)
    assert (found.organisation, found.grid) == (cast.power, cast.subarea)
    assert [(step.step, step.outcome) for step in found.steps] == [("duty", "taken")]
    with translation.override("en"):
        assert found.explanation() == (
            "The offices are closed; nightman is on duty for 区供电公司."
        )


def test_what_is_not_urgent_waits_for_the_contact(cast, nightman):
    assert urgent(cast, NIGHT, is_urgent=False).holder == cast.specialist


@pytest.mark.parametrize("at", [NOON, TUESDAY])
def test_by_day_the_contact_takes_it(cast, nightman, at):
    found = urgent(cast, at)
    assert (found.reason, found.holder) == ("contact", cast.specialist)
    assert [step.step for step in found.steps] == ["contact"]


def test_an_emergency_goes_to_the_stand_in_of_the_night(cast, nightman):
    stand_in = make_user("stand_in")
    away(cast.shift.posting, EVE, EVE, stand_in)
    found = urgent(cast, NIGHT)
    assert (found.reason, found.holder) == ("duty_substitute", stand_in)
    assert found.is_substitute


@pytest.mark.parametrize("is_named", [True, False])
def test_without_anybody_on_duty_the_contact_takes_an_emergency(cast, nightman, is_named):
    if is_named:
        away(cast.shift.posting, EVE, EVE)
    else:
        DutyShift.objects.all().delete()
    found = urgent(cast, NIGHT)
    assert (found.reason, found.holder) == ("contact", cast.specialist)
    assert [step.outcome for step in found.steps] == ["absent" if is_named else "nobody", "taken"]


def test_without_a_calendar_an_emergency_goes_to_the_roster(cast):
    posting = cast.contact.posting
    make_shift(posting, "00:00", "00:00")
    assert urgent(cast, NOON).reason == "duty"


def test_property_at_night_goes_to_its_company_then_to_the_department(cast, nightman):
    options = {"handler": Handler.PROPERTY}
    assert urgent(cast, NIGHT, **options).holder == nightman
    make_shift(cast.steward.postings.get(), "17:30", "08:30")
    found = urgent(cast, NIGHT, **options)
    assert (found.reason, found.organisation) == ("duty", cast.property)
    assert urgent(cast, NIGHT, handler=Handler.PROPERTY, department=None).holder == cast.steward


def test_one_person_with_two_shifts_counts_for_the_one_of_certain_days(cast, nightman):
    make_shift(
        cast.shift.posting, "00:00", "12:00", weekdays="", valid_from=TUESDAY, valid_to=TUESDAY
    )
    away(cast.shift.posting, EVE, EVE)
    assert urgent(cast, NIGHT).holder == nightman


@pytest.mark.parametrize("rows", [1, 3])
def test_an_emergency_takes_four_queries_at_most(
    cast, nightman, rows, settings, django_assert_max_num_queries
):
    settings.NAME_MAP_SECONDS = 60
    for _number in range(rows):
        posting = make_posting(make_user(), Role.SPECIALIST, organisation=cast.power)
        away(make_shift(posting, "18:00", "06:00").posting, EVE, EVE, make_user())
    is_office_hours(NIGHT)  # the calendar is in memory
    with django_assert_max_num_queries(4):
        urgent(cast, NIGHT).explanation()


# --- the public pages


@pytest.mark.parametrize("address", ["specialists:directory", "grids:detail"])
def test_public_pages_show_the_numbers_of_the_day_only(cast, nightman, client, address):
    make_shift(cast.contact.posting, "17:30", "08:30", phone="05361112222")
    arguments = [cast.subarea.code] if address == "grids:detail" else []
    shown = client.get(reverse(address, args=arguments)).content.decode()
    assert cast.specialist.shown_phone in shown
    for hidden in ("05367654321", "05361112222", "nightman"):
        assert hidden not in shown
