"""What the first page tells of matters just solved: category, place, day; nobody's own words."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from tickets.choices import Outcome, Status
from tickets.models import Ticket

# Only the newest are looked through: an index serves them, however many tickets there are.
LOOKED_THROUGH = 300
SHOWN = 4


OTHER = "1299"


@dataclass(frozen=True)
class Solved:
    """One line of the list; `took` is how long it stood open."""

    title: str
    place: str
    day: date
    took: timedelta


def recently_solved(shown=SHOWN):
    """Return the latest matters of which the resident says that they are solved, one a place.

    Matters few people may read are left out, and so is everything that a resident wrote.
    """
    newest = Ticket.objects.newest_first().values_list("pk", flat=True)[:LOOKED_THROUGH]
    solved = (
        Ticket.objects.filter(
            pk__in=list(newest),
            status=Status.CLOSED,
            outcome=Outcome.SOLVED,
            is_confidential=False,
            closed_at__isnull=False,
        )
        # "Other" says nothing to a neighbour.
        .exclude(category__code=OTHER)
        .select_related("category", "community", "village")
        .order_by("-closed_at")
    )
    lines = {}
    for ticket in solved[: shown * 5]:
        place = ticket.village or ticket.community
        if place is not None and place.pk not in lines:
            took = ticket.closed_at - ticket.submitted_at
            day = timezone.localdate(ticket.closed_at)
            lines[place.pk] = Solved(str(ticket.category), str(place), day, took)
    return list(lines.values())[:shown]
