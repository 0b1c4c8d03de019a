"""Calendars for tests of every app that has a due time."""

from worktime import workflow
from worktime.choices import DEFAULT_WEEKLY
from worktime.models import CalendarVersion, WorkDay


def make_calendar(*years, weekly=DEFAULT_WEEKLY, seasons=()):
    """Load the real days (2026 and 2027 unless told) with the default hours; return the version."""
    wanted = set(years or (2026, 2027)) - set(WorkDay.objects.years())
    if wanted:
        workflow.import_years(wanted, by="test")
    active = CalendarVersion.objects.active().first()
    return active or workflow.publish_calendar(weekly=weekly, seasons=seasons, by="test")
