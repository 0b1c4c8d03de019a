from datetime import date

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.urls import reverse

from worktime import workflow
from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
MAY_DAY = date(2026, 5, 1)
NOW = "2026-11-23T01:00Z"


@pytest.fixture
def admin(client):
    with time_machine.travel(NOW, tick=False):
        user = get_user_model().objects.create_superuser("calendar-admin", password="x")
        client.force_login(user)
        make_calendar()
        yield client


def address(name, *args):
    return reverse(f"admin:worktime_{name}", args=args)


def test_days_are_listed_by_year(admin):
    answer = admin.get(address("workday_changelist"), {"year": "2026"})
    assert answer.context["cl"].result_count == 365
    provisional = {"year": "2026", "is_provisional__exact": "1"}
    answer = admin.get(address("workday_changelist"), provisional)
    assert answer.context["cl"].result_count == 0
    answer = admin.get(address("workday_changelist"), {"year": "1900"})
    assert answer.context["cl"].result_count == 730


def test_days_lead_to_the_pages_that_change_them(admin):
    day = WorkDay.objects.get(date=MAY_DAY)
    ways = [url for _label, url in admin.get(address("workday_changelist")).context["ways"]]
    assert ways == ["/admin/working-calendar/2026/"]
    answer = admin.get(address("workday_change", day.pk))
    correct = "/admin/working-calendar/2026/days/?day=2026-05-01"
    assert [url for _label, url in answer.context["ways"]] == [*ways, correct]
    assert f'href="{correct}"' in answer.content.decode()


def test_day_is_looked_at_and_not_changed(admin):
    day = WorkDay.objects.get(date=MAY_DAY)
    wish = {"is_working": "on", "label": "加班", "source": "通知"}
    assert admin.post(address("workday_change", day.pk), wish).status_code == 403
    assert admin.get(address("workday_add")).status_code == 403
    assert admin.post(address("workday_delete", day.pk), {"post": "yes"}).status_code == 403
    assert WorkDay.objects.filter(is_working=False, label="劳动节").contains(day)


def test_history_stays_visible_and_takes_nothing_back(admin):
    day = workflow.correct_day(MAY_DAY, is_working=True, label="加班", source="通知", by="甲")
    first = day.history.last()
    listed = admin.get(address("workday_history", day.pk))
    assert listed.context["page_obj"].paginator.count == 2
    old = address("workday_simple_history", day.pk, first.pk)
    assert "劳动节" in admin.get(old).content.decode()
    form = {"date": "2026-05-01", "label": "劳动节", "source": "通知"}
    assert admin.post(old, form).status_code == 403
    day.refresh_from_db()
    assert (day.is_working, day.label, day.history.count()) == (True, "加班", 2)


def test_missing_day_leads_back_to_the_admin(admin):
    assert admin.get(address("workday_change", 999_999)).status_code == 302


def test_versions_are_looked_at_and_lead_to_where_hours_change(admin):
    version = CalendarVersion.objects.get()
    listed = admin.get(address("calendarversion_changelist"))
    assert [url for _label, url in listed.context["ways"]] == ["/admin/working-calendar/hours/"]
    change = address("calendarversion_change", version.pk)
    assert "08:30" in admin.get(change).content.decode()
    assert admin.post(change, {"note": "改"}).status_code == 403
    assert admin.get(address("calendarversion_add")).status_code == 403
    assert list(CalendarVersion.objects.values_list("weekly", "note")) == [(DEFAULT_WEEKLY, "")]


def test_first_page_warns_of_a_short_calendar(admin):
    page = admin.get(reverse("admin:index")).content.decode()
    assert ('data-kind="urgent"' in page, 'data-kind="error"' in page) == (True, False)
    assert 'href="/admin/working-calendar/2026/"' in page
    workflow.confirm_year(2027, by="甲")
    page = admin.get(reverse("admin:index")).content.decode()
    assert "data-kind=" not in page


def test_first_page_warns_of_a_provisional_year(admin):
    with time_machine.travel("2026-12-01T01:00Z", tick=False):
        admin.force_login(get_user_model().objects.get())
        page = admin.get(reverse("admin:index")).content.decode()
    assert 'href="/admin/working-calendar/2027/"' in page


def test_first_page_warns_of_a_missing_year(admin):
    workflow.confirm_year(2027, by="甲")
    with time_machine.travel("2027-12-01T01:00Z", tick=False):
        admin.force_login(get_user_model().objects.get())
        page = admin.get(reverse("admin:index")).content.decode()
    # There is no page of a year without days.
    assert ("2028" in page, "/admin/working-calendar/2028/" in page) == (True, False)


def test_first_page_warns_of_an_empty_calendar(admin):
    WorkDay.objects.all().delete()
    page = admin.get(reverse("admin:index")).content.decode()
    assert (page.count('data-kind="error"'), page.count('data-kind="urgent"')) == (1, 1)


def test_first_page_spares_who_does_not_keep_the_calendar(admin):
    other = get_user_model().objects.create_user("other", password="x", is_staff=True)
    admin.force_login(other)
    page = admin.get(reverse("admin:index")).content.decode()
    assert ("calendar-warnings" in page, "working-calendar" in page) == (False, False)
