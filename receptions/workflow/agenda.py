"""The secretaries' agenda: what is proposed, once each, and in which order it is heard."""

from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import day_of, reach
from common.errors import NotAllowed, RuleViolation
from common.text import tidy
from grids.choices import GridLevel
from grids.models import Grid
from notices.workflow import enqueue
from receptions.choices import (
    ITEM_OPEN,
    SECRETARY_DAYS,
    EventVerb,
    ItemGround,
    ItemKind,
    ItemStatus,
    SessionStatus,
    Topic,
)
from receptions.models import AgendaItem, Session
from receptions.workflow.moves import Move, append, moving, now
from receptions.workflow.words import say
from tickets.choices import OPEN
from tickets.models import TEXT_LIMIT, Ticket

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
# Who prepares the meetings of a street or of the district, and writes down what is decided.
ARRANGERS = frozenset(
    {Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY, Role.DISPATCHER, Role.SUPERVISOR}
)
# An opinion gets its reply within so many days unless another day is promised.
REPLY_WITHIN, LONGEST_REPLY = timedelta(days=15), timedelta(days=183)
CLOCK_GROUNDS = (ItemGround.LATE, ItemGround.REPEATED, ItemGround.UNSATISFIED)
REOPENED = 2
PULLED_AT_ONCE = 500


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


def write_opinion(*, by, topic, title, text="", grid=None, reply_by=None, at=None):
    """Put a community secretary's opinion before the secretaries; it gets a reply, and by a day.

    `grid` is the street or the district of the community, the district unless told otherwise.
    """
    at, title, text = at or now(), tidy(title or "", 80, one_line=True), tidy(text, TEXT_LIMIT)
    communities = [
        posting.grid for posting in reach(by).postings if posting.role == Role.COMMUNITY_SECRETARY
    ]
    if not communities:
        raise NotAllowed(_("Opinions are written by the secretaries of communities."))
    if topic not in Topic.values:
        raise RuleViolation(_("Please say what the opinion is about."), field="topic")
    if not title:
        raise RuleViolation(_("Please say it in one line."), field="title")
    grid = grid or _district_of(communities[0])
    if grid.level not in MEETING_LEVELS or not communities[0].path.startswith(grid.path):
        raise RuleViolation(
            _("Secretaries meet for your street or for the district."), field="grid"
        )
    same = {"grid": grid, "kind": ItemKind.OPINION, "proposed_by": by, "title": title, "text": text}
    if found := AgendaItem.objects.open().filter(**same).first():
        return found
    with transaction.atomic():
        item = AgendaItem.objects.create(
            **same,
            topic=topic,
            ground=ItemGround.OPINION,
            proposed_at=at,
            reply_by=reply_by or day_of(at) + REPLY_WITHIN,
        )
        append(item, EventVerb.PROPOSE, by=by, at=at, topic=topic)
    return item


def _district_of(grid):
    return Grid.objects.get(path=grid.path[:4])


# --- Arranging a day -----------------------------------------------------------------------


def arranges(row, by):
    """Whether the person prepares or holds the meetings of this street or district."""
    session = row.session
    if session is not None and (
        session.host_id == by.pk or any(each.pk == by.pk for each in session.co_hosts.all())
    ):
        return True
    return reach(by).is_admin or bool(reach(by).roles_at(row.grid.path) & ARRANGERS)


def _arranges_matter(row, by):
    return row.kind == ItemKind.MATTER and arranges(row, by)


def _arranges_opinion(row, by):
    return row.kind == ItemKind.OPINION and arranges(row, by)


S, V = ItemStatus, EventVerb
ITEM_MOVES = {
    V.SCHEDULE: Move((S.PROPOSED,), S.SCHEDULED, arranges),
    V.UNSCHEDULE: Move((S.SCHEDULED,), S.PROPOSED, arranges),
    V.REORDER: Move((S.SCHEDULED,), None, arranges),
    V.DECIDE: Move((S.SCHEDULED,), S.DECIDED, _arranges_matter),
    V.ANSWER: Move((S.PROPOSED, S.SCHEDULED), S.ANSWERED, _arranges_opinion),
    V.CHANGE: Move((S.PROPOSED, S.SCHEDULED), None, _arranges_opinion),
    # An opinion is never taken off: it gets a reply.
    V.DROP: Move((S.PROPOSED, S.SCHEDULED), S.DROPPED, _arranges_matter),
}


def doing(item, verb, *, by, at):
    """Yield the step of one verb on an agenda item."""
    return moving(item, verb, table=ITEM_MOVES, by=by, at=at)


def next_day(grid, at):
    """Return the secretaries' next day of a street or district, None where none is planned."""
    return Session.objects.secretaries().filter(grid=grid).coming(at).soonest_first().first()


def schedule(item, *, session, by, at=None):
    """Put an item at the end of a secretaries' day's agenda."""
    at = at or now()
    if session is None:
        raise RuleViolation(_("Please choose a day."), field="session")
    with _locked_day(session) as day, doing(item, EventVerb.SCHEDULE, by=by, at=at) as step:
        _check_day(step.row, day, at)
        last = day.items.order_by("-position").values_list("position", flat=True).first() or 0
        step.set(session=day, position=last + 1)
        step.say(session=day.pk)
    return step.row


@contextmanager
def _locked_day(session):
    """Let one person at a time arrange a day."""
    with transaction.atomic():
        yield Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)


def _check_day(item, day, at):
    if day.kind not in SECRETARY_DAYS or day.grid_id != item.grid_id:
        raise RuleViolation(_("This is not a day of these secretaries."), field="session")
    if day.status in (SessionStatus.CLOSED, SessionStatus.CANCELLED):
        raise RuleViolation(
            _("This day is “%(status)s”. Please choose another.")
            % {"status": day.get_status_display()},
            field="session",
        )


def unschedule(item, *, by, at=None):
    """Take an item from a day's agenda; it stays proposed."""
    with doing(item, EventVerb.UNSCHEDULE, by=by, at=at) as step:
        step.say(session=step.row.session_id)
        step.set(session=None, position=None)
    return step.row


def reorder(item, *, position, by, at=None):
    """Move an item to a place of its day's agenda, counted from 1; the others close up."""
    if item.session is None:
        raise RuleViolation(_("This is not on an agenda."), code="wrong_status")
    with _locked_day(item.session) as day, doing(item, EventVerb.REORDER, by=by, at=at) as step:
        others = [each for each in day.items.order_by("position", "pk") if each.pk != item.pk]
        place = max(1, min(position, len(others) + 1))
        others.insert(place - 1, step.row)
        for number, each in enumerate(others, 1):
            if each is not step.row and each.position != number:
                AgendaItem.objects.filter(pk=each.pk).update(position=number)
        step.set(position=place)
        step.say(position=place)
    return step.row


def drop(item, *, by, reason, at=None):
    """Take a matter off the agenda for good, with a reason that whoever proposed it reads."""
    reason = tidy(reason or "", TEXT_LIMIT)
    if not reason:
        raise RuleViolation(_("Please say why it is taken off."), field="reason")
    with doing(item, EventVerb.DROP, by=by, at=at) as step:
        step.set(decision=reason, decided_at=step.at, position=None)
        step.say(reason=reason)
        tell_proposer(step, gettext_noop("Taken off the secretaries' agenda: %(title)s"), reason)
    return step.row


def promise_reply(item, *, by, reply_by, at=None):
    """Say by which day an opinion gets its reply."""
    _check_reply_day(reply_by, at or now())
    with doing(item, EventVerb.CHANGE, by=by, at=at) as step:
        step.set(reply_by=reply_by)
        step.say(reply_by=reply_by.isoformat())
    return step.row


def _check_reply_day(day, at):
    if day is None or day < day_of(at):
        raise RuleViolation(_("Please give a day that is still to come."), field="reply_by")
    if day > day_of(at) + LONGEST_REPLY:
        raise RuleViolation(_("A reply comes within half a year."), field="reply_by")


def answer(item, *, by, reply, at=None):
    """Reply to an opinion."""
    reply = tidy(reply or "", TEXT_LIMIT)
    if not reply:
        raise RuleViolation(_("Please write the reply."), field="reply")
    with doing(item, EventVerb.ANSWER, by=by, at=at) as step:
        step.set(reply=reply, decided_at=step.at)
        step.say(reply=reply)
        tell_proposer(step, gettext_noop("A reply to your opinion: %(title)s"), reply)
    return step.row


def tell_proposer(step, sentence, body):
    """Tell whoever proposed an item what became of it."""
    item = step.row
    if item.proposed_by_id in (None, getattr(step.by, "pk", None)):
        return
    enqueue(
        unique_key=f"agenda:{item.pk}:{step.verb}",
        kind="agenda",
        title=say(sentence, title=item.title),
        body=body,
        to=item.proposed_by,
        link=reverse("agenda:item", args=[item.pk]),
    )


# --- What the clocks propose ---------------------------------------------------------------


def pull(at=None):
    """Turn what the clocks propose, and what was reopened twice, into items; return how many.

    Each is proposed once: what was dropped or decided comes back only when the clocks propose it
    anew.
    """
    at, found = at or now(), 0
    for ticket in _proposed_by_clocks()[:PULLED_AT_ONCE]:
        ground = ticket.agenda_ground
        if ground not in CLOCK_GROUNDS:
            ground = ItemGround.LATE if ticket.agenda_at else ItemGround.REOPENED
        propose(ticket=ticket, ground=ground, by=None, at=at)
        found += 1
    return found


def _proposed_by_clocks():
    here = AgendaItem.objects.filter(ticket=OuterRef("pk"), grid=OuterRef("district_id"))
    since = here.filter(Q(proposed_at__gte=OuterRef("agenda_at")) | Q(status__in=ITEM_OPEN))
    late = Q(agenda_at__isnull=False) & ~Exists(since)
    redone = Q(status__in=OPEN, agenda_at=None, reopen_count__gte=REOPENED) & ~Exists(here)
    rows = Ticket.objects.filter(late | redone).select_related("district", "grid")
    return rows.order_by("agenda_at", "pk")
