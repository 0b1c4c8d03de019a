"""The secretaries' agenda: what is proposed, once each, and in which order it is heard."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.reports import reach
from common.errors import NotAllowed, RuleViolation
from common.text import tidy
from grids.choices import GridLevel
from receptions.choices import EventVerb, ItemGround, ItemKind
from receptions.models import AgendaItem
from receptions.workflow.moves import append, now
from tickets.models import TEXT_LIMIT

# Where secretaries meet.
MEETING_LEVELS = (GridLevel.STREET, GridLevel.DISTRICT)
# Who puts a matter on the agenda without a meeting that sent it there.
PROPOSERS = frozenset(
    {
        Role.COMMUNITY_SECRETARY,
        Role.STREET_SECRETARY,
        Role.DISTRICT_SECRETARY,
        Role.DISPATCHER,
        Role.SUPERVISOR,
    }
)


def propose(*, ticket, ground, by, grid=None, whistle=None, booking=None, text="", at=None):
    """Propose a matter for the secretaries of a street or district; return its one open AgendaItem.

    `grid` is the street or the district of the ticket, the district unless told otherwise; `by` is
    None for what the clocks propose. Proposing again returns the item that is there, whoever comes
    first.
    """
    if ground not in ItemGround.values or ground == ItemGround.OPINION:
        raise RuleViolation(_("Please say why this is proposed."), field="ground")
    grid = grid or ticket.district
    if grid.pk not in (ticket.street_id, ticket.district_id):
        raise RuleViolation(
            _("Secretaries meet for the street or for the district of a matter."), field="grid"
        )
    if by is not None and not may_propose(ticket, by, whistle=whistle, booking=booking):
        raise NotAllowed(_("This step is not yours to take."))
    item = AgendaItem(
        grid=grid,
        kind=ItemKind.MATTER,
        ground=ground,
        title=ticket.title,
        text=tidy(text, TEXT_LIMIT),
        ticket=ticket,
        whistle=whistle,
        booking=booking,
        proposed_by=by,
        proposed_at=at or now(),
    )
    return keep(item, by=by)


def may_propose(ticket, by, *, whistle=None, booking=None):
    """Whether the person may put the matter on an agenda: a secretary, or whoever sends it there.

    Whoever blew the whistle or holds the residents' day sends on what their meeting could not
    settle.
    """
    if whistle is not None and whistle.written_by_id == by.pk:
        return True
    if booking is not None and booking.session.host_id == by.pk:
        return True
    path = ticket.grid.path
    sent = whistle is not None or booking is not None
    return reach(by).covers(path) and (
        sent or reach(by).is_admin or bool(reach(by).roles_at(path) & PROPOSERS)
    )


def keep(item, *, by):
    """Insert the item with its first event, or return the open one that was proposed before it."""
    standing = AgendaItem.objects.open().filter(grid=item.grid, ticket=item.ticket)
    if found := standing.first():
        return found
    try:
        with transaction.atomic():
            item.save(force_insert=True)
            append(item, EventVerb.PROPOSE, by=by, at=item.proposed_at, ground=item.ground)
    except IntegrityError:
        return standing.get()
    return item
