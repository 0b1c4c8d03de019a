"""Lengths of office time and days as a calendar on the wall says them."""

from datetime import date, datetime

import pytest
import time_machine
from django.utils import translation

from hanting.templatetags.ui import full_day, hours


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        ("", ""),
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3_600, "1 hour"),
        (101_340, "28 hours 9 minutes"),
        (360_000, "100 hours"),
    ],
)
def test_office_time_has_no_days_of_24_hours(seconds, said):
    with translation.override("en"):
        assert hours(seconds) == said


@time_machine.travel("2026-11-23T10:00+08:00", tick=False)
def test_a_day_of_a_sum_is_never_called_today():
    with translation.override("en"):
        assert full_day(date(2026, 11, 23)) == "23 Nov (Mon)"
        assert full_day(date(2027, 1, 4)) == "4 Jan 2027 (Mon)"
        assert full_day(datetime(2026, 11, 27, 9, 30)) == "27 Nov (Fri)"
