"""Matters that staff take down for residents: at the counter, on the phone, on the spot."""

import segno
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import unsent
from accounts.choices import GRID_ROLES
from accounts.reports import reach
from common.errors import RuleViolation
from common.workflow import KeyConflict, once
from grids import directory
from tickets import drafts, workflow
from tickets.choices import Source
from tickets.forms.filing import IntakeForm
from tickets.models import Ticket
from tickets.views.scope import staff_only


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def intake(request):
    """Take down what a resident says at the counter or on the phone."""
    if not reach(request.user).has(*GRID_ROLES):
        raise Http404
    form = IntakeForm(request.POST or None, initial=unsent.take(request))
    if request.method == "POST" and form.is_valid():
        try:
            reference = file_once(request, form.cleaned_data["key"], filing_of(form.cleaned_data))
            return redirect("tickets:intake_receipt", reference)
        except KeyConflict:
            form.renew()
        except RuleViolation as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return render(request, "tickets/staff/intake.html", {"form": form})


def filing_of(said):
    """Return the Filing of a counter or telephone form: the resident, and who spoke for them."""
    helper = None
    if said["helper_name"]:
        helper = workflow.Contact(
            name=said["helper_name"], phone=said["helper_phone"], relation=said["relation"]
        )
    return workflow.Filing(
        description=said["description"],
        category_id=said["category"].id,
        grid=said["grid"],
        kind=said["kind"],
        source=said["source"],
        address=said["address"],
        resident=workflow.Contact(
            name=said["name"],
            phone=said["phone"],
            is_anonymous=said["is_anonymous"] or not (said["name"] or said["phone"]),
            wants_call=said["wants_call"],
        ),
        helper=helper,
    )


def file_once(request, key, filing, *, settle=False):
    """File once for this form however often it is sent; return the reference.

    With `settle` the matter is settled on the spot in the same transaction. The receipt is kept
    for this session, so that it can be printed. Raises RuleViolation.
    """
    user = request.user

    def produce():
        receipt = workflow.file_ticket(filing, by=user)
        if settle:
            workflow.resolve_on_spot(receipt.ticket, by=user, note=filing.description)
        return 201, {"reference": receipt.ticket.reference, "code": receipt.tracking_code}

    body = [filing.description, filing.category_id, filing.grid.pk, filing.source, settle]
    with transaction.atomic():
        answer = once(f"tickets.staff:{user.pk}", key, body, produce)
    drafts.keep_receipt(request.session, key, answer.data)
    if answer.is_repeat:
        messages.info(request, _("This was filed already; nothing was filed twice."))
    return answer.data["reference"]


def quick_filing(said):
    """Return the Filing of a grid worker's quick report, without a resident's name."""
    return workflow.Filing(
        description=said["description"],
        category_id=said["category"].id,
        grid=said["place"],
        source=Source.GRID,
        resident=workflow.Contact(is_anonymous=True),
    )


@require_safe
@staff_only
@never_cache
def receipt(request, reference):
    """Show the slip for the resident, once filed in this session: number, code, date, holder."""
    code = drafts.receipt_code(request.session, reference)
    if not code:
        raise Http404
    found = Ticket.objects.select_related("holder", "organisation")
    ticket = get_object_or_404(found, reference=reference, filed_by=request.user)
    link = request.build_absolute_uri(reverse("tickets:progress", args=[reference]))
    context = {
        "ticket": ticket,
        "code": code,
        "link": link,
        "qr": segno.make(link, error="m").svg_data_uri(scale=4, border=2),
        "place": " · ".join(directory.path_names(ticket.grid_id)),
        "is_in_reach": Ticket.objects.for_user(request.user).filter(pk=ticket.pk).exists(),
    }
    return render(request, "tickets/staff/receipt.html", context)
