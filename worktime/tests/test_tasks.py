import logging

import pytest
import time_machine

from worktime.tasks import warn_provisional_year
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("today", "years"),
    [("2026-11-30T15:59:00+00:00", []), ("2026-11-30T16:01:00+00:00", [2027])],
)
def test_warning_begins_on_1_december_in_shanghai(today, years, caplog):
    make_calendar()
    with time_machine.travel(today, tick=False), caplog.at_level(logging.WARNING, "worktime"):
        assert warn_provisional_year() == years
    assert len(caplog.records) == len(years)
