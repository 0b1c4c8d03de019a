import json
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
MAY_DAY = date(2026, 5, 1)


@pytest.fixture
def admin(client):
    user = get_user_model().objects.create_superuser("calendar-admin", password="x")
    client.force_login(user)
    make_calendar()
    return client


def day_url():
    return reverse("admin:worktime_workday_change", args=[WorkDay.objects.get(date=MAY_DAY).pk])


def test_days_are_listed_by_year(admin):
    answer = admin.get(reverse("admin:worktime_workday_changelist"), {"year": "2026"})
    assert answer.context["cl"].result_count == 365
    provisional = {"year": "2026", "is_provisional__exact": "1"}
    answer = admin.get(reverse("admin:worktime_workday_changelist"), provisional)
    assert answer.context["cl"].result_count == 0
    answer = admin.get(reverse("admin:worktime_workday_changelist"), {"year": "1900"})
    assert answer.context["cl"].result_count == 730


def test_day_is_corrected_through_the_workflow(admin):
    assert admin.get(day_url()).status_code == 200
    answer = admin.post(day_url(), {"is_working": "on", "label": "加班", "source": "通知"})
    assert answer.status_code == 302
    row = WorkDay.objects.get(date=MAY_DAY)
    assert (row.is_working, row.label, row.source, row.confirmed_by) == (
        True,
        "加班",
        "通知",
        "calendar-admin",
    )
    assert row.history.count() == 2


def test_correction_without_source_is_refused(admin):
    answer = admin.post(day_url(), {"is_working": "on", "label": "", "source": " "})
    assert list(answer.context["adminform"].form.errors) == ["source"]
    assert WorkDay.objects.get(date=MAY_DAY).is_working is False


def test_whole_year_is_confirmed(admin):
    chosen = WorkDay.objects.in_years(2027).first()
    form = {"action": "confirm_years", "_selected_action": [chosen.pk]}
    url = reverse("admin:worktime_workday_changelist")
    messages = [str(m) for m in admin.post(url, form, follow=True).context["messages"]]
    assert (len(messages), "365" in messages[0]) == (1, True)
    assert WorkDay.objects.provisional().count() == 0
    again = [m.level_tag for m in admin.post(url, form, follow=True).context["messages"]]
    assert again == ["info"]


def test_days_are_neither_added_nor_deleted(admin):
    assert admin.get(reverse("admin:worktime_workday_add")).status_code == 403
    delete = reverse("admin:worktime_workday_delete", args=[WorkDay.objects.first().pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 403
    assert WorkDay.objects.count() == 730


def test_hours_are_published_not_edited(admin):
    url = reverse("admin:worktime_calendarversion_add")
    assert admin.get(url).context["adminform"].form.initial["weekly"] == DEFAULT_WEEKLY
    weekly = {**DEFAULT_WEEKLY, "fri": [["08:30", "12:00"]]}
    form = {"weekly": json.dumps(weekly), "seasons": "[]", "note": "周五下午学习"}
    assert admin.post(url, form).status_code == 302
    version = CalendarVersion.objects.active().get()
    assert (version.number, version.weekly, version.published_by) == (2, weekly, "calendar-admin")
    change = reverse("admin:worktime_calendarversion_change", args=[version.pk])
    assert admin.get(change).status_code == 200
    assert admin.post(change, form).status_code == 403
    assert admin.get(reverse("admin:worktime_calendarversion_changelist")).status_code == 200


def test_wrong_hours_are_shown_at_their_field(admin):
    form = {"weekly": json.dumps({"mon": [["12:00", "08:30"]]}), "seasons": "[]", "note": ""}
    answer = admin.post(reverse("admin:worktime_calendarversion_add"), form)
    assert list(answer.context["adminform"].form.errors) == ["weekly"]
    assert CalendarVersion.objects.count() == 1
