"""The running day: one tap for who has come, the outcome of each matter, and the counter's form."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import unsent
from common.errors import AlreadyDone, RuleViolation
from common.text import mask_name, mask_phone
from common.workflow import KeyConflict, once
from receptions.choices import BookingSource, EventVerb, SessionStatus
from receptions.forms.booking import CounterForm
from receptions.forms.days import HearForm, MergeForm
from receptions.models import Session
from receptions.reports.days import booking_for
from receptions.views.booking import category_of
from receptions.views.manage import board_for, both, day_in_reach, may_book, simple, tried
from receptions.workflow import bookings, outcomes, running, sessions
from receptions.workflow.bookings import works_around
from receptions.workflow.moves import available
from tickets import drafts
from tickets.choices import Source
from tickets.models import Ticket
from tickets.views.intake import shown_phone
from tickets.views.scope import staff_only
from tickets.workflow import Contact, may_see_person


def people_seen(request, session):
    """Answer 404 to whoever may not see the people of a day: those only called to it."""
    if not (sessions.is_keeper(session, request.user) or works_around(session, request.user)):
        raise Http404
    return session


def booking_in_reach(request, pk):
    """Return a booking whose matter and people this person may see, else 404."""
    booking = get_object_or_404(booking_for(request.user, pk))
    people_seen(request, booking.session)
    if booking.ticket.is_confidential:
        readable = Ticket.objects.for_user(request.user).filter(pk=booking.ticket_id)
        if not readable.exists() and booking.booked_by_id != request.user.pk:
            raise Http404
    return booking


def speakers(request, booking):
    """Return [(name, phone, relation)] of a booking; masked for those who only sit by."""
    user, rows = request.user, []
    in_clear = booking.session.host_id == user.pk or may_see_person(booking.ticket, user)
    for person in booking.representatives.all():
        name, phone = person.name, person.phone
        if not in_clear:
            name, phone = mask_name(name), mask_phone(phone) if phone else ""
        rows.append((name, shown_phone(phone), person.relation))
    return rows


@require_safe
@staff_only
@never_cache
def board(request, pk):
    """Show the running day: who is next, who is here, who is still to come, who was heard."""
    session = people_seen(request, day_in_reach(request, pk))
    context = {
        "session": session,
        "board": board_for(request, session),
        "is_keeper": sessions.is_keeper(session, request.user),
        "may_book": may_book(request, session),
        "is_running": session.status == SessionStatus.RUNNING,
        "verbs": available(session, request.user, sessions.SESSION_MOVES),
        "at": timezone.now(),
    }
    return render(request, "receptions/days/board.html", context)


@require_POST
@staff_only
@never_cache
def replan(request, pk):
    """Move those who are here into places that became free."""
    done = _("Those who are here have moved up.")
    return simple(request, pk, running.replan, done, "board")


def tap(request, pk, verb, done):
    """Do one tap on a booking and go back to the board, or to the day before it runs."""
    booking = booking_in_reach(request, pk)
    try:
        verb(booking, by=request.user)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    is_running = booking.session.status == SessionStatus.RUNNING
    return redirect(f"receptions:{'board' if is_running else 'manage_day'}", booking.session_id)


@require_POST
@staff_only
@never_cache
def check_in(request, pk):
    return tap(request, pk, running.check_in, _("Noted: is here."))


@require_POST
@staff_only
@never_cache
def mark_absent(request, pk):
    return tap(request, pk, running.mark_absent, _("Noted: has not come."))


@require_POST
@staff_only
@never_cache
def cancel_booking(request, pk):
    return tap(request, pk, bookings.cancel_booking, _("The booking is cancelled."))


@both
@staff_only
@never_cache
def hear(request, pk):
    """Write down what came of a matter."""
    booking = booking_in_reach(request, pk)
    if EventVerb.HEAR not in available(booking, request.user, bookings.BOOKING_MOVES):
        messages.info(request, _("This step is not possible now, or not yours to take."))
        return redirect("receptions:board", booking.session_id)
    initial = {"demand": booking.demand} | unsent.take(request)
    form = HearForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if tried(form, lambda: outcomes.hear(booking, by=request.user, **said)):
            messages.success(request, _("The outcome is written down."))
            return redirect("receptions:board", booking.session_id)
    context = {"form": form, "booking": booking, "people": speakers(request, booking)}
    return render(request, "receptions/days/hear.html", context)


@both
@staff_only
@never_cache
def merge(request, pk):
    """Hear two bookings of one cause as one."""
    booking = booking_in_reach(request, pk)
    form = MergeForm(request.POST or None, booking=booking)
    if request.method == "POST" and form.is_valid():
        into = form.cleaned_data["into"]
        if tried(form, lambda: bookings.merge(booking, into=into, by=request.user)):
            messages.success(request, _("They are heard together; everybody has been told."))
            return redirect("receptions:manage_day", booking.session_id)
    return render(request, "receptions/days/merge.html", {"form": form, "booking": booking})


# --- The counter's form --------------------------------------------------------------------


@both
@staff_only
@never_cache
def take_down(request, pk):
    """Book for somebody who rings, stands at the counter, or opens the door; prints a slip."""
    session = day_in_reach(request, pk)
    if not may_book(request, session):
        raise Http404
    form = CounterForm(
        request.POST or None,
        community=session.grid,
        initial={"place": session.grid.code} | unsent.take(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("receptions:slip", booked_once(request, session, form.cleaned_data))
        except KeyConflict:
            form.renew()
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        "form": form,
        "session": session,
        "is_running": session.status == SessionStatus.RUNNING,
    }
    return render(request, "receptions/days/take_down.html", context)


def booked_once(request, session, said):
    """Book once for this form however often it is sent; return the booking's number."""
    user = request.user

    def produce():
        booked = taken(session, said, user)
        reference = booked.booking.ticket.reference
        return 201, {
            "booking": booked.booking.pk,
            "reference": reference,
            "code": booked.tracking_code,
        }

    body = [session.pk, said["words"], said["reference"], said["name"], said["phone"]]
    with transaction.atomic():
        answer = once(f"receptions.staff:{user.pk}", said["key"], body, produce)
    if answer.data["code"]:
        drafts.keep_receipt(request.session, said["key"], answer.data)
    return answer.data["booking"]


def taken(session, said, user):
    """Book, or on the day itself let in, what the form says; return a Booked."""
    session = Session.objects.select_related("grid").get(pk=session.pk)
    speaker = Contact(
        name=said["name"],
        phone=said["phone"],
        relation=said["relation"],
        wants_call=said["wants_call"],
    )
    what = matter_of(session, said, speaker, user)
    if session.status == SessionStatus.RUNNING:
        return running.walk_in(session, people=[speaker], by=user, **what)
    return bookings.book(session, people=[speaker], source=said["source"], by=user, **what)


def matter_of(session, said, speaker, user):
    """Return the matter as the workflow takes it: an old ticket within reach, or a new filing."""
    if said["reference"]:
        ticket = Ticket.objects.for_user(user).filter(reference=said["reference"]).first()
        if ticket is None:
            raise RuleViolation(
                _("There is no matter of this number in your reach."), field="reference"
            )
        return {"ticket": ticket}
    helper = Contact(name=said["helper_name"], relation=said["relation"])
    door = {BookingSource.GRID: Source.GRID, BookingSource.PHONE: Source.PHONE}
    return {
        "filing": bookings.filing_for(
            session,
            words=said["words"],
            category_id=(said["category"] or category_of(said["words"])).id,
            grid=said["place"],
            speaker=speaker,
            source=door.get(said["source"], Source.COUNTER),
            helper=None if helper.is_empty else helper,
        )
    }
