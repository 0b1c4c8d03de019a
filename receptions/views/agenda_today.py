"""What the secretaries' days put on somebody's list of today."""

from datetime import datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.reports import day_of, reach
from common.text import mask_text
from grids import directory as grids
from receptions.choices import CommitmentStatus, EventVerb, ItemKind, ItemStatus
from receptions.models import AgendaItem, Commitment
from receptions.todo import ToDo
from receptions.workflow.agenda import ITEM_MOVES, PROPOSERS
from receptions.workflow.moves import available
from receptions.workflow.second_look import COMMITMENT_MOVES

SOON = timedelta(days=3)
MOST = 30
# The parts of a promise that the rules look at.
BESIDE = (
    "owner", "ticket__grid", "item__ticket", "item__proposed_by", "whistle__ticket",
    "whistle__written_by", "booking__session__host", "booking__ticket",
)  # fmt: skip


def todos(user, at):
    """Return promises of mine that are due, calls to make, matters to decide and to answer."""
    return [*_promises(user, at), *_calls(user), *_items(user, at)]


def _promises(user, at):
    rows = Commitment.objects.filter(
        owner=user, status=CommitmentStatus.OPEN, due_on__lte=day_of(at) + SOON
    )
    rows = list(rows.select_related("ticket").soonest_first()[:MOST])
    places = _places(rows)
    for row in rows:
        yield ToDo(
            kind="promise",
            title=mask_text(str(row)),
            place=places[row.ticket.grid_id],
            address=reverse("agenda:commitment", args=[row.pk]),
            action=_("Say that it is done"),
            note=_("Promised in a meeting"),
            due_at=_end_of(row.due_on),
            is_late=row.is_overdue(at),
        )


def _calls(user):
    """Yield who is to be asked whether a promise was kept; nobody without a place of their own."""
    if not reach(user).paths:
        return
    rows = Commitment.objects.for_user(user).filter(status=CommitmentStatus.DONE)
    rows = rows.select_related(*BESIDE).prefetch_related("helpers", "item__ticket__people")
    rows = list(rows.order_by("done_at", "pk")[:MOST])
    rows = [row for row in rows if EventVerb.KEEP in available(row, user, COMMITMENT_MOVES)]
    places = _places(rows)
    for row in rows:
        yield ToDo(
            kind="ask",
            title=mask_text(str(row)),
            place=places[row.ticket.grid_id],
            address=reverse("agenda:commitment", args=[row.pk]),
            action=_("Ask whether it was kept"),
            note=_("Said to be done"),
        )


def _items(user, at):
    """Yield what a day under way waits for, and opinions whose reply is due."""
    if not reach(user).has(*PROPOSERS):
        return
    rows = AgendaItem.objects.for_user(user).open().select_related("grid", "session", "ticket")
    rows = rows.prefetch_related("session__co_hosts")
    today = rows.filter(
        status=ItemStatus.SCHEDULED, kind=ItemKind.MATTER, session__starts_at__lte=at
    ).order_by("position", "pk")
    opinions = rows.filter(kind=ItemKind.OPINION, reply_by__lte=day_of(at) + SOON)
    opinions = opinions.order_by("reply_by", "pk")
    yield from _lines(today[:MOST], user, at, "decide", EventVerb.DECIDE)
    yield from _lines(opinions[:MOST], user, at, "opinion", EventVerb.ANSWER)


def _lines(rows, user, at, kind, verb):
    for item in rows:
        if verb in available(item, user, ITEM_MOVES):
            day = item.reply_by if kind == "opinion" else day_of(item.session.starts_at)
            yield ToDo(
                kind=kind,
                title=mask_text(item.title),
                place=item.grid.name,
                address=reverse("agenda:item", args=[item.pk]),
                action=_("Reply") if kind == "opinion" else _("Write down the decision"),
                note=item.get_ground_display(),
                due_at=_end_of(day),
                is_late=day < day_of(at),
            )


def _places(rows):
    paths = grids.paths_of({row.ticket.grid_id for row in rows})
    return {pk: " · ".join(names[-2:]) for pk, names in paths.items()}


def _end_of(day):
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
