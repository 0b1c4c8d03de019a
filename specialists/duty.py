"""The duty roster: who of an organisation is there at a moment, and whether offices are open."""

import datetime

from accounts.models import Posting
from accounts.reports import Duty, Roster, day_of
from specialists.models import DutyShift
from worktime.arithmetic import CalendarError
from worktime.reports import current_calendar

DAY = datetime.timedelta(days=1)


def is_office_hours(at) -> bool:
    """Whether offices are open at a moment; on a day without a time they are.

    Where the calendar does not know the day they count as closed: the roster is asked first and
    the contacts after it, so that nobody is missed.
    """
    if not isinstance(at, datetime.datetime):
        return True
    try:
        return current_calendar().is_open(at)
    except CalendarError:
        return False


def shifts_at(at):
    """Return the shifts that run at a moment, those for certain days before the weekly ones."""
    rows = DutyShift.objects.at(at).filter(posting__in=Posting.objects.current(day_of(at)))
    rows = rows.filter(posting__organisation__is_active=True)
    return rows.select_related("posting__user", "posting__organisation").dated_first()


def eve_of(at):
    """Return the day before: a shift that runs now may have begun on it."""
    return day_of(at) - DAY


def on_duty(organisation, at) -> Duty | None:
    """Return who is on duty for an organisation at a moment, None where the roster has nobody."""
    shifts = list(shifts_at(at).filter(posting__organisation=organisation))
    if not shifts:
        return None
    roster = Roster([shift.posting for shift in shifts], at, since=eve_of(at))
    found = (roster.duty(shift.posting, shift.began_on(at)) for shift in shifts)
    return next(filter(None, found), None)
