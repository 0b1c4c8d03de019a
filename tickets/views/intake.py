"""The end of a report: check, send once, receipt; and joining a matter of others."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.reports import is_staff_member
from common.errors import AlreadyDone, RuleViolation
from common.limits import WAIT_S, client_address, network_of, riddle_after, take, verify
from common.text import normalise_phone
from common.workflow import once
from grids import directory
from grids.models import Grid
from tickets import catalogue, drafts, workflow
from tickets.catalogue import categories
from tickets.choices import Kind, Source
from tickets.drafts import Draft
from tickets.forms.resident import CheckForm
from tickets.models import Ticket
from tickets.progress import promised_day, routing_reason
from tickets.suggest import may_be_tip_off, suggest
from tickets.views.steps import again, both, missing_step, page

HOUR_S, DAY_S = 3_600, 86_400
# By phone or device; a village may share one address.
FILED_AN_HOUR, FILED_A_DAY, FILED_FROM_ADDRESS = 5, 20, 30
JOINED_AN_HOUR = 10
UNSURE = "1299"


@login_not_required
@never_cache
@both
def check(request):
    """Show every answer with a way to change it, suggest a category, and send."""
    draft = Draft.of(request.session)
    if request.method == "POST":
        return submit(request, draft)
    step = missing_step(draft)
    filed = drafts.last_filed(request.session) if draft.is_new else None
    if filed:
        # Back or reload after sending: what one wants to know is whether it arrived.
        return redirect("tickets:receipt", filed)
    return redirect(step) if step else check_page(request, draft)


def check_page(request, draft, **context):
    """Render the last page; nothing is chosen in silence, the first suggestion is only marked."""
    suggestions = suggest(draft.description, draft.title)
    shown = [each.category for each in suggestions] or _unsure()
    is_tip_off = may_be_tip_off(draft.description + draft.title, suggestions)
    tried = draft.tried.get("check")
    form = CheckForm(tried, is_tip_off=is_tip_off)
    chosen = (tried or {}).get("category") or draft.category or (shown[0].code if shown else "")
    kind = (tried or {}).get("kind") or draft.kind or Kind.HELP.value
    context |= {
        "form": form,
        "shown": shown,
        "tree": _tree_without(shown),
        "chosen": chosen,
        "chosen_elsewhere": chosen not in {each.code for each in shown},
        "kind_label": Kind(kind).label if kind in Kind.values else kind,
        "phone": shown_phone((draft.contact or {}).get("phone", "")),
        "kinds": [(value, label, value == kind) for value, label in Kind.choices],
        "is_tip_off": is_tip_off or kind == Kind.TIP_OFF,
        "accused": str((tried or {}).get("accused") or draft.accused or ""),
        "version": draft.version(),
    }
    return page(request, draft, "check", **context)


def shown_phone(phone):
    """Write a canonical phone as people read it: 138 0001 2345; a landline as it is."""
    if not phone.startswith("+86"):
        return phone
    return f"{phone[3:6]} {phone[6:10]} {phone[10:]}"


def _unsure():
    facts = catalogue.by_code(UNSURE)
    return [facts] if facts and facts.is_active else []


def _tree_without(shown):
    codes = {each.code for each in shown}
    return [(top, [leaf for leaf in some if leaf.code not in codes]) for top, some in _tree()]


def _tree():
    return [(top, some) for top, some in catalogue.tree() if some]


def submit(request, draft):
    """File the draft once, however often the button is pressed, and lead to the receipt."""
    key = request.POST.get("draft", "")
    filed = drafts.filed_reference(request.session, key)
    if filed:
        return redirect("tickets:receipt", filed)
    step = missing_step(draft)
    if step or key != draft.key:
        messages.info(request, _("That page was out of date. Please look at it once more."))
        return redirect(step or "tickets:report_check")
    form = CheckForm(request.POST, is_tip_off=True)
    if not form.is_valid():
        return again(request, draft, "check")
    said = form.cleaned_data
    draft.category, draft.kind = said["category"].code, said["kind"]
    draft.accused = said["accused"].pk if said["accused"] else None
    draft.accept("check")
    if request.POST.get("version") != draft.version():
        draft.save(request.session)
        messages.info(request, _("You changed this in another window. Please check it again."))
        return redirect("tickets:report_check")
    puzzle = slow_down(request, (draft.contact or {}).get("phone", ""))
    # The session stays as it is here: a second tap must not bring a filed draft back.
    return check_page(request, draft, **puzzle) if puzzle else send(request, draft, said)


def send(request, draft, said):
    """File, keep the receipt for this browser, forget the draft."""
    try:
        answer = file_once(request, draft, said)
    except RuleViolation as refusal:
        draft.save(request.session)
        messages.error(request, refusal.message)
        place = refusal.field == "place"
        return redirect("tickets:report_where" if place else "tickets:report_check")
    drafts.keep_receipt(request.session, draft.key, answer)
    draft.clear(request.session)
    return redirect("tickets:receipt", answer["reference"])


def file_once(request, draft, said):
    """Return {reference, code} of the draft's one ticket, made now or by an earlier press."""
    photos = draft.clean_photos()
    by, user = actors(request, draft)

    def produce():
        filing = filing_of(draft, said)
        receipt = workflow.file_ticket(filing, by=by, user=user)
        workflow.keep_photos(receipt.ticket, photos)
        return 201, {"reference": receipt.ticket.reference, "code": receipt.tracking_code}

    return once("tickets.report", draft.key, draft.key, produce).data


def actors(request, draft):
    """Return (who files, whose account it is): staff who write for somebody are on the record."""
    if not request.user.is_authenticated:
        return workflow.RESIDENT, None
    for_other = bool(draft.contact and draft.contact["for_other"])
    if for_other and is_staff_member(request.user):
        return request.user, None
    return workflow.RESIDENT, None if for_other else request.user


def filing_of(draft, said):
    """Return the draft as the workflow takes it. Raises RuleViolation for a retired place."""
    grid = Grid.objects.listed().defer("outline").filter(pk=draft.grid_id).first()
    if grid is None:
        raise RuleViolation(
            _("This place has been reorganised. Please choose it again from the list."),
            field="place",
        )
    resident, helper = people_of(draft.contact or {})
    return workflow.Filing(
        description=draft.description,
        title=draft.title,
        category_id=said["category"].id,
        kind=said["kind"],
        grid=grid,
        source=Source.QR if draft.via == "qr" else Source.WEB,
        address=draft.address,
        latitude=draft.latitude,
        longitude=draft.longitude,
        resident=resident,
        helper=helper,
        accused=said["accused"],
    )


def people_of(contact):
    """Return (the person concerned, who writes for them or None); anonymous means nothing kept."""
    is_anonymous = contact.get("is_anonymous", False)
    resident = workflow.Contact(
        name="" if is_anonymous else contact.get("name", ""),
        phone="" if is_anonymous else contact.get("phone", ""),
        is_anonymous=is_anonymous,
        wants_call=contact.get("wants_call", False),
    )
    if not contact.get("for_other"):
        return resident, None
    helper = workflow.Contact(
        name=contact["helper_name"], phone=contact["helper_phone"], relation=contact["relation"]
    )
    return resident, helper


def slow_down(request, phone=""):
    """Count a filing; over the limit return what the page needs for the riddle, else None.

    Limits per phone or device and per address are those of the security notes: slow, never lose.
    A filled hidden field, which people do not see, asks for the riddle too.
    """
    if is_staff_member(request.user):
        return None
    address = network_of(client_address(request))
    who = phone or request.session.session_key or address
    counts = [
        take("file-hour", who, limit=FILED_AN_HOUR, window_s=HOUR_S),
        take("file-day", who, limit=FILED_A_DAY, window_s=DAY_S),
        take("file-address", address, limit=FILED_FROM_ADDRESS, window_s=HOUR_S),
    ]
    if all(each.ok for each in counts) and not request.POST.get("website"):
        return None
    riddle = request.POST.get("pow_challenge", "")
    decision = verify(riddle, request.POST.get("pow_nonce", ""), identity=address)
    if decision.ok:
        return None
    return {
        "challenge": riddle_after(decision, riddle),
        "wait_s": decision.retry_after_s or WAIT_S,
    }


@login_not_required
@never_cache
@require_GET
def receipt(request, reference):
    """Show what was promised, by whom and until when; the code only to the browser that filed."""
    code = drafts.receipt_code(request.session, reference)
    if not code:
        return redirect("tickets:progress", reference)
    found = Ticket.objects.select_related("holder", "organisation", "grid")
    ticket = get_object_or_404(found, reference=reference)
    address = request.build_absolute_uri(reverse("tickets:progress", args=[reference]))
    context = {
        "ticket": ticket,
        "code": code,
        "category": categories[ticket.category_id],
        "place_names": directory.path_names(ticket.grid_id),
        "promised": promised_day(ticket.due_at),
        "reason": routing_reason(ticket),
        "has_phone": ticket.people.exclude(phone_index="").exists(),
        # The code stands in the fragment, which browsers send to nobody.
        "qr": segno.make(f"{address}#{code}", error="m").png_data_uri(scale=6, border=2),
    }
    return render(request, "tickets/report/receipt.html", context)


# --- Me too --------------------------------------------------------------------------------


def join_once(request, draft, ticket):
    """Join a matter once for this draft; raises RuleViolation for a phone that cannot be one."""
    joined = request.session.get("joined", [])
    if ticket.reference in joined:
        raise AlreadyDone(_("You have reported this already; we will tell you when it is done."))
    typed = request.POST.get("phone", "")
    phone = normalise_phone(typed) if typed.strip() else ""
    device = request.session.session_key or network_of(client_address(request))
    if not take("join-hour", device, limit=JOINED_AN_HOUR, window_s=HOUR_S).ok:
        raise RuleViolation(_("You have joined many matters just now. Please go on with yours."))
    user = request.user if request.user.is_authenticated else None

    def produce():
        contact = workflow.Contact(phone=phone, is_anonymous=not phone)
        workflow.join(ticket, contact=contact, user=user)
        return 200, {}

    once("tickets.join", f"{draft.key}.{ticket.reference}", "", produce)
    request.session["joined"] = [*joined, ticket.reference][-drafts.RECEIPTS_KEPT :]


@login_not_required
@never_cache
@require_GET
def joined(request, reference):
    """Thank somebody who joined; they learn what every neighbour may, and the promised date."""
    if reference not in request.session.get("joined", []):
        raise Http404
    ticket = get_object_or_404(
        Ticket.objects.select_related("village", "community"), reference=reference
    )
    context = {
        "ticket": ticket,
        "category": categories[ticket.category_id],
        "promised": promised_day(ticket.due_at),
    }
    return render(request, "tickets/report/joined.html", context)
