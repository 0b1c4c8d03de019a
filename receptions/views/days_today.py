"""What reception days put on somebody's list of today."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.reports import day_of
from receptions.choices import SessionStatus
from receptions.models import Session
from receptions.todo import ToDo

SOON = timedelta(days=7)
MOST = 20


def todos(user, at):
    """Return the days one hosts that are to be opened or run now, and plans still to publish."""
    rows = Session.objects.filter(host=user, starts_at__lt=at + SOON).select_related("grid")
    live = rows.filter(
        status__in=[SessionStatus.PLANNED, SessionStatus.PUBLISHED, SessionStatus.RUNNING]
    )
    found = [_todo(row, at) for row in live.soonest_first()[:MOST]]
    return [each for each in found if each is not None]


def _todo(session, at):
    is_today = day_of(session.starts_at) <= day_of(at)
    if session.status == SessionStatus.RUNNING:
        action, page = _("To the running day"), "board"
    elif session.status == SessionStatus.PLANNED:
        action, page = _("Publish it"), "manage_day"
    elif is_today:
        action, page = _("Open the day"), "manage_day"
    else:
        return None
    return ToDo(
        kind="day",
        title=str(session.get_kind_display()),
        place=session.grid.short_name,
        address=reverse(f"receptions:{page}", args=[session.pk]),
        action=action,
        note=session.place,
        due_at=session.starts_at,
        is_late=session.status != SessionStatus.RUNNING and session.starts_at < at,
    )
