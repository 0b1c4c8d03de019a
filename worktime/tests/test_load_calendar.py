from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay

pytestmark = pytest.mark.django_db


def load(*arguments):
    out = StringIO()
    call_command("load_calendar", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_load_fills_four_years_and_the_first_hours():
    assert len(load()) == 3
    assert WorkDay.objects.years() == [2024, 2025, 2026, 2027]
    assert WorkDay.objects.count() == 1461
    version = CalendarVersion.objects.get()
    assert (version.number, version.is_active, version.weekly) == (1, True, DEFAULT_WEEKLY)
    assert version.note != ""


def test_load_twice_reports_no_change():
    load("--years", "2025", "2026")
    again = load("--years", "2025", "2026")
    assert len(again) == 1
    assert "730" in again[0]
    assert (WorkDay.objects.count(), CalendarVersion.objects.count()) == (730, 1)


def test_load_refuses_a_gap_in_words():
    with pytest.raises(CommandError):
        load("--years", "2024", "2026")
    assert WorkDay.objects.count() == 0
