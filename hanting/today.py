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
from receptions.todo import CALLED, ToDo
from receptions.views import today as meetings
from tickets import boards, reports
from tickets.choices import Status, Verb
from tickets.filters import end_of_day
from tickets.forms.filing import QuickForm
from tickets.views.board import OrderLine, order_lines
from tickets.views.counter import file_once, quick_filing
from tickets.views.rows import Named, Row, for_rows, named, rows_of

MOST = 200
MOST_CALLBACKS = 20
GROUPS = {
    "called": pgettext_lazy("group of today's list", "Called to come"),
    "order": pgettext_lazy("group of today's list", "Orders to answer"),
    "late": pgettext_lazy("group of today's list", "Late"),
    "today": pgettext_lazy("group of today's list", "Due today"),
    "time": pgettext_lazy("group of today's list", "More time asked for"),
    "answered": pgettext_lazy("group of today's list", "The resident has answered"),
    "new": pgettext_lazy("group of today's list", "New"),
    "decide": pgettext_lazy("group of today's list", "Returned, to be decided"),
    "working": pgettext_lazy("group of today's list", "In hand"),
    "meeting": pgettext_lazy("group of today's list", "Meetings and what was promised there"),
    "waiting": pgettext_lazy("group of today's list", "Waiting"),
    "callback": pgettext_lazy("group of today's list", "To call back"),
}
ANSWERED = frozenset({Verb.ANSWER, Verb.DISPUTE, Verb.REOPEN})
NEW = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.DISPATCHED})


@dataclass(frozen=True)
class Line:
    """A row of the list in its group; `is_mine` is false for what was only passed up.

    `also` is the group in which it would stand by what is to be done, where the hour put it into
    another one.
    """

    group: str
    row: Row
    is_mine: bool
    also: str = ""

    @property
    def also_label(self):
        return GROUPS[self.also]


@dataclass(frozen=True)
class ToAnswer:
    """An order that waits for this person's answer."""

    order: OrderLine
    group: str = "order"


@dataclass(frozen=True)
class ToDecide:
    """A request for more time that this person may grant or refuse."""

    request: boards.Request
    name: Named
    group: str = "time"


@dataclass(frozen=True)
class FromMeeting:
    """Something that a whistle, a reception day or the fund asks of this person."""

    todo: ToDo

    @property
    def group(self):
        return "called" if self.todo.kind == CALLED else "meeting"


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
        "ways": boards.ways(request.user),
        "form": form,
    }
    return render(request, "hanting/today.html", context)


def lines_for(user, at):
    """Return everything of one person's day in the order of GROUPS, each by its nearest promise."""
    mine = list(for_rows(reports.mine_today(user))[:MOST])
    calls = list(for_rows(reports.callbacks(user))[:MOST_CALLBACKS])
    rows = rows_of([*mine, *calls], user, at)
    midnight = end_of_day(at)
    lines = [line_of(row, user, midnight) for row in rows]
    lines = [line for line in lines if line.group != "callback" or line.row.main]
    lines += [ToAnswer(order) for order in order_lines(boards.orders_to_answer(user)[:MOST], at)]
    asked = boards.requests_to_decide(user)
    lines += [ToDecide(request, named(request.ticket)) for request in asked]
    lines += [FromMeeting(todo) for todo in meetings.todos(user, at)]
    order = list(GROUPS)
    return sorted(lines, key=lambda line: order.index(line.group))


def line_of(row, user, midnight):
    """Return the Line of a row: by the hour where that presses, else by what is to be done."""
    hour, what = by_the_hour(row, midnight), by_what_is_to_be_done(row)
    also = what if hour and what in ("answered", "decide", "waiting") else ""
    return Line(hour or what, row, is_mine(row, user), also)


def by_the_hour(row, midnight):
    """Return "late" or "today" by whatever promise runs out first, "" where none presses."""
    nearest = row.nearest
    if nearest is None or nearest.is_waiting:
        return ""
    if nearest.is_late:
        return "late"
    return "today" if nearest.due_at < midnight else ""


def by_what_is_to_be_done(row):
    ticket = row.ticket
    if ticket.status == Status.RESOLVED:
        return "callback"
    if ticket.status == Status.RETURNED:
        return "decide"
    if ticket.last_verb in ANSWERED:
        return "answered"
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
