"""Who may open staff pages at all, and the ticket that an address names, within reach or 404."""

from functools import wraps

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.reports import is_staff_member
from tickets.models import Ticket


def staff_only(view):
    """Answer 404 to residents' accounts: staff pages do not exist for them."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        if not is_staff_member(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def ticket_in_reach(request, reference):
    """Return the ticket with what its pages always need; 404 when it is out of reach."""
    found = Ticket.objects.for_user(request.user).select_related(
        "holder", "organisation", "grid", "filed_by"
    )
    return get_object_or_404(found.prefetch_related("legs"), reference=reference)
