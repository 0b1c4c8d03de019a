"""Whistles and summonses that an address names, within reach or 404."""

from django.db.models import Q
from django.shortcuts import get_object_or_404

from receptions.models import Session, Summons, Whistle
from tickets.models import Ticket


def whistles_in_reach(user):
    """Return the whistles this person may read, with what every page shows of them."""
    rows = Whistle.objects.for_user(user).select_related("ticket__grid", "written_by")
    return rows.defer("ticket__grid__outline")


def whistle_in_reach(request, number):
    rows = whistles_in_reach(request.user).prefetch_related("summonses__person")
    return get_object_or_404(rows, number=number)


def summons_in_reach(request, pk):
    """Return a summons of this person, their house, or of a meeting they may read."""
    user = request.user
    rows = Summons.objects.select_related(
        "whistle__ticket__grid", "session__grid", "organisation", "person"
    )
    rows = rows.filter(
        Q(pk__in=Summons.objects.for_user(user).values("pk"))
        | Q(whistle__in=Whistle.objects.for_user(user).values("pk"))
        | Q(session__in=Session.objects.for_user(user).values("pk"))
    )
    return get_object_or_404(rows, pk=pk)


def ticket_to_whistle_about(request, reference):
    """Return the matter a whistle is to be written about."""
    rows = Ticket.objects.for_user(request.user).select_related("grid").prefetch_related("legs")
    return get_object_or_404(rows, reference=reference)


def reads_ticket(whistle, user):
    """Whether this person may open the matter behind the whistle; a called department need not."""
    return Ticket.objects.for_user(user).filter(pk=whistle.ticket_id).exists()
