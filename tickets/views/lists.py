"""The staff list with its filters, and the queue of call-backs."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.choices import GRID_ROLES
from accounts.reports import reach
from grids import directory as grids
from tickets import boards, reports
from tickets.filters import TicketFilter
from tickets.models import Ticket
from tickets.views.rows import for_rows, rows_of
from tickets.views.scope import staff_only

PAGE = 50
CURSOR = re.compile(r"^(\d{10,17})-(\d{1,18})$")


@require_safe
@staff_only
@vary_on_headers("HX-Request")
def ticket_list(request):
    """The newest 50 within reach, or what the filters in the address ask for."""
    at = timezone.now()
    chosen = TicketFilter(
        request.GET, Ticket.objects.for_user(request.user), user=request.user, at=at
    )
    found = chosen.qs if chosen.form.is_valid() else Ticket.objects.none()
    order = Order.by_due() if request.GET.get("due") else Order.by_age()
    after = request.GET.get("after", "")
    rows = for_rows(found).top(request.user, lambda rows: order.page(rows, after), PAGE + 1)
    page = list(rows)
    more = len(page) > PAGE
    context = {
        "form": chosen.form,
        "places": places_of(request.user),
        "works_on_the_ground": reach(request.user).has(*GRID_ROLES),
        "ways": boards.ways(request.user),
        "chips": chips(chosen.form, request.GET),
        "rows": rows_of(page[:PAGE], request.user, at),
        "count": None if more or "after" in request.GET else len(page),
        "next": address(request.GET, after=order.cursor(page[PAGE - 1])) if more else "",
        "first": address(request.GET) if "after" in request.GET else "",
        "at": at,
    }
    fragment = "tickets/staff/_rows.html" if _wants_rows(request) else "tickets/staff/list.html"
    return render(request, fragment, context)


def _wants_rows(request):
    # After the browser's back button htmx asks for the whole page.
    restoring = request.headers.get("HX-History-Restore-Request") == "true"
    return request.headers.get("HX-Request") == "true" and not restoring


@require_safe
@staff_only
def callbacks(request):
    """Matters that are said to be done and whose residents this person may ring up."""
    at = timezone.now()
    waiting = for_rows(reports.callbacks(request.user))[: 2 * PAGE]
    rows = [row for row in rows_of(waiting, request.user, at) if row.main == "record_call"]
    return render(request, "tickets/staff/callbacks.html", {"rows": rows, "at": at})


@dataclass(frozen=True)
class Order:
    """How a list is sorted, and the cursor that says where its next page begins."""

    column: str
    is_descending: bool

    @classmethod
    def by_age(cls):
        return cls("submitted_at", True)

    @classmethod
    def by_due(cls):
        """What is due is sorted by urgency."""
        return cls("due_at", False)

    def page(self, rows, cursor):
        """Return the rows after the cursor, sorted; an unreadable cursor begins at the top."""
        sign, beyond, back = ("-", "lte", "gte") if self.is_descending else ("", "gte", "lte")
        last = self._read(cursor)
        if last:
            moment, pk = last
            rows = rows.filter(**{f"{self.column}__{beyond}": moment})
            rows = rows.exclude(**{self.column: moment, f"pk__{back}": pk})
        return rows.order_by(f"{sign}{self.column}", f"{sign}pk")

    def cursor(self, ticket):
        """Return the place of this ticket in the order: microseconds and number."""
        moment = getattr(ticket, self.column)
        whole = int(moment.replace(microsecond=0).timestamp())
        return f"{whole * 1_000_000 + moment.microsecond}-{ticket.pk}"

    @staticmethod
    def _read(cursor):
        found = CURSOR.match(cursor)
        if not found:
            return None
        seconds, micro = divmod(int(found[1]), 1_000_000)
        try:
            return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro), int(found[2])
        except (ValueError, OverflowError, OSError):
            return None


def address(query, **changes):
    """Return the query string with other values, without the cursor and without empty values."""
    kept = query.copy()
    kept.pop("after", None)
    for name, value in changes.items():
        kept[name] = value
    for name in [name for name in kept if not kept[name]]:
        del kept[name]
    return f"?{kept.urlencode()}"


def chips(form, query):
    """Return (words, address without it) for every filter that is set."""
    found = []
    for name, field in form.fields.items():
        value = query.get(name, "").strip()
        if value:
            words = _("%(field)s: %(value)s") % {
                "field": field.label,
                "value": _shown(form, name, value),
            }
            found.append((words, address(query, **{name: ""})))
    return found


def _shown(form, name, value):
    if name == "grid":
        entry = form.cleaned_data.get("grid") if form.is_bound and form.is_valid() else None
        return entry.name if entry else value
    for key, label in getattr(form.fields[name], "choices", ()):
        group = label if isinstance(label, list | tuple) else [(key, label)]
        for inner, words in group:
            if str(inner) == value:
                return words
    return value


def places_of(user):
    """Return [(code, name, level)] of the places this person works for and those just below."""
    seen, found = reach(user), {}
    everything = grids.GRIDS.all().values()
    for entry in everything:
        if not entry.is_listed:
            continue
        near = (
            entry.path in seen.paths or entry.path[:-4] in seen.paths
            if seen.paths
            else entry.level <= 2
        )
        if near:
            found[entry.path] = entry
    return [found[path] for path in sorted(found)]
