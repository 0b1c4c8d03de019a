"""Whistles counted: how often a community blows, measured by the matters it receives."""

import datetime
import re
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from accounts.reports import reach
from grids import directory
from grids.choices import GridLevel
from receptions.models import Whistle
from tickets.models import Ticket

MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Month:
    """One month in Shanghai, as an address names it: 2026-11."""

    first: datetime.date

    @classmethod
    def named(cls, text, today):
        """Return the month of the text, this month for anything else."""
        found = MONTH.match(text or "")
        return cls(
            datetime.date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
        )

    def __str__(self):
        return f"{self.first:%Y-%m}"

    @property
    def before(self):
        return Month((self.first - datetime.timedelta(days=1)).replace(day=1))

    @property
    def after(self):
        return Month((self.first + datetime.timedelta(days=31)).replace(day=1))

    @property
    def span(self):
        """The moments from which and before which something falls into the month."""
        ends = (self.first, self.after.first)
        zone = timezone.get_default_timezone()
        return tuple(datetime.datetime.combine(day, datetime.time(), zone) for day in ends)


@dataclass(frozen=True)
class Rate:
    """Whistles of one community in one month, and the matters it received in it."""

    place: object
    whistles: int
    matters: int

    @property
    def per_hundred(self):
        """Whistles for every 100 matters; None where there were no matters."""
        return round(100 * self.whistles / self.matters, 1) if self.matters else None


def communities_of(user):
    """Return the entries of the communities in a person's reach, in the order of the tree."""
    seen, entries = reach(user), directory.GRIDS.all().values()
    found = [each for each in entries if each.level == GridLevel.COMMUNITY]
    if not seen.is_admin:
        # The community around somebody who works in a part of it counts as theirs.
        around = {path[: len(each.path)] for path in seen.paths for each in found[:1]}
        found = [e for e in found if e.path.startswith(seen.paths) or e.path in around]
    return sorted(found, key=lambda each: each.path)


def rates(user, month):
    """Return a Rate of every community in reach, the frequent first, and one of all together.

    Only what this person may read is counted, so that every number opens as many rows.
    """
    places = communities_of(user)
    ids = [each.id for each in places]
    blown = blown_in(Whistle.objects.for_user(user), month).filter(ticket__community__in=ids)
    received = received_in(Ticket.objects.for_user(user), month).filter(community__in=ids)
    whistles = _counted(blown, "ticket__community")
    matters = _counted(received, "community")
    rows = [Rate(each, whistles.get(each.id, 0), matters.get(each.id, 0)) for each in places]
    rows.sort(key=lambda row: (-(row.per_hundred or 0), -row.whistles, row.place.path))
    return rows, Rate(None, sum(whistles.values()), sum(matters.values()))


def blown_in(whistles, month):
    since, until = month.span
    return whistles.filter(blown_at__gte=since, blown_at__lt=until)


def received_in(tickets, month):
    since, until = month.span
    return tickets.filter(submitted_at__gte=since, submitted_at__lt=until)


def _counted(rows, column):
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))
