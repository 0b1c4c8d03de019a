"""One's own booking with reference and tracking code: the slip, giving it back, taking an offer."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from common import crypto
from common.errors import AlreadyDone, RuleViolation
from receptions.choices import BookingStatus, EventVerb, SessionStatus
from receptions.models import Booking
from receptions.workflow import bookings
from tickets import drafts
from tickets.forms.resident import TrackForm, tidy_reference
from tickets.models import Ticket
from tickets.views.steps import both, typed
from tickets.views.track import NOBODY, slow_down, ticket_of


@login_not_required
@never_cache
@both
def find(request):
    """Ask for reference and tracking code; the same words for a wrong one of either."""
    form = TrackForm(typed(request))
    if request.method != "POST" or not form.is_valid():
        return render(request, "receptions/days/find.html", {"form": form})
    reference = form.cleaned_data["reference"]
    riddle = slow_down(request, reference)
    if riddle:
        return render(request, "receptions/days/find.html", {"form": form} | riddle)
    ticket = Ticket.objects.filter(reference=reference).first()
    digest = crypto.tracking_digest(form.cleaned_data["code"])
    if not crypto.digests_equal(ticket.tracking_digest if ticket else NOBODY, digest):
        form.add_error(None, _("Reference and tracking code do not fit together. Please check."))
        return render(request, "receptions/days/find.html", {"form": form})
    drafts.remember_code(request.session, reference, digest)
    latest = ticket.bookings.order_by("pk").last()
    if latest is None:
        messages.info(request, _("No day is booked for this matter."))
        return redirect("tickets:progress", reference)
    return redirect("receptions:booking", latest.session_id, reference)


def booking_of(request, pk, reference):
    """Return the newest booking of the visitor's own matter for a day, None without its code."""
    ticket = ticket_of(request, tidy_reference(reference))
    if ticket is None:
        return None
    rows = Booking.objects.filter(session=pk, ticket=ticket)
    return rows.select_related("session__grid", "session__host", "slot", "ticket").last()


@login_not_required
@never_cache
@both
def booking(request, pk, reference):
    """Show one's booking as a slip: day and time large, place, what to bring, both numbers."""
    mine = booking_of(request, pk, reference)
    if mine is None:
        return redirect("receptions:find")
    link = request.build_absolute_uri(reverse("receptions:booking", args=[pk, reference]))
    context = {
        "booking": mine,
        "session": mine.session,
        "code": drafts.receipt_code(request.session, mine.ticket.reference),
        "position": bookings.place_in_queue(mine),
        "qr": segno.make(link, error="m").svg_data_uri(scale=4, border=2),
        "may_cancel": may_cancel(mine),
        "may_accept": may_accept(mine),
    }
    return render(request, "receptions/days/booking.html", context)


def may_cancel(mine):
    sources = bookings.BOOKING_MOVES[EventVerb.CANCEL_BOOKING].sources
    return mine.status in sources and mine.session.status == SessionStatus.PUBLISHED


def may_accept(mine):
    """Whether there is a place to take: one that is kept for this matter, or any that is free."""
    if mine.session.status != SessionStatus.PUBLISHED or mine.session.starts_at <= timezone.now():
        return False
    if mine.status == BookingStatus.OFFERED:
        return True
    return mine.status == BookingStatus.QUEUED and mine.session.slots.free().exists()


def step(request, pk, reference, verb, done):
    """Do a resident's step on their own booking and say how it went."""
    mine = booking_of(request, pk, reference)
    if mine is None:
        return redirect("receptions:find")
    try:
        verb(mine, by=None)
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("receptions:booking", pk, mine.ticket.reference)


@login_not_required
@require_POST
def cancel(request, pk, reference):
    """Give the place back; the matter goes on."""
    done = _("Your booking is cancelled. The matter itself goes on.")
    return step(request, pk, reference, bookings.cancel_booking, done)


@login_not_required
@require_POST
def accept(request, pk, reference):
    """Take the place that is offered, or one that has become free."""
    return step(request, pk, reference, bookings.accept_offer, _("The place is yours."))
