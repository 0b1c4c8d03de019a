"""Boards of those who answer for others: late matters, orders to act, requests for more time."""

from collections import Counter
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import directory as organisations
from accounts import unsent
from common.errors import AlreadyDone, NotAllowed, RuleViolation, StalePage
from common.text import mask_text
from grids import directory as grids
from tickets import agenda, boards, codes, workflow
from tickets.choices import OrderState
from tickets.models import SupervisionOrder, Ticket
from tickets.views.lists import Order, address, chips
from tickets.views.rows import Named, Row, for_rows, named, rows_of
from tickets.views.scope import staff_only
from tickets.workflow.orders import words_of_order

PAGE = 50
FIRST_PROPOSALS = 5
MOST_DECISIONS = 50
# Longest late first, page by page.
LONGEST_FIRST = Order("late_since", False)


# --- Late now ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """How many late matters there are of one kind, and the address at which they stand."""

    name: str
    count: int
    link: str
    is_chosen: bool = False


@dataclass(frozen=True)
class LateRow:
    """A late matter: its row, its broken promises, the longest first, and the orders on it."""

    row: Row
    broken: list
    orders: list


@require_safe
@staff_only
@never_cache
def late(request):
    """What is late now, where and with whom, the longest late first.

    The messages about many late matters lead here, so whoever answers for no others goes on to
    their own day.
    """
    if not boards.watches(request.user):
        return redirect("today")
    if request.GET.get("show") == "agenda":
        return proposed(request)
    at, form = timezone.now(), boards.LateForm(request.GET)
    context = {"at": at, "form": form, "chips": chips(form, request.GET)}
    if form.is_valid():
        context |= figures(request, form, at) | page_of_late(request, form, at)
    found = agenda.proposals(request.user)
    context["proposals"] = found
    context["proposed"] = with_names(
        for_rows(found.tickets)[:FIRST_PROPOSALS] if found.total else []
    )
    context["orders"] = boards.orders(request.user).aggregate(
        open=Count("pk", filter=Q(state=OrderState.OPEN)),
        late=Count("pk", filter=Q(state=OrderState.OPEN, due_at__lt=at)),
    )
    return render(request, "tickets/staff/late.html", context)


def selected(request, form, at, stage=""):
    """Return the late tickets of the place and the organisation in the address."""
    found = boards.late_now(Ticket.objects.for_user(request.user), at, stage)
    return form.select(found, request.user)


def figures(request, form, at):
    """Count what is late: by promise, and of the promise chosen by place and by organisation.

    Every number is the length of the list at its address. Places and organisations stand in the
    order of their codes: this is no league table.
    """
    chosen = form.cleaned_data
    column = boards.level_below(request.user, chosen["grid"])
    # Below the smallest place there is nothing to count by, but offices all the same.
    by = column or "subarea_id"
    found = boards.spread(selected(request, form, at, chosen["stage"]), by)
    places, offices = Counter(), Counter()
    for (place, office), count in found.items():
        places[place] += count
        offices[office] += count
    stages = boards.late_stages(selected(request, form, at), at)
    return {
        "total": sum(found.values()),
        "stages": [
            Tally(label, stages.get(stage, 0), link(request, stage=stage), stage == chosen["stage"])
            for stage, label in boards.BROKEN.items()
        ],
        "places": tally_of_places(request, places) if column else [],
        "offices": tally_of_offices(request, offices),
    }


def link(request, **changes):
    """Return the address of the board with other choices, from its first page."""
    return address(request.GET, **changes)


def tally_of_places(request, counts):
    """Return a Tally for each place with late matters, in the order of the tree."""
    entries = grids.GRIDS.all()
    known = sorted((pk for pk in counts if pk), key=lambda pk: entries[pk].path)
    found = [
        Tally(entries[pk].name, counts[pk], link(request, grid=entries[pk].code, below=""))
        for pk in known
    ]
    if counts.get(None):
        words = _("no smaller place known")
        found.append(Tally(words, counts[None], link(request, below=boards.NONE)))
    return found


def tally_of_offices(request, counts):
    """Return a Tally for whoever has late matters in hand, the community first."""
    known = [each for each in organisations.ORGANISATIONS.all().values() if each.id in counts]
    found = [
        Tally(each.label, counts[each.id], link(request, organisation=each.id)) for each in known
    ]
    if counts.get(None):
        words = pgettext("holder of matters", "The community or the desk")
        found.insert(0, Tally(words, counts[None], link(request, organisation=boards.NONE)))
    return found


def page_of_late(request, form, at):
    """Return the rows of one page and the way to the next."""
    after = request.GET.get("after", "")
    found = for_rows(selected(request, form, at, form.cleaned_data["stage"]))
    tickets = list(LONGEST_FIRST.page(found, after)[: PAGE + 1])
    shown = tickets[:PAGE]
    broken, orders = boards.broken_promises(shown, at), boards.orders_on(shown)
    return {
        "rows": [
            LateRow(row, broken[row.ticket.pk], orders[row.ticket.pk])
            for row in rows_of(shown, request.user, at)
        ],
        "next": address(request.GET, after=LONGEST_FIRST.cursor(tickets[PAGE - 1]))
        if len(tickets) > PAGE
        else "",
        "first": address(request.GET) if after else "",
    }


def proposed(request):
    """List everything that is proposed for the secretaries' reception day."""
    found = agenda.proposals(request.user)
    page = Paginator(for_rows(found.tickets), PAGE).get_page(request.GET.get("page"))
    context = {"proposals": found, "page": page, "proposed": with_names(page)}
    return render(request, "tickets/staff/agenda.html", context)


def with_names(tickets):
    return [(ticket, named(ticket)) for ticket in tickets]


# --- Supervision orders --------------------------------------------------------------------

# How the orders of a state are sorted: the most urgent first, or the latest.
ORDER_STATES = {
    OrderState.OPEN: ("due_at", "pk"),
    OrderState.ANSWERED: ("-answered_at", "-pk"),
    OrderState.CLOSED: ("-closed_at", "-pk"),
}


@dataclass(frozen=True)
class OrderLine:
    """An order with the names of its matter; `is_mine` when it is this reader's to answer."""

    order: SupervisionOrder
    name: Named
    text: str
    answer: str
    result: str
    is_late: bool
    is_mine: bool


def order_lines(rows, at):
    """Return an OrderLine for each order fetched with its ticket; no query of its own."""
    return [
        OrderLine(
            order=order,
            name=named(order.ticket),
            text=mask_text(words_of_order(order.text, order.ground)),
            answer=mask_text(order.answer),
            result=mask_text(order.result),
            is_late=order.is_late(at),
            is_mine=order.is_mine,
        )
        for order in rows
    ]


@require_safe
@staff_only
@never_cache
def orders(request):
    """Orders to act: those this person must answer first, then those issued or watched."""
    at = timezone.now()
    state = request.GET.get("state", OrderState.OPEN)
    if state not in ORDER_STATES:
        raise Http404
    found = boards.orders(request.user)
    counted = dict(found.order_by().values_list("state").annotate(count=Count("pk")))
    people = ("ticket", "addressee", "issued_by", "answered_by", "closed_by")
    rows = found.filter(state=state).select_related(*people)
    page = Paginator(rows.order_by("-is_mine", *ORDER_STATES[state]), PAGE)
    page = page.get_page(request.GET.get("page"))
    lines = order_lines(page, at)
    context = {
        "state": state,
        "states": [
            Tally(each.label, counted.get(each, 0), f"?state={each.value}", each == state)
            for each in ORDER_STATES
        ],
        "page": page,
        "mine": [line for line in lines if line.is_mine],
        "others": [line for line in lines if not line.is_mine],
    }
    return render(request, "tickets/staff/orders.html", context)


# --- Requests for more time ----------------------------------------------------------------


@dataclass(frozen=True)
class RequestLine:
    """A request with the names of its matter and the form that decides it."""

    request: boards.Request
    name: Named
    reason: str
    form: boards.DecisionForm


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def extensions(request):
    """Requests for more time: each with its reason and both days, granted or refused in place."""
    if not boards.decides(request.user):
        raise Http404
    if request.method == "POST":
        return decide(request)
    return page_of_requests(request, typed=unsent.take(request))


def page_of_requests(request, *, typed=None, bound=None, notice="", status=200):
    """Render the requests; `bound` is the form that came back, `typed` what was typed before."""
    at, typed = timezone.now(), typed or {}
    lines = [request_line(asked, typed, bound) for asked in boards.requests_to_decide(request.user)]
    decided = boards.decisions(request.user, at, MOST_DECISIONS)
    is_shown = any(line.form is bound for line in lines)
    context = {
        "lines": lines,
        # What was typed about a request that is not on the page any more.
        "unplaced": bound.data.get("note", "") if bound is not None and not is_shown else "",
        "decided": [(each, named(each.request.ticket), mask_text(each.note)) for each in decided],
        "notice": notice,
        "form": bound,
        "is_cut": len(lines) >= boards.MOST_REQUESTS,
    }
    return render(request, "tickets/staff/extensions.html", context, status=status)


def request_line(asked, typed, bound):
    """Return the line of a request, with what has been typed about it so far."""
    ticket = asked.ticket
    if bound is not None and bound.data.get("reference") == ticket.reference:
        form = bound
    else:
        known = {"reference": ticket.reference, "seen": ticket.event_count}
        if typed.get("reference") == ticket.reference:
            known["note"] = typed.get("note", "")
        form = boards.DecisionForm(initial=known, auto_id=auto_id(ticket.reference))
    return RequestLine(asked, named(ticket), mask_text(asked.reason), form)


def auto_id(reference):
    return f"id_{reference}_%s"


def decide(request):
    """Grant or refuse what was asked for; a refusal of ours comes back with the typed text."""
    is_refusal = "refuse" in request.POST
    reference = request.POST.get("reference", "")
    form = boards.DecisionForm(request.POST, is_refusal=is_refusal, auto_id=auto_id(reference))
    if not codes.is_reference(reference):
        raise Http404
    ticket = get_object_or_404(Ticket.objects.for_user(request.user), reference=reference)
    if not form.is_valid():
        if "seen" in form.errors:
            return afresh(request, ticket, form, form.errors["seen"][0])
        return page_of_requests(request, bound=form)
    act = workflow.refuse_extension if is_refusal else workflow.grant_extension
    try:
        act(ticket, by=request.user, note=form.cleaned_data["note"], seen=form.cleaned_data["seen"])
    except RuleViolation as refusal:
        return not_decided(request, ticket, form, refusal)
    said = _("More time refused: %(title)s") if is_refusal else _("More time granted: %(title)s")
    messages.success(request, said % {"title": mask_text(ticket.title)})
    return redirect("tickets:extensions")


def not_decided(request, ticket, form, refusal):
    """Tell news from a mistake; a page that was overtaken comes back with the typed text."""
    if isinstance(refusal, StalePage):
        if not is_waiting(request.user, ticket):
            messages.info(request, _("This request has been decided, or the matter has moved on."))
            return redirect("tickets:extensions")
        return afresh(request, ticket, form, str(refusal))
    if isinstance(refusal, AlreadyDone):
        messages.info(request, str(refusal))
        return redirect("tickets:extensions")
    status = 403 if isinstance(refusal, NotAllowed) else 409
    return page_of_requests(request, bound=form, notice=str(refusal), status=status)


def afresh(request, ticket, form, sentence):
    """Show the requests as they are now, with what was typed about this one."""
    data = request.POST.copy()
    data["seen"] = str(Ticket.objects.get(pk=ticket.pk).event_count)
    kept = boards.DecisionForm(data, auto_id=form.auto_id)
    return page_of_requests(request, bound=kept, notice=sentence, status=409)


def is_waiting(user, ticket):
    """Whether the ticket's request still waits for this person's decision."""
    return any(asked.ticket.pk == ticket.pk for asked in boards.requests_to_decide(user))
