"""What reception days look like in numbers and rows: for everybody, and for those who hold them."""

from dataclasses import dataclass, field

from django.db.models import Count, F, Prefetch, Q

from common.text import mask_name
from receptions.choices import BOOKING_LIVE, BookingStatus, Outcome, SummonsStatus
from receptions.models import Booking, Representative, Session
from tickets.models import Ticket

PAST_SHOWN = 12


def _counted(rows):
    live = Q(bookings__status__in=BOOKING_LIVE)
    return rows.annotate(
        booked=Count("bookings", filter=live, distinct=True),
        waiting=Count("bookings", filter=Q(bookings__status=BookingStatus.QUEUED), distinct=True),
        free=Count("slots", filter=Q(slots__taken__lt=F("slots__limit")), distinct=True),
        places=Count("slots", distinct=True),
        heard=Count("bookings", filter=Q(bookings__status=BookingStatus.HEARD), distinct=True),
        settled=Count(
            "bookings", filter=Q(bookings__outcome=Outcome.SOLVED_ON_SPOT), distinct=True
        ),
    )


def _with_hosts(rows):
    return rows.select_related("host", "grid").defer("grid__outline")


def public_days():
    """Return every day that everybody may read, with its numbers."""
    return _with_hosts(_counted(Session.objects.public()))


def _around(rows, grid):
    """Keep the days of the places around this one and within it; all where none is given."""
    if grid is None:
        return rows
    around = Q(grid__path__in=grid.ancestor_paths)
    return rows.filter(around | Q(grid__path__startswith=grid.path))


def coming_days(at, grid=None):
    """Return the public days still to come, soonest first, those of the place's line if given."""
    return _around(public_days().coming(at), grid).soonest_first()


def past_days(grid=None):
    """Return the days that were held lately, with how many matters were heard and settled."""
    return _around(public_days().held(), grid).order_by("-starts_at", "-pk")[:PAST_SHOWN]


def staff_days(user):
    """Return the days within a person's reach with their numbers."""
    seen = Session.objects.for_user(user).values("pk")
    return _with_hosts(_counted(Session.objects.filter(pk__in=seen)))


def departments_of(session):
    """Return the summonses of a day that still stand: who was called and who comes."""
    rows = session.summonses.exclude(status=SummonsStatus.RELEASED)
    return rows.select_related("organisation", "person")


def bookings_of(session):
    """Return a day's bookings in the order in which they are heard, with all a list shows."""
    people = Prefetch("representatives", queryset=Representative.objects.order_by("pk"))
    rows = session.bookings.exclude(status=BookingStatus.CANCELLED)
    rows = rows.select_related("slot", "ticket", "ticket__village", "booked_by", "session")
    return rows.prefetch_related(people).order_by(F("slot__number").asc(nulls_last=True), "pk")


@dataclass
class Board:
    """A running day in its parts; the paper list and the screen are made of the same rows."""

    rows: list = field(default_factory=list)

    @property
    def placed(self):
        return [row for row in self.rows if row.slot_id]

    @property
    def in_room(self):
        """Who has come without a place that is free."""
        rows = [row for row in self.rows if row.status == BookingStatus.QUEUED and row.arrived_at]
        return sorted(rows, key=lambda row: row.queue_number)

    @property
    def waiting(self):
        return [
            row for row in self.rows if row.status == BookingStatus.QUEUED and not row.arrived_at
        ]

    @property
    def absent(self):
        return [row for row in self.rows if row.status == BookingStatus.ABSENT]

    @property
    def heard(self):
        return [row for row in self.rows if row.status == BookingStatus.HEARD]

    @property
    def now(self):
        """Whom to call next: the first in the room who has a place."""
        here = [row for row in self.placed if row.status == BookingStatus.ARRIVED]
        return here[0] if here else None


def board_of(session, user=None, *, in_clear=True):
    """Return the day's board; for a `user` with `title` and `people` as these eyes may read them.

    A confidential matter is a number to whoever may not read it, with nobody behind it. Who only
    sits with the host (not `in_clear`) reads masked names.
    """
    rows = list(bookings_of(session))
    if user is not None:
        readable = Ticket.objects.for_user(user).filter(pk__in=[row.ticket_id for row in rows])
        readable = set(readable.values_list("pk", flat=True))
        for row in rows:
            row.is_shown = row.ticket_id in readable or not row.ticket.is_confidential
            row.title = row.ticket.title if row.is_shown else row.ticket.reference
            row.people = _people(row, in_clear) if row.is_shown else []
    return Board(rows)


def _people(row, in_clear):
    return [
        (person.name if in_clear else mask_name(person.name), person.relation)
        for person in row.representatives.all()
    ]


def causes_booked(session):
    """Return [(category id, department's bookings)] of a day, the most frequent first."""
    live = session.bookings.filter(status__in=BOOKING_LIVE)
    rows = live.values_list("ticket__category").annotate(number=Count("pk"))
    return list(rows.order_by("-number", "ticket__category"))


# --- Prepared folder -----------------------------------------------------------------------

SIMILAR_SHOWN, PAST_MATTERS_SHOWN = 5, 10


def past_matters(ticket, user):
    """Return earlier matters of the same village that this person may read, newest first."""
    rows = Ticket.objects.for_user(user).filter(
        village_id=ticket.village_id, community_id=ticket.community_id
    )
    return rows.exclude(pk=ticket.pk).newest_first()[:PAST_MATTERS_SHOWN]


def solved_elsewhere(ticket, user):
    """Return matters of the same kind that were solved in other places, within the reach."""
    rows = Ticket.objects.for_user(user).filter(category_id=ticket.category_id, status="closed")
    rows = rows.exclude(village_id=ticket.village_id).exclude(pk=ticket.pk)
    return rows.select_related("organisation").newest_first()[:SIMILAR_SHOWN]


def booking_for(user, pk):
    """Return a query for one booking in this person's reach with what its pages show."""
    rows = Booking.objects.for_user(user).filter(pk=pk)
    return rows.select_related(
        "session", "session__grid", "session__host", "slot", "ticket", "ticket__grid"
    ).prefetch_related("representatives")
