"""The fund for serving the people: balance and requests, one request with its steps, the year."""

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import unsent
from accounts.reports import reach
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import csv_safe
from common.workflow import KeyConflict, once
from grids.choices import GridLevel
from grids.models import Grid
from receptions.choices import EventVerb
from receptions.forms.fund import FORMS, RequestForm
from receptions.models import FUND_ROLES, Fund, FundRequest
from receptions.reports import fund as reports
from receptions.workflow import fund as workflow
from receptions.workflow.moves import available
from tickets.views.scope import staff_only

MOST = 100
DO = {
    EventVerb.ADVANCE: workflow.advance,
    EventVerb.REFUSE: workflow.refuse,
    EventVerb.WITHDRAW: workflow.withdraw,
    EventVerb.REPAY: workflow.repay,
    EventVerb.CORRECT: workflow.correct,
}


def _this_year():
    return timezone.localdate().year


def _for_fund_people(request):
    """Answer 404 to staff whose business the fund is not."""
    seen = reach(request.user)
    if not (seen.is_admin or seen.has(*FUND_ROLES)):
        raise Http404
    return seen


@require_safe
@staff_only
@never_cache
def home(request):
    """Show the funds within reach with what is left, and their requests, open ones first."""
    _for_fund_people(request)
    year = _year_of(request)
    funds = Fund.objects.for_user(request.user)
    rows = FundRequest.objects.for_user(request.user).filter(fund__year=year)
    rows = rows.select_related("fund__grid", "requested_by").defer("fund__grid__outline")
    figures = reports.figures(funds.filter(year=year))
    context = {
        "year": year,
        "years": sorted({*funds.values_list("year", flat=True), _this_year()}, reverse=True),
        "figures": figures,
        "total": reports.total(figures),
        "requests": rows.waiting_first()[:MOST],
        "can_ask": year == _this_year() and bool(_own_funds(request.user)),
        "missing": _without_fund(request.user, year) if year == _this_year() else [],
        "unpublished": [
            each.fund
            for each in figures
            if not each.fund.published_at and workflow.may_lead(each.fund.grid, request.user)
        ],
        "is_published": any(each.fund.published_at for each in figures),
    }
    return render(request, "receptions/fund/home.html", context)


def _year_of(request):
    asked = request.GET.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else _this_year()


def _own_funds(user):
    """Return this year's funds of the communities this person is secretary of."""
    funds = Fund.objects.for_user(user).filter(year=_this_year()).select_related("grid")
    return [fund for fund in funds.defer("grid__outline") if workflow.may_ask(fund.grid, user)]


def _without_fund(user, year):
    """Return the communities whose fund of the year this person may open and nobody has."""
    places = Grid.objects.current().at_level(GridLevel.COMMUNITY).defer("outline")
    places = places.exclude(funds__year=year).order_by("path")
    return [place for place in places if workflow.may_lead(place, user)]


@require_POST
@staff_only
def open_year(request):
    """Open this year's fund of every community within reach that has none."""
    _for_fund_people(request)
    places = _without_fund(request.user, _this_year())
    with transaction.atomic():
        for place in places:
            workflow.open_fund(place, _this_year(), by=request.user)
    messages.info(request, _("%(count)d funds are open now.") % {"count": len(places)})
    return redirect("fund:home")


@require_POST
@staff_only
def publish(request, year):
    """Publish the year's figures of every fund within reach."""
    _for_fund_people(request)
    done = 0
    for fund in Fund.objects.for_user(request.user).filter(year=year).select_related("grid"):
        try:
            workflow.publish(fund, by=request.user)
            done += 1
        except (AlreadyDone, NotAllowed):
            continue
    messages.info(request, _("Figures published: %(count)d.") % {"count": done})
    return redirect("fund:home")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@never_cache
def ask(request):
    """Ask the fund for a sum."""
    funds = _own_funds(request.user)
    if not funds:
        raise Http404
    if request.method != "POST":
        typed = unsent.take(request) or {"ticket": request.GET.get("ticket", "")[:40]}
        return _ask_page(request, RequestForm(funds=funds, user=request.user, initial=typed))
    form = RequestForm(request.POST, funds=funds, user=request.user)
    if not form.is_valid():
        return _ask_page(request, form)
    try:
        pk = _ask_once(request, form)
    except RuleViolation as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _ask_page(request, form)
    messages.success(request, _("Asked for. The second pair of eyes has been told."))
    return redirect("fund:detail", pk)


def _ask_once(request, form):
    """Make the request once for the form's key; return its number."""

    def produce():
        row = workflow.request(form.cleaned_data["fund"], by=request.user, **form.arguments())
        return 201, row.pk

    body = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    try:
        return once(f"fund.request:{request.user.pk}", form.cleaned_data["key"], body, produce).data
    except KeyConflict:
        form.renew()
        raise


def _ask_page(request, form):
    context = {"form": form, "funds": list(form.funds.values())}
    return render(request, "receptions/fund/ask.html", context)


def _request_in_reach(request, pk):
    rows = FundRequest.objects.for_user(request.user).select_related(
        "fund__grid", "requested_by", "decided_by", "ticket"
    )
    return get_object_or_404(rows.defer("fund__grid__outline"), pk=pk)


@require_safe
@staff_only
@never_cache
def detail(request, pk):
    """Show one request: what for, where it stands, its bookings, and the steps open now."""
    return _detail_page(request, _request_in_reach(request, pk))


@require_POST
@staff_only
@never_cache
def step(request, pk, verb):
    """Do one step on a request; what cannot be done comes back as a sentence with the words."""
    row = _request_in_reach(request, pk)
    if verb not in FORMS:
        raise Http404
    form = FORMS[verb](request.POST, row=row, prefix=verb)
    if not form.is_valid():
        return _detail_page(request, row, verb, form)
    try:
        DO[verb](row, by=request.user, **form.arguments())
    except AlreadyDone as news:
        messages.info(request, str(news))
    except NotAllowed as refusal:
        return _detail_page(request, row, verb, form, notice=str(refusal), status=403)
    except RuleViolation as refusal:
        if refusal.field in form.fields:
            form.add_error(refusal.field, str(refusal))
            return _detail_page(request, row, verb, form)
        return _detail_page(request, row, verb, form, notice=str(refusal), status=409)
    else:
        messages.success(request, _("%(step)s: recorded.") % {"step": EventVerb(verb).label})
    return redirect("fund:detail", row.pk)


def _detail_page(request, row, verb="", form=None, *, notice="", status=200):
    open_now = available(row, request.user, workflow.FUND_MOVES)
    context = {
        "row": row,
        "form": form,
        "notice": notice,
        "steps": [
            (
                each,
                EventVerb(each).label,
                form if each == verb else _blank(each, row),
            )
            for each in open_now
        ],
        "opened": verb,
        "is_lost": bool(form) and verb not in open_now,
        "events": row.events.select_related("by"),
        "entries": workflow.entries_of(row),
        "sees_ticket": row.ticket_id and _sees(request.user, row.ticket),
    }
    return render(request, "receptions/fund/request.html", context, status=status)


def _blank(verb, row):
    return FORMS[verb](row=row, prefix=verb)


def _sees(user, ticket):
    return type(ticket).objects.for_user(user).filter(pk=ticket.pk).exists()


# --- For everybody -------------------------------------------------------------------------


@require_safe
@login_not_required
def published(request, year):
    """Show what the communities' funds of a year were used for, without names."""
    figures = _published_or_404(year)
    context = {
        "year": year,
        "years": reports.published_years(),
        "figures": figures,
        "total": reports.total(figures),
        "at": timezone.now(),
    }
    return render(request, "receptions/fund/published.html", context)


@require_safe
@login_not_required
def published_csv(request, year):
    """The same as a table for a spreadsheet, a line for each sum."""
    figures = _published_or_404(year)
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="fund-{year}.csv"'
    table = csv.writer(answer)
    table.writerow(
        [_("Community"), _("What for"), _("Advanced, yuan"), _("Paid back, yuan"), _("Still out")]
    )
    for row in figures:
        for each in row.requests:
            sums = [each.amount_fen, each.repaid_fen, each.outstanding_fen]
            words = [csv_safe(str(row.fund.grid)), csv_safe(each.purpose)]
            table.writerow([*words, *(f"{fen / 100:.2f}" for fen in sums)])
    return answer


def _published_or_404(year):
    figures = reports.published_figures(year)
    if not figures:
        raise Http404
    return figures
