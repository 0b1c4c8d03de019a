"""The working calendar for administrators: a year to read, and every change shown beforehand."""

from datetime import date
from functools import partial, wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import AlreadyDone, RuleViolation, StalePage
from hanting.calendar_forms import (
    MOST_LINES,
    MOST_SEASONS,
    ConfirmForm,
    DaysForm,
    HoursForm,
    number,
)
from tickets.workflow import preview_calendar
from worktime import reports, workflow
from worktime.arithmetic import CalendarError
from worktime.choices import FIRST_YEAR, LAST_YEAR
from worktime.models import CalendarVersion, WorkDay
from worktime.year import seasons_of, week_of, year_of

MORE_LINES = 3
PERMISSION = "worktime.change_workday"


def keepers_only(view):
    """Let in who may change the days; everybody else is answered as by the admin's own pages."""

    @wraps(view)
    def guarded(request, *args, **options):
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request, *args, **options)

    return admin.site.admin_view(guarded)


def page(request, template, **context):
    """Show a page in the frame of the admin, without its sidebar: a year needs the room."""
    frame = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
    return render(request, f"hanting/calendar/{template}.html", frame | context)


def check_year(year):
    """Answer as for a page that does not exist where no year can be."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404


# --- The year ------------------------------------------------------------------------------


@keepers_only
@require_safe
def show_year(request, year):
    """Twelve months at a glance, the hours in force, and how far all of it can be trusted."""
    check_year(year)
    days = list(WorkDay.objects.in_years(year))
    if not days:
        raise Http404
    version = CalendarVersion.objects.active().first()
    seasons = version.seasons if version else []
    shown = year_of(year, days, seasons)
    coverage = reports.coverage()
    guessed = {year} if shown.provisional else set()
    return page(
        request,
        "year",
        title=_("Working calendar of %(year)s") % {"year": year},
        year=shown,
        version=version,
        week=week_of(version.weekly) if version else [],
        seasons=seasons_of(seasons),
        coverage=coverage,
        provisional_years=sorted(guessed.union(reports.provisional_years())),
        year_before=year - 1 if coverage.first.year < year else None,
        year_after=year + 1 if coverage.last.year > year else None,
        today=timezone.localdate(),
        form=ConfirmForm(),
    )


@keepers_only
@require_POST
def confirm_year(request, year):
    """Note that a person has compared the year with the notice."""
    check_year(year)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.errors["compared"][0])
        return redirect("working_calendar", year)
    try:
        count = workflow.confirm_year(year, by=request.user)
    except AlreadyDone as news:
        messages.info(request, str(news))
    except RuleViolation:
        raise Http404 from None
    else:
        text = _("%(year)s is confirmed: %(count)d days.")
        messages.success(request, text % {"year": year, "count": count})
    return redirect("working_calendar", year)


# --- Changes: form, preview, apply ---------------------------------------------------------


@keepers_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_days(request, year):
    """Say of one day or several whether they are worked."""
    check_year(year)
    asked = WorkDay.objects.filter(date=day_asked(request)).first()
    if request.method != "POST":
        return days_page(request, year, DaysForm(initial=typed_of(asked)), asked)
    lines = number(request.POST.get("lines", ""), most=MOST_LINES)
    if "more" in request.POST:
        lines = min(lines + MORE_LINES, MOST_LINES)
    if "more" in request.POST or "edit" in request.POST:
        return days_page(request, year, DaysForm(initial=request.POST.dict(), lines=lines), asked)
    form = DaysForm(request.POST, lines=lines)
    if form.is_valid():
        try:
            return days_step(request, year, form)
        except (RuleViolation, CalendarError) as refusal:
            form.add_error(None, words_of(refusal))
    return days_page(request, year, form, asked)


def days_page(request, year, form, asked):
    title = _("Correct days of the calendar")
    can_grow = form.count < MOST_LINES
    return page(request, "days", title=title, year=year, form=form, asked=asked, can_grow=can_grow)


def days_step(request, year, form):
    days, source = form.cleaned_data["days"], form.cleaned_data["source"]
    held = {day.date: day for day in WorkDay.objects.filter(date__in=days)}
    return preview_or_apply(
        request,
        form,
        way_back=year,
        apply=partial(workflow.correct_days, days, source=source, by=request.user),
        propose=partial(
            reports.proposed_calendar, days={day: said[0] for day, said in days.items()}
        ),
        changes=[(held.get(day), *said) for day, said in sorted(days.items())],
        carried={"lines": form.count},
        note=source,
    )


@keepers_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_hours(request):
    """Put other opening hours in force."""
    version = CalendarVersion.objects.active().first()
    initial = HoursForm.initial_of(version) if version else {}
    if request.method != "POST":
        seasons = min(len(version.seasons) + 1, MOST_SEASONS) if version else 1
        return hours_page(request, version, HoursForm(initial=initial, seasons=seasons))
    seasons = number(request.POST.get("seasons", ""), most=MOST_SEASONS)
    if "edit" in request.POST:
        form = HoursForm(initial=initial | request.POST.dict(), seasons=seasons)
        return hours_page(request, version, form)
    form = HoursForm(request.POST, initial=initial, seasons=seasons)
    if form.is_valid():
        try:
            return hours_step(request, version, form)
        except (RuleViolation, CalendarError) as refusal:
            form.add_error(None, words_of(refusal))
    return hours_page(request, version, form)


def hours_page(request, version, form):
    title = _("Change the opening hours")
    return page(request, "hours", title=title, year=this_year(), form=form, version=version)


def hours_step(request, version, form):
    hours = {name: form.cleaned_data[name] for name in ("weekly", "seasons")}
    note = form.cleaned_data["note"]
    return preview_or_apply(
        request,
        form,
        way_back=this_year(),
        apply=partial(workflow.publish_calendar, **hours, note=note, by=request.user),
        propose=partial(reports.proposed_calendar, **hours),
        version=version,
        week=week_of(version.weekly) if version else [],
        seasons=seasons_of(version.seasons) if version else [],
        new_week=week_of(hours["weekly"]),
        new_seasons=seasons_of(hours["seasons"]),
        carried={"seasons": form.count},
        note=note,
    )


def preview_or_apply(request, form, *, way_back, apply, propose, carried, **context):
    """Apply what somebody has looked at, or show what it would do; the look stores nothing.

    `way_back` is the year to return to, `carried` what the next form sends besides the fields.
    """
    stale = ""
    if "apply" in request.POST:
        try:
            apply(seen=revision_seen(request))
        except StalePage as news:
            stale = str(news)
        else:
            text = _("The calendar is changed. Open matters get their new dates within minutes.")
            messages.success(request, text)
            return redirect("working_calendar", way_back)
    # Read before the dates are reckoned: a change in between is then noticed.
    seen = reports.calendar_revision()
    moves = preview_calendar(propose())
    fields = {name: form.data[name] for name in form.fields if name in form.data}
    return page(
        request,
        "preview",
        title=_("What would change"),
        year=way_back,
        moves=moves,
        stale=stale,
        carried=fields | carried | {"seen": seen},
        **context,
    )


def revision_seen(request):
    """Return the revision that the preview showed; -1, which never was, when it is unreadable."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 19 else -1


def words_of(refusal):
    """Return the sentence of a refusal; the arithmetic leaves its own untranslated."""
    if isinstance(refusal, CalendarError):
        return _(refusal.template) % refusal.params
    return str(refusal)


def day_asked(request):
    """Return the day named in the address, None for no or an odd one."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def typed_of(day):
    """Return what the form shows first of a day that was tapped: what holds now."""
    if day is None:
        return {}
    worked = "yes" if day.is_working else "no"
    return {"first_0": day.date, "worked_0": worked, "label_0": day.label}


def this_year():
    return timezone.localdate().year
