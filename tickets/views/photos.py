"""Photos: handed out one by one, after asking who looks."""

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.reports import is_staff_member
from common import crypto
from common.uploads import CONTENT_TYPE
from tickets import drafts
from tickets.models import Attachment, Ticket


def may_see_photo(request, attachment):
    """Whether this visitor may look: released, tracked with its code, own, or within reach."""
    ticket, user = attachment.ticket, request.user
    if attachment.is_released and not ticket.is_confidential:
        return True
    known = drafts.remembered_digest(request.session, ticket.reference)
    if known and crypto.digests_equal(known, ticket.tracking_digest):
        return True
    if not user.is_authenticated:
        return False
    if is_staff_member(user):
        return Ticket.objects.for_user(user).filter(pk=ticket.pk).exists()
    return ticket.people.filter(user=user).exists()


@login_not_required
@require_safe
def photo(request, reference, pk, size):
    """Send one photo, `full` or `small`; 404 alike for what is not there and not to be seen."""
    found = Attachment.objects.select_related("ticket")
    attachment = get_object_or_404(found, pk=pk, ticket__reference=reference)
    if not may_see_photo(request, attachment):
        raise Http404
    file = attachment.thumbnail if size == "small" else attachment.file
    try:
        handle = file.open("rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    response = FileResponse(handle, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'inline; filename="{attachment.pk}.jpg"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
