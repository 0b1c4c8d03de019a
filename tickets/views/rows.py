"""One line about a ticket: what lists, the call-back queue and today's page show of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from accounts import directory as organisations
from common.text import mask_text
from grids import directory as grids
from tickets import actions, workflow
from tickets.catalogue import categories
from tickets.choices import Stage, Status, Verb
from tickets.models import Ticket

# A list joins one table (the holder); the rest of a row's names comes from memory.
FIELDS_LEFT_OUT = ("description", "tracking_digest", "public_text")


@dataclass(frozen=True)
class Nearest:
    """The promise of a ticket that runs out first, kept or broken; `seconds` from now or since."""

    stage: str
    due_at: datetime
    seconds: int
    is_late: bool
    is_waiting: bool


@dataclass(frozen=True)
class Row:
    """A ticket with its names and the main step that this reader may take.

    `is_late`, `is_soon` and `seconds` speak of the promised end, `nearest` of whatever promise
    runs out first.
    """

    ticket: Ticket
    title: str
    category: str
    place: str
    organisation: str
    is_late: bool
    is_soon: bool
    seconds: int
    main: str | None
    nearest: Nearest | None = None

    @property
    def done_by(self):
        """The promised end where another promise runs out before it, so that neither is hidden."""
        hidden = self.nearest and self.nearest.stage != Stage.RESOLVE
        return self.ticket.due_at if hidden else None

    @property
    def main_label(self):
        return Verb(self.main).label if self.main else ""

    @property
    def is_one_tap(self):
        return self.main in actions.ONE_TAP


def for_rows(found):
    """Return the queryset with what a row needs, and nothing it does not."""
    return found.select_related("holder").defer(*FIELDS_LEFT_OUT)


def rows_of(tickets, user, at):
    """Return a Row for each ticket (one query for the co-handlers of all of them)."""
    tickets = list(tickets)
    prefetch_related_objects(tickets, "legs")
    kinds, places = categories.all(), grids.paths_of({ticket.grid_id for ticket in tickets})
    return [_row(ticket, user, at, kinds, places) for ticket in tickets]


def _row(ticket, user, at, kinds, places):
    is_late = ticket.is_late(at)
    left = abs(int((ticket.due_at - at).total_seconds())) if ticket.due_at else 0
    return Row(
        ticket=ticket,
        title=mask_text(ticket.title),
        category=str(kinds.get(ticket.category_id, "")),
        place=" · ".join(places[ticket.grid_id][-2:]),
        organisation=organisations.name(ticket.organisation_id),
        is_late=is_late,
        is_soon=ticket.is_due_soon(at),
        seconds=left if ticket.is_open else 0,
        main=actions.main_of(workflow.available(ticket, user, among=actions.MAIN)),
        nearest=nearest_of(ticket, at),
    )


def nearest_of(ticket, at):
    """Return the Nearest promise of an open ticket, None where nothing is promised.

    As `reports.NEAREST` sorts: a wait stops the resolve clock, and its day still counts.
    """
    promises = [(ticket.next_due_at, ticket.next_stage)] if ticket.next_due_at else []
    if ticket.status == Status.ON_HOLD and ticket.due_at:
        promises.append((ticket.due_at, Stage.RESOLVE.value))
    if not promises:
        return None
    due_at, stage = min(promises)
    is_late = due_at < at
    waits = ticket.status == Status.ON_HOLD and stage == Stage.RESOLVE
    return Nearest(
        stage=stage,
        due_at=due_at,
        seconds=abs(int((due_at - at).total_seconds())),
        is_late=is_late,
        is_waiting=waits and not is_late,
    )


@dataclass(frozen=True)
class Named:
    """A ticket as a line about something else names it: its order, its request."""

    reference: str
    title: str
    place: str
    organisation: str


def named(ticket):
    """Return what to call a ticket; asks the database nothing."""
    return Named(
        reference=ticket.reference,
        title=mask_text(ticket.title),
        place=" · ".join(grids.path_names(ticket.grid_id)[-2:]),
        organisation=organisations.name(ticket.organisation_id),
    )
