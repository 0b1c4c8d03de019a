"""A secretaries' day on one page and on paper, and the running count of the days held."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.reports import reach
from grids.choices import GridLevel
from grids.models import Grid
from receptions.choices import EventVerb
from receptions.models import AgendaItem, Session
from receptions.reports.agenda import days_held, ranked, settled_items
from receptions.views.agenda import Names, lines_of, reads_agenda, secretaries_only
from receptions.workflow.agenda import ITEM_MOVES, arranges
from receptions.workflow.moves import available
from tickets.views.scope import staff_only

MOST_PROPOSED = 20


def day_in_reach(request, pk):
    """Return the secretaries' day with its items; 404 for any other."""
    found = Session.objects.for_user(request.user).secretaries().select_related("grid", "host")
    day = get_object_or_404(found.prefetch_related("co_hosts"), pk=pk)
    seated = request.user.pk in (day.host_id, *(each.pk for each in day.co_hosts.all()))
    if not (reads_agenda(request.user) or seated):
        raise Http404
    return day


def lines_of_day(day, user, at):
    """Return the day's items in their order, with reasons, promises and steps."""
    rows = day.items.select_related("ticket", "grid", "proposed_by", "session")
    rows = rows.prefetch_related("commitments__lead", "commitments__owner", "session__co_hosts")
    items = list(rows.order_by("position", "pk"))
    names = Names(items, user)
    return [
        {
            "item": item,
            "reasons": ranked([item], at)[0].reasons,
            "promises": item.commitments.all() if item.ticket_id in names.readable else [],
            "before": item.position - 1 if item.position else 0,
            "after": item.position + 1 if item.position else 0,
            "may_move": EventVerb.REORDER in available(item, user, ITEM_MOVES),
            **names.of(item),
        }
        for item in items
    ]


def context_of(request, pk):
    day, at = day_in_reach(request, pk), timezone.now()
    lines = lines_of_day(day, request.user, at)
    settled = [line for line in lines if line["item"].is_settled_on_spot]
    return {
        "day": day,
        "at": at,
        "lines": lines,
        "settled": len(settled),
        "promised": sum(len(line["promises"]) for line in lines),
    }


@require_safe
@staff_only
@never_cache
def day(request, pk):
    """The agenda of one day, and what might still be put on it."""
    context = context_of(request, pk)
    day = context["day"]
    waiting = AgendaItem.objects.for_user(request.user).proposed().filter(grid=day.grid)
    items = list(waiting.select_related("ticket", "grid", "session")[: 10 * MOST_PROPOSED])
    context["may_arrange"] = arranges(AgendaItem(grid=day.grid, session=day), request.user)
    context["waiting"] = lines_of(items, request.user, context["at"])[:MOST_PROPOSED]
    return render(request, "receptions/agenda/day.html", context)


@require_safe
@staff_only
@never_cache
def day_print(request, pk):
    """The agenda on paper."""
    return render(request, "receptions/agenda/day_print.html", context_of(request, pk))


@require_safe
@staff_only
@never_cache
def minutes(request, pk):
    """The minutes on paper: what was decided, who does what by when."""
    return render(request, "receptions/agenda/minutes.html", context_of(request, pk))


@require_safe
@secretaries_only
@never_cache
def record(request):
    """How many days were held and how many matters settled on the spot; each figure is its rows."""
    places = places_of(request.user)
    number = request.GET.get("place", "")
    chosen = next((each for each in places if str(each.pk) == number), places[0])
    days = list(days_held(chosen))
    items = list(settled_items(chosen))
    names = Names(items, request.user)
    context = {
        "places": places,
        "chosen": chosen,
        "days": days,
        "settled": sum(each.settled_count for each in days),
        "lines": [{"item": item, **names.of(item)} for item in items],
        "is_demonstration": any(each.is_demonstration for each in days),
    }
    return render(request, "receptions/agenda/record.html", context)


def places_of(user):
    """Return the districts and streets whose days this person may count, the districts first."""
    seen = reach(user)
    rows = Grid.objects.filter(level__in=[GridLevel.DISTRICT, GridLevel.STREET]).defer("outline")
    paths = {path[:end] for path in seen.paths for end in (4, 8)}
    if not seen.is_admin:
        below = [path for path in seen.paths if len(path) <= 8]
        rows = [each for each in rows if each.path in paths or each.path.startswith(tuple(below))]
    return sorted(rows, key=lambda each: (each.level, each.path))
