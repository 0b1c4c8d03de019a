"""What is mine to do now: one list for every member of staff, the most urgent first."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import unsent
from accounts.choices import Role
from accounts.reports import is_staff_member, reach
from common.errors import RuleViolation
from common.workflow import KeyConflict
from grids import directory
from tickets import reports
from tickets.choices import Status, Verb
from tickets.filters import end_of_day
from tickets.forms.filing import QuickForm
from tickets.views.counter import file_once, quick_filing
from tickets.views.rows import Row, for_rows, rows_of

MOST = 200
MOST_CALLBACKS = 20
GROUPS = {
    "late": pgettext_lazy("group of today's list", "Late"),
    "today": pgettext_lazy("group of today's list", "Due today"),
    "answered": pgettext_lazy("group of today's list", "The resident has answered"),
    "new": pgettext_lazy("group of today's list", "New"),
    "decide": pgettext_lazy("group of today's list", "Returned, to be decided"),
    "working": pgettext_lazy("group of today's list", "In hand"),
    "waiting": pgettext_lazy("group of today's list", "Waiting"),
    "callback": pgettext_lazy("group of today's list", "To call back"),
}
ANSWERED = frozenset({Verb.ANSWER, Verb.DISPUTE, Verb.REOPEN})
NEW = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.DISPATCHED})


@dataclass(frozen=True)
class Line:
    """A row of the list in its group; `is_mine` is false for what was only passed up."""

    group: str
    row: Row
    is_mine: bool


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def today(request):
    """The list, and for grid workers a report in three fields."""
    if not is_staff_member(request.user):
        raise Http404
    form = quick_form(request)
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and report(request, form):
            return redirect("today")
    lines = lines_for(request.user, timezone.now())
    groups = [
        (name, label, [line for line in lines if line.group == name])
        for name, label in GROUPS.items()
    ]
    context = {
        "groups": [group for group in groups if group[2]],
        "count": len(lines),
        "is_cut": len(lines) >= MOST,
        "form": form,
    }
    return render(request, "hanting/today.html", context)


def lines_for(user, at):
    """Return the Lines of one person's day in the order of GROUPS, each by its due time."""
    mine = list(for_rows(reports.mine_today(user))[:MOST])
    calls = list(for_rows(reports.callbacks(user))[:MOST_CALLBACKS])
    rows = rows_of([*mine, *calls], user, at)
    midnight = end_of_day(at)
    lines = [Line(group_of(row, at, midnight), row, is_mine(row, user)) for row in rows]
    order = list(GROUPS)
    lines = [line for line in lines if line.group != "callback" or line.row.main]
    return sorted(lines, key=lambda line: order.index(line.group))


def group_of(row, at, midnight):
    """Return the one group in which a row stands: its most urgent."""
    ticket = row.ticket
    if ticket.status == Status.RESOLVED:
        return "callback"
    if row.is_late:
        return "late"
    if ticket.status == Status.RETURNED:
        return "decide"
    if ticket.last_verb in ANSWERED:
        return "answered"
    if ticket.due_at and ticket.due_at < midnight and ticket.status != Status.ON_HOLD:
        return "today"
    if ticket.status in NEW:
        return "new"
    return "waiting" if ticket.status == Status.ON_HOLD else "working"


def is_mine(row, user):
    return row.ticket.holder_id == user.pk or row.main is not None


# --- The report in three fields ------------------------------------------------------------


def quick_form(request):
    """Return the form for those who work in a grid, None for others."""
    places = own_places(request.user)
    if not places:
        return None
    given = request.POST if request.method == "POST" else None
    return QuickForm(given, places=places, initial=unsent.take(request))


def own_places(user):
    """Return the grid workers' and heads' own places and what lies below, own ones first."""
    seen = reach(user)
    own = [p.grid for p in seen.postings if p.role in (Role.GRID_WORKER, Role.GRID_HEAD)]
    if not own:
        return []
    paths = tuple(grid.path for grid in own)
    entries = directory.GRIDS.all().values()
    below = [each for each in entries if each.path.startswith(paths) and each.is_listed]
    return sorted(below, key=lambda each: (each.path not in paths, each.path))


def report(request, form):
    """File the report and, if so asked, settle it; a refusal goes back into the form."""
    settle = "settle" in request.POST
    try:
        reference = file_once(
            request, form.cleaned_data["key"], quick_filing(form.cleaned_data), settle=settle
        )
    except KeyConflict:
        form.renew()
        return False
    except RuleViolation as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    said = _("Settled and noted: %(reference)s") if settle else _("Reported: %(reference)s")
    messages.success(request, said % {"reference": reference})
    return True
