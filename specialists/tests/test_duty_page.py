"""The week of the roster: its shifts, its holes, who may see it; changing it in the admin."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Leave
from accounts.tests.factories import make_posting, make_user
from common.errors import AlreadyDone, RuleViolation
from common.models import AuditEntry
from specialists import workflow
from specialists.duty import weeks
from specialists.models import DutyShift
from specialists.tests.factories import make_shift
from worktime.tests.factories import make_calendar

MONDAY = date(2026, 3, 9)
PAGE = "specialists:duty"


def on(day, clock):
    return datetime.combine(day, time.fromisoformat(clock), timezone.get_default_timezone())


def spans(rows):
    return [
        f"{timezone.localtime(each.starts_at):%u %H:%M}-{timezone.localtime(each.ends_at):%H:%M}"
        for each in rows
    ]


@pytest.fixture
def nightly(cast):
    make_calendar()
    return make_shift(cast.contact.posting, "17:00", "09:00")


def week_of(cast):
    [week] = weeks([cast.power], MONDAY)
    return week


# --- the week and its holes


def test_nights_leave_the_weekend_s_days_open(cast, nightly):
    week = week_of(cast)
    assert [len(day.watches) for day in week.days] == [1] * 7
    assert spans(week.holes) == ["6 09:00-17:00", "7 09:00-17:00"]
    make_shift(cast.manager.postings.get(), "09:00", "17:00", weekdays="67")
    assert week_of(cast).holes == []


def test_who_is_away_leaves_a_hole_and_a_substitute_fills_it(cast, nightly):
    leave = Leave.objects.create(posting=nightly.posting, first_day=MONDAY, last_day=MONDAY)
    assert spans(week_of(cast).holes)[:2] == ["1 17:30-00:00", "2 00:00-08:30"]
    leave.substitute = make_user("stand_in")
    leave.save()
    week = week_of(cast)
    assert spans(week.holes) == ["6 09:00-17:00", "7 09:00-17:00"]
    assert week.days[0].watches[0].duty.user == leave.substitute


def test_the_night_before_monday_counts(cast, nightly):
    DutyShift.objects.update(weekdays="7")
    assert spans(week_of(cast).holes)[:2] == ["1 17:30-00:00", "2 00:00-08:30"]


def test_an_organisation_without_a_roster_is_one_hole(cast):
    make_calendar(2026)
    week = week_of(cast)
    assert week.is_empty
    assert spans(week.holes)[:3] == ["1 00:00-08:30", "1 17:30-00:00", "2 00:00-08:30"]


def test_without_a_calendar_every_hour_needs_somebody(cast):
    assert len(week_of(cast).holes) == 7


def test_a_posting_that_has_ended_covers_nothing(cast, nightly):
    nightly.posting.valid_to = MONDAY
    nightly.posting.save()
    week = week_of(cast)
    assert [bool(day.watches[0].duty) for day in week.days] == [True] + [False] * 6


# --- the page


@pytest.mark.parametrize(
    "name", ["worker", "specialist", "steward", "neighbour_worker", "secretary", "admin"]
)
def test_staff_see_the_roster_with_the_numbers_of_the_night(cast, nightly, client, name):
    DutyShift.objects.update(phone="05367654321")
    client.force_login(getattr(cast, name))
    shown = client.get(reverse(PAGE), {"day": "2026-03-11"}).content.decode()
    assert "05367654321" in shown
    assert "09:00–17:00" in shown


def test_residents_do_not_find_it_and_visitors_sign_in(cast, client):
    assert client.get(reverse(PAGE)).status_code == 302
    client.force_login(cast.outsider)
    assert client.get(reverse(PAGE)).status_code == 404


def test_a_week_and_an_organisation_are_chosen_in_the_address(cast, nightly, client):
    client.force_login(cast.worker)
    answer = client.get(reverse(PAGE), {"day": "2026-03-15", "organisation": "power"})
    assert answer.context["monday"] == MONDAY
    assert [week.organisation for week in answer.context["weeks"]] == [cast.power]
    assert "?day=2026-03-02&amp;organisation=power" in answer.content.decode()


@pytest.mark.parametrize("query", [{"day": "x"}, {"organisation": "nobody"}, {"day": "9999-99-99"}])
def test_nonsense_shows_this_week(cast, nightly, client, query):
    client.force_login(cast.worker)
    answer = client.get(reverse(PAGE), query)
    assert answer.status_code == 200
    assert answer.context["monday"] <= timezone.localdate()


@pytest.mark.parametrize("rows", [1, 3])
def test_page_takes_few_queries(cast, nightly, client, rows, django_assert_max_num_queries):
    for _number in range(rows - 1):
        make_shift(make_posting(make_user(), "specialist"), "18:00", "06:00")
    client.force_login(cast.worker)
    client.get(reverse(PAGE))
    with django_assert_max_num_queries(9):
        client.get(reverse(PAGE))


# --- putting people on it


def add(cast, **changes):
    said = {"starts_at": time(18), "ends_at": time(8), "weekdays": "12345", "valid_from": MONDAY}
    posting = changes.pop("posting", None) or cast.manager.postings.get()
    return workflow.add_shift(posting, by=cast.admin, **said | changes)


def test_a_shift_is_added_and_ended_with_a_trace(cast):
    shift = add(cast)
    assert [AuditEntry.objects.latest("number").verb, shift.valid_to] == ["add_duty", None]
    last = MONDAY + timedelta(days=7)
    assert workflow.end_shift(shift, by=cast.admin, last_day=last).valid_to == last
    with pytest.raises(AlreadyDone):
        workflow.end_shift(shift, by=cast.admin, last_day=last)
    other = add(cast, valid_from=last + timedelta(days=5))
    workflow.end_shift(other, by=cast.admin, last_day=last)
    assert not DutyShift.objects.filter(pk=other.pk).exists()
    assert AuditEntry.objects.latest("number").verb == "end_duty"


@pytest.mark.parametrize(
    ("changes", "meets"),
    [
        ({}, True),
        ({"starts_at": time(8), "ends_at": time(18)}, False),
        ({"starts_at": time(7), "ends_at": time(9), "weekdays": "6"}, True),
        ({"starts_at": time(7), "ends_at": time(9), "weekdays": "7"}, False),
        ({"weekdays": "7", "starts_at": time(20), "ends_at": time(20)}, True),
        ({"weekdays": "67", "starts_at": time(8), "ends_at": time(8)}, False),
        ({"valid_from": MONDAY + timedelta(days=700)}, True),
        ({"valid_from": MONDAY - timedelta(days=9), "valid_to": MONDAY - timedelta(days=1)}, False),
        # The holiday's own arrangement lies over the weekly one.
        ({"weekdays": "", "valid_to": MONDAY}, False),
    ],
)
def test_two_are_not_on_duty_at_once(cast, changes, meets):
    add(cast, posting=cast.contact.posting)
    if not meets:
        assert add(cast, **changes).pk
        return
    with pytest.raises(RuleViolation) as refusal:
        add(cast, **changes)
    assert (refusal.value.code, refusal.value.field) == ("overlap", "starts_at")
    assert "specialist" in str(refusal.value)


def test_another_organisation_s_shift_is_not_in_the_way(cast):
    add(cast)
    assert add(cast, posting=cast.steward.postings.get()).pk


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekdays": ""}, "weekdays"),
        ({"valid_to": MONDAY - timedelta(days=1)}, "valid_to"),
    ],
)
def test_a_shift_without_days_is_refused(cast, changes, field):
    with pytest.raises(RuleViolation) as refusal:
        add(cast, **changes)
    assert refusal.value.field == field


def test_only_an_organisation_has_a_roster(cast):
    with pytest.raises(RuleViolation) as refusal:
        add(cast, posting=cast.worker.postings.get())
    assert refusal.value.field == "posting"


# --- in the admin


@pytest.fixture
def admin(cast, client):
    client.force_login(cast.admin)
    return client


def typed(cast, **changes):
    return {
        "posting": cast.contact.posting_id,
        "weekdays": ["1", "2"],
        "starts_at": "17:30",
        "ends_at": "08:30",
        "phone": "0536-765 4321",
        "valid_from": "2026-03-09",
        "valid_to": "",
    } | changes


def test_admin_pages_open(cast, nightly, admin):
    for page in ("changelist", "add"):
        assert admin.get(reverse(f"admin:specialists_dutyshift_{page}")).status_code == 200
    for page in ("change", "history"):
        url = reverse(f"admin:specialists_dutyshift_{page}", args=[nightly.pk])
        assert admin.get(url).status_code == 200


def test_admin_adds_changes_and_tells_the_holes(cast, admin):
    answer = admin.post(reverse("admin:specialists_dutyshift_add"), typed(cast), follow=True)
    shift = DutyShift.objects.get()
    assert (shift.weekdays, shift.phone) == ("12", "05367654321")
    assert any(message.level_tag == "warning" for message in answer.context["messages"])
    url = reverse("admin:specialists_dutyshift_change", args=[shift.pk])
    assert admin.post(url, typed(cast, weekdays=["7"])).status_code == 302
    assert DutyShift.objects.get().weekdays == "7"
    verbs = list(AuditEntry.objects.order_by("number").values_list("verb", flat=True))
    assert verbs == ["add_duty", "change_duty"]


@pytest.mark.parametrize(
    "changes",
    [{"weekdays": []}, {"starts_at": "25:00"}, {"valid_to": "2026-03-01"}, {"phone": "x"}],
)
def test_admin_says_what_is_wrong(cast, admin, changes):
    answer = admin.post(reverse("admin:specialists_dutyshift_add"), typed(cast, **changes))
    assert answer.context["adminform"].form.errors
    assert not DutyShift.objects.exists()


def test_admin_refuses_an_overlap(cast, nightly, admin):
    answer = admin.post(reverse("admin:specialists_dutyshift_add"), typed(cast))
    assert list(answer.context["adminform"].form.errors) == ["starts_at"]
    selected = {"action": "end_today", "_selected_action": [nightly.pk]}
    admin.post(reverse("admin:specialists_dutyshift_changelist"), selected)
    assert DutyShift.objects.get().valid_to is not None
