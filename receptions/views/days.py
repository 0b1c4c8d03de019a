"""Reception days for everybody: when, where, with whom; and as a calendar."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.reports import is_staff_member
from grids import directory
from grids import reports as places
from grids.choices import GridLevel
from grids.models import Grid
from receptions.calendar import calendar_token, feed, user_id_of
from receptions.models import Session
from receptions.reports.days import coming_days, departments_of, past_days, public_days


@login_not_required
@require_safe
def days(request):
    """List the coming days, those of the place asked for first, and what past days came to."""
    typed = request.GET.get("q", "").strip()[:60]
    at, grid, found = timezone.now(), _place(request), []
    if typed and grid is None:
        found = places.search(typed)
        if len(found) == 1:
            grid, found = found[0], []
    names = directory.paths_of([each.pk for each in found])
    mine = list(coming_days(at, grid)) if grid else []
    near = {day.pk for day in mine}
    context = {
        "typed": typed,
        "grid": grid,
        "found": [(each, names[each.pk]) for each in found],
        "nothing_found": bool(typed) and grid is None and not found,
        "mine": mine,
        "others": [day for day in coming_days(at) if day.pk not in near],
        "past": past_days(grid),
        "at": at,
    }
    return render(request, "receptions/days/days.html", context)


def _place(request):
    """Return the place of a poster's link or of one chosen from those found, else None."""
    code = request.GET.get("place", "").strip().upper()[:15].replace("\0", "")
    return Grid.objects.listed().defer("outline").filter(code=code).first() if code else None


@login_not_required
@require_safe
def day(request, pk):
    """Show one day: host and post, place and time, who comes, how many places are free."""
    at = timezone.now()
    session = get_object_or_404(public_days(), pk=pk)
    context = {
        "session": session,
        "at": at,
        "is_coming": session.status == "published" and session.starts_at > at,
        "departments": departments_of(session),
        "calendar": reverse("receptions:community_calendar", args=[session.grid.code]),
    }
    return render(request, "receptions/days/day.html", context)


# --- Calendars -----------------------------------------------------------------------------


@login_not_required
@require_safe
def community_calendar(request, code):
    """Answer the coming days of one community as a calendar that phones subscribe to."""
    communities = Grid.objects.listed().at_level(GridLevel.COMMUNITY).defer("outline")
    grid = get_object_or_404(communities, code=code)
    return _calendar(request, coming_days(timezone.now(), grid), "receptions:day")


@login_not_required
@require_safe
def staff_calendar(request, token):
    """Answer a member of staff's days to whoever holds the secret address; 404 to others."""
    user = User.objects.filter(pk=user_id_of(token), is_active=True).first()
    if user is None or token != calendar_token(user) or not is_staff_member(user):
        raise Http404
    sessions = Session.objects.for_user(user).coming(timezone.now()).select_related("host", "grid")
    return _calendar(request, sessions.soonest_first(), "receptions:manage_day")


def _calendar(request, sessions, page):
    body = feed(sessions, lambda each: request.build_absolute_uri(reverse(page, args=[each.pk])))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="receptions.ics"'
    response["Cache-Control"] = "private, max-age=900"
    return response
