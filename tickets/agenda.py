"""What the rules propose for a secretaries' reception day, for whoever plans one."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from tickets.choices import OrderGround
from tickets.models import Ticket


@dataclass(frozen=True)
class Proposals:
    """Matters proposed and not forgotten: `tickets`, the longest waiting first, and how many.

    `counts` holds (ground, how many) for each OrderGround that occurs, in the order of the grounds.
    """

    tickets: QuerySet
    counts: tuple

    @property
    def total(self):
        return sum(count for _ground, count in self.counts)


def proposals(user):
    """Return the Proposals within this person's reach, each with its ground and its day (1 query).

    A matter stays proposed whatever has become of it: the secretaries hear how it ended, too.
    """
    found = Ticket.objects.for_user(user).filter(agenda_at__isnull=False)
    rows = found.order_by().values_list("agenda_ground").annotate(count=Count("pk"))
    counted = dict(rows)
    grounds = [ground for ground in OrderGround if counted.get(ground.value)]
    return Proposals(
        tickets=found.order_by("agenda_at", "pk"),
        counts=tuple((ground, counted[ground.value]) for ground in grounds),
    )
