"""Papers of a day: list and name cards on A4, the slip, the record of a matter, its folder."""

import segno
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.text import mask_name, mask_phone
from common.workflow import record as audit
from grids import directory
from receptions.reports.days import (
    board_of,
    departments_of,
    past_matters,
    solved_elsewhere,
)
from receptions.views.board import booking_in_reach, people_seen
from receptions.views.manage import day_in_reach
from receptions.workflow import sessions
from receptions.workflow.bookings import place_in_queue
from tickets import drafts
from tickets.catalogue import categories
from tickets.models import Ticket
from tickets.views.intake import shown_phone
from tickets.views.scope import staff_only
from tickets.workflow import may_see_person


@require_safe
@staff_only
@never_cache
def day_list(request, pk):
    """Print the day's list: the same rows as the screen's, in the same order."""
    session = people_seen(request, day_in_reach(request, pk))
    audit("receptions.print_list", by=request.user, object=session, request=request)
    context = {
        "session": session,
        "board": board_of(session),
        "departments": departments_of(session),
        "printed_at": timezone.now(),
    }
    return render(request, "receptions/days/day_list.html", context)


@require_safe
@staff_only
@never_cache
def cards(request, pk):
    """Print name cards for the table: the host, who hosts with them, and who is called."""
    session = day_in_reach(request, pk)
    context = {
        "session": session,
        "co_hosts": session.co_hosts.all(),
        "departments": departments_of(session),
    }
    return render(request, "receptions/days/cards.html", context)


def speakers(booking, *, in_clear):
    """Return [(name, phone, relation)] of a booking; masked for those who only sit by."""
    rows = []
    for person in booking.representatives.all():
        name, phone = person.name, person.phone
        if not in_clear:
            name, phone = mask_name(name), mask_phone(phone) if phone else ""
        rows.append((name, shown_phone(phone), person.relation))
    return rows


def sees_people(request, booking):
    """Whether this person reads names and numbers in clear; co-hosts read them masked."""
    session = booking.session
    is_host = session.host_id == request.user.pk or sessions.is_planner(session, request.user)
    return is_host or may_see_person(booking.ticket, request.user)


@require_safe
@staff_only
@never_cache
def folder(request, pk):
    """Show what the host should know before: the matter, the place's past, cases like it."""
    booking = booking_in_reach(request, pk)
    ticket, user = booking.ticket, request.user
    in_reach = Ticket.objects.for_user(user).filter(pk=ticket.pk).exists()
    context = {
        "booking": booking,
        "session": booking.session,
        "in_reach": in_reach,
        "category": categories[ticket.category_id],
        "place": " · ".join(directory.path_names(ticket.grid_id)),
        "people": speakers(booking, in_clear=sees_people(request, booking)),
        "events": booking.events.select_related("by"),
        "past": named(past_matters(ticket, user)),
        "similar": named(solved_elsewhere(ticket, user)),
        "whistles": ticket.whistles.order_by("-pk")[:5],
        "position": place_in_queue(booking),
    }
    return render(request, "receptions/days/folder.html", context)


def named(tickets):
    return [(ticket, categories[ticket.category_id]) for ticket in tickets]


@require_safe
@staff_only
@never_cache
def record(request, pk):
    """Print the registration record of a matter (登记表): what is known fills it in."""
    booking = booking_in_reach(request, pk)
    audit("receptions.print_record", by=request.user, object=booking, request=request)
    ticket = booking.ticket
    context = {
        "booking": booking,
        "session": booking.session,
        "ticket": ticket,
        "category": categories[ticket.category_id],
        "place": " · ".join(directory.path_names(ticket.grid_id)),
        "people": speakers(booking, in_clear=sees_people(request, booking)),
        "departments": departments_of(booking.session),
        "commitments": booking.commitments.select_related("lead", "owner"),
        "is_group": booking.taken >= 5,
        "number": f"{booking.session_id:04d}-{booking.pk:05d}",
    }
    return render(request, "receptions/days/record.html", context)


@require_safe
@staff_only
@never_cache
def slip(request, pk):
    """Print the visitor's slip; the code only in the session in which the matter was filed."""
    booking = booking_in_reach(request, pk)
    reference = booking.ticket.reference
    link = request.build_absolute_uri(
        reverse("receptions:booking", args=[booking.session_id, reference])
    )
    context = {
        "booking": booking,
        "session": booking.session,
        "code": drafts.receipt_code(request.session, reference),
        "position": place_in_queue(booking),
        "qr": segno.make(link, error="m").svg_data_uri(scale=4, border=2),
    }
    return render(request, "receptions/days/slip.html", context)
