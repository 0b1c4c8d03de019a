"""Promises: the list that nothing leaves by itself, each with its one next step."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.reports import day_of
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.text import mask_text
from grids import directory as grids
from receptions.choices import CommitmentStatus, EventVerb
from receptions.forms.agenda import CallBackForm, DoneForm
from receptions.models import Commitment
from receptions.workflow import second_look
from receptions.workflow.moves import available
from tickets.models import Ticket
from tickets.views.scope import staff_only
from tickets.views.ticket import people

PAGE = 100
STATES = {
    "open": (pgettext_lazy("promises", "Promised"), Q(status=CommitmentStatus.OPEN)),
    "done": (pgettext_lazy("promises", "Said to be done"), Q(status=CommitmentStatus.DONE)),
    "overdue": (pgettext_lazy("promises", "Overdue"), Q(status=CommitmentStatus.OPEN)),
    "struck_off": (
        pgettext_lazy("promises", "Struck off"),
        Q(status=CommitmentStatus.STRUCK_OFF),
    ),
}


def of_state(rows, state, at):
    """Return the promises of one tab of the list."""
    rows = rows.filter(STATES[state][1])
    return rows.overdue(at) if state == "overdue" else rows


@require_safe
@staff_only
@never_cache
def commitment_list(request):
    """What was promised within reach, by state, the nearest day first."""
    at, state = timezone.now(), request.GET.get("state", "open")
    state = state if state in STATES else "open"
    mine = Commitment.objects.for_user(request.user)
    rows = with_names(of_state(mine, state, at))
    order = "-struck_at" if state == "struck_off" else "due_on"
    rows = list(rows.order_by(order, "pk")[: PAGE + 1])
    context = {
        "state": state,
        "states": tallies(mine, at),
        "lines": lines_of(rows[:PAGE], request.user, at),
        "is_cut": len(rows) > PAGE,
    }
    return render(request, "receptions/agenda/commitments.html", context)


def with_names(rows):
    """Return the queryset with what a line and the rules need."""
    rows = rows.select_related(
        "owner", "lead", "ticket__grid", "item__session", "item__proposed_by", "item__ticket",
        "whistle__written_by", "whistle__ticket", "booking__session__host", "booking__ticket",
    )  # fmt: skip
    return rows.prefetch_related("helpers", "item__ticket__people", "whistle__ticket__people")


def tallies(rows, at):
    """Return [(state, words, how many)]: each number is the length of its list (1 query)."""
    counts = {
        state: Count("pk", filter=condition & overdue(state, at))
        for state, (_words, condition) in STATES.items()
    }
    found = rows.aggregate(**counts)
    return [(state, words, found[state]) for state, (words, _condition) in STATES.items()]


def overdue(state, at):
    return Q(due_on__lt=day_of(at)) if state == "overdue" else Q()


def lines_of(rows, user, at):
    places = grids.paths_of({row.ticket.grid_id for row in rows})
    return [line_of(row, user, at, places) for row in rows]


def line_of(row, user, at, places):
    """Return what a list shows of a promise: whose, by when, where, and the one next step."""
    verbs = available(row, user, second_look.COMMITMENT_MOVES)
    main = next((verb for verb in (EventVerb.REPORT_DONE, EventVerb.KEEP) if verb in verbs), None)
    return {
        "row": row,
        "text": mask_text(row.text),
        "place": " · ".join(places[row.ticket.grid_id][-2:]),
        "lead": row.lead,
        "is_overdue": row.is_overdue(at),
        "age": (day_of(at) - day_of(row.made_at)).days,
        "main": MAIN.get(main, ""),
    }


MAIN = {
    EventVerb.REPORT_DONE: pgettext_lazy("step on a promise", "Say that it is done"),
    EventVerb.KEEP: pgettext_lazy("step on a promise", "Ask whether it was kept"),
}


def commitment_in_reach(request, pk):
    """Return the promise with what its page needs; 404 when it is out of reach."""
    found = Commitment.objects.for_user(request.user).select_related(
        "owner", "done_by", "lead", "made_by", "ticket__grid", "item__ticket", "item__proposed_by",
        "item__session", "whistle__ticket", "whistle__written_by", "booking__session__host",
        "booking__ticket",
    )  # fmt: skip
    return get_object_or_404(found.prefetch_related("helpers"), pk=pk)


@require_safe
@staff_only
@never_cache
def commitment_detail(request, pk):
    """One promise: what, whose, by when, who was asked, and the next step."""
    return commitment_page(request, commitment_in_reach(request, pk))


def commitment_page(request, row, form=None, *, notice="", status=200):
    """Render a promise's page; `form` is what came back with mistakes."""
    user, at = request.user, timezone.now()
    verbs = available(row, user, second_look.COMMITMENT_MOVES)
    asks, reports = EventVerb.KEEP in verbs, EventVerb.REPORT_DONE in verbs
    if form is None and (asks or reports):
        form = CallBackForm() if asks else DoneForm()
    context = {
        **lines_of([row], user, at)[0],
        "at": at,
        "form": form,
        "asks": asks,
        "reports": reports,
        "notice": notice,
        "reads_ticket": Ticket.objects.for_user(user).filter(pk=row.ticket_id).exists(),
        "attempts": row.attempts.select_related("by"),
        "has_resident": second_look.has_resident(row),
        "people": people(row.meeting.ticket, user) if asks else [],
        "attempt_days": len(second_look.attempt_days(row)),
        "needed_days": second_look.ATTEMPT_DAYS,
    }
    return render(request, "receptions/agenda/commitment.html", context, status=status)


@require_POST
@staff_only
@never_cache
def commitment_verb(request, pk, verb):
    """Say that it is done, or write down what came of asking."""
    row = commitment_in_reach(request, pk)
    if verb not in STEPS:
        raise Http404
    form_class, do = STEPS[verb]
    form = form_class(request.POST)
    if not form.is_valid():
        return commitment_page(request, row, form, status=400)
    try:
        do(row, by=request.user, **form.cleaned_data)
    except RuleViolation as refusal:
        return refused(request, row, form, refusal)
    messages.success(request, _("Written down."))
    return redirect("agenda:commitment", row.pk)


def refused(request, row, form, refusal):
    """Tell news from a mistake; what was typed stays on the page."""
    if isinstance(refusal, AlreadyDone):
        messages.info(request, str(refusal))
        return redirect("agenda:commitment", row.pk)
    status = 403 if isinstance(refusal, NotAllowed) else 409
    if refusal.field in form.fields:
        form.add_error(refusal.field, str(refusal))
        status = 400
    return commitment_page(request, row, form, notice=str(refusal), status=status)


def write_down(row, *, by, reached, kept, note):
    """Write down an answer, or that nobody was reached."""
    if reached == "yes":
        return second_look.record_answer(row, by=by, kept=kept == "yes", note=note)
    return second_look.record_attempt(row, by=by, note=note)


STEPS = {
    "report-done": (DoneForm, second_look.report_done),
    "call-back": (CallBackForm, write_down),
}
