"""Reception days for those who hold them: the list, planning, and the page of one day."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import GRID_ROLES
from accounts.reports import reach
from common.errors import AlreadyDone, RuleViolation
from receptions.calendar import calendar_token
from receptions.choices import EventVerb, SessionStatus
from receptions.forms.days import (
    FIELDS,
    CallForm,
    CancelForm,
    DayForm,
    PublishForm,
    places_of,
)
from receptions.reports.days import board_of, causes_booked, departments_of, staff_days
from receptions.workflow import calls, sessions
from receptions.workflow.bookings import works_around
from receptions.workflow.moves import available
from tickets.catalogue import categories
from tickets.views.scope import staff_only

both = require_http_methods(["GET", "HEAD", "POST"])
PAST_SHOWN = 20


def day_in_reach(request, pk):
    """Return a day with its numbers; 404 when it is out of reach."""
    return get_object_or_404(staff_days(request.user), pk=pk)


@require_safe
@staff_only
@never_cache
def days(request):
    """List the days within reach: coming and running first, then what was held."""
    at, rows = timezone.now(), staff_days(request.user)
    address = reverse("receptions:staff_calendar", args=[calendar_token(request.user)])
    context = {
        "coming": rows.coming(at).soonest_first(),
        "past": rows.filter(status=SessionStatus.CLOSED).order_by("-starts_at")[:PAST_SHOWN],
        "may_plan": bool(places_of(request.user)),
        "calendar": request.build_absolute_uri(address),
        "at": at,
    }
    return render(request, "receptions/days/manage.html", context)


# --- Planning ------------------------------------------------------------------------------


@both
@staff_only
@never_cache
def plan(request):
    """Plan a day for one of the places for which this person may."""
    places = places_of(request.user)
    if not places:
        raise Http404
    asked = request.POST.get("grid") or request.GET.get("grid")
    kind, grid = next((each for each in places if each[1].code == asked), places[0])
    initial = DayForm.first_values(kind, request.user)
    form = DayForm(request.POST or None, initial=initial, grid=grid)
    if request.method == "POST" and form.is_valid():
        session = tried(
            form,
            lambda: sessions.plan_session(
                kind=kind, grid=grid, by=request.user, **form.arguments()
            ),
        )
        if session:
            messages.success(request, _("The day is planned. Nobody sees it before it is public."))
            return redirect("receptions:manage_day", session.pk)
    context = {"form": form, "places": places, "grid": grid, "kind": kind}
    return render(request, "receptions/days/plan.html", context)


def tried(form, do):
    """Return what `do` returns; a refusal becomes a sentence beside its field, and None."""
    try:
        return do()
    except RuleViolation as refusal:
        field = FIELDS.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal.message))
        return None


@both
@staff_only
@never_cache
def change(request, pk):
    """Change host, place or time of a day; those who booked are told."""
    session = day_in_reach(request, pk)
    if EventVerb.CHANGE not in available(session, request.user, sessions.SESSION_MOVES):
        messages.info(request, _("This step is not possible now, or not yours to take."))
        return redirect("receptions:manage_day", pk)
    form = DayForm(request.POST or None, initial=said_now(session), grid=session.grid)
    if request.method == "POST" and form.is_valid():
        fields = form.arguments()
        if session.is_for_residents:
            fields.pop("form")
        if tried(form, lambda: sessions.change(session, by=request.user, **fields)):
            messages.success(request, _("The day is changed; whoever had to know has been told."))
            return redirect("receptions:manage_day", pk)
    return render(request, "receptions/days/plan.html", {"form": form, "session": session})


def said_now(session):
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    return {
        "form": session.form,
        "date": begins.date(),
        "begins": begins.time(),
        "ends": ends.time(),
        "place": session.place,
        "host": session.host_id,
        "host_title": session.host_title,
        "subject": session.subject,
        "slot_minutes": session.slot_minutes,
    }


# --- One day -------------------------------------------------------------------------------


@require_safe
@staff_only
@never_cache
def day(request, pk):
    """Show a day: how it stands, who was called, who is booked and waits, what can be done."""
    return day_page(request, day_in_reach(request, pk))


def day_page(request, session, **forms):
    verbs = available(session, request.user, sessions.SESSION_MOVES)
    is_keeper = sessions.is_keeper(session, request.user)
    may_see_people = is_keeper or works_around(session, request.user)
    context = {
        "session": session,
        "verbs": verbs,
        "is_keeper": is_keeper,
        "may_see_people": may_see_people,
        "may_book": may_book(request, session),
        "board": board_for(request, session) if may_see_people else None,
        "departments": departments_of(session),
        "causes": [(categories[pk], number) for pk, number in causes_booked(session)],
        "publish_form": PublishForm(),
        "cancel_form": CancelForm(),
        "call_form": CallForm(),
        "at": timezone.now(),
    } | forms
    return render(request, "receptions/days/manage_day.html", context)


def sees_clearly(session, user):
    """Whether names are read in full: host, planners and the community's staff, not co-hosts."""
    return session.host_id == user.pk or works_around(session, user)


def board_for(request, session):
    """Return the board as this person may read it."""
    return board_of(session, request.user, in_clear=sees_clearly(session, request.user))


def may_book(request, session):
    """Whether this person takes bookings down: staff on the ground or above, while it is open."""
    is_open = session.status in (SessionStatus.PUBLISHED, SessionStatus.RUNNING)
    is_ground = reach(request.user).has(*GRID_ROLES) and works_around(session, request.user)
    return session.is_for_residents and is_open and is_ground


def act(request, session, name, form, do, done):
    """Do a step on a day; a refusal comes back on the day's page beside its field."""
    if not form.is_valid():
        return day_page(request, session, **{name: form})
    try:
        do(**form.cleaned_data)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        form.add_error(
            refusal.field if refusal.field in form.fields else None, str(refusal.message)
        )
        return day_page(request, session, **{name: form})
    else:
        messages.success(request, done)
    return redirect("receptions:manage_day", session.pk)


@require_POST
@staff_only
@never_cache
def publish(request, pk):
    session = day_in_reach(request, pk)
    return act(
        request,
        session,
        "publish_form",
        PublishForm(request.POST),
        lambda **said: sessions.publish(session, by=request.user, **said),
        _("The day is public now."),
    )


@require_POST
@staff_only
@never_cache
def cancel(request, pk):
    session = day_in_reach(request, pk)
    return act(
        request,
        session,
        "cancel_form",
        CancelForm(request.POST),
        lambda **said: sessions.cancel(session, by=request.user, **said),
        _("The day is called off; everybody who booked has been told."),
    )


@require_POST
@staff_only
@never_cache
def call(request, pk):
    session = day_in_reach(request, pk)
    return act(
        request,
        session,
        "call_form",
        CallForm(request.POST),
        lambda **said: calls.call_roll(session, by=request.user, **said),
        _("The departments are called."),
    )


def simple(request, pk, do, done, to):
    """Do a step without anything to type and go on; what is refused is said on the page."""
    session = day_in_reach(request, pk)
    try:
        do(session, by=request.user)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
        to = "board" if session.status == SessionStatus.RUNNING else "manage_day"
    else:
        messages.success(request, done)
    return redirect(f"receptions:{to}", pk)


@require_POST
@staff_only
@never_cache
def open_day(request, pk):
    return simple(request, pk, sessions.open, _("The day has begun."), "board")


@require_POST
@staff_only
@never_cache
def close_day(request, pk):
    return simple(request, pk, sessions.close, _("The day is closed."), "manage_day")
