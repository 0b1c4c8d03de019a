"""The agenda as it is read: in which order and why, what was settled, and each item's papers."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.reports import day_of
from common.text import mask_text
from receptions.choices import ItemGround, ItemStatus
from receptions.models import AgendaItem, Session
from tickets import similar
from tickets.choices import Outcome, Priority, Status, Verb
from tickets.models import Ticket, TicketEvent

MANY = 10
TWICE = 2
LIKE_ENOUGH, MOST_CASES, CANDIDATES = 0.1, 5, 60
SOLVED_BY = (Verb.RESOLVE, Verb.RESOLVE_ON_SPOT)


# --- In which order ------------------------------------------------------------------------


@dataclass(frozen=True)
class Ranked:
    """An item in its place, with the reasons for it in words; the first is why it stands there."""

    item: AgendaItem
    reasons: list


def ranked(items, at):
    """Return the items in the order in which they should be heard, each with its reasons.

    One plain rule: promises that were not kept, then what is urgent, what concerns many people,
    what went round and came back, what is late, and the rest; in each group the oldest first.
    """
    found = [(_reasons(item, at), item) for item in items]
    found.sort(key=lambda pair: (pair[0][0][0], _since(pair[1]), pair[1].pk))
    return [Ranked(item, [words for _group, words in reasons]) for reasons, item in found]


def _since(item):
    return item.ticket.submitted_at if item.ticket else item.proposed_at


def _reasons(item, at):
    """Return [(group, words)] of all that speaks for hearing an item, the strongest first."""
    found, ticket = [], item.ticket
    if item.ground == ItemGround.NOT_KEPT:
        found.append((0, _("Promised and not kept")))
    if ticket is not None:
        found += _of_ticket(ticket, at)
    days = (day_of(at) - day_of(_since(item))).days
    waits = ngettext("Waits %(count)d day", "Waits %(count)d days", days) % {"count": days}
    return [*found, (5, waits)]


def _of_ticket(ticket, at):
    if ticket.priority == Priority.URGENT:
        yield 1, _("Urgent")
    people = 1 + ticket.supporter_count
    if people > 1:
        group = 2 if people >= MANY else 5
        yield group, ngettext("%(count)d person", "%(count)d people", people) % {"count": people}
    for count, words in (
        (ticket.return_count, _("Sent back %(count)d times")),
        (ticket.reopen_count, _("Redone %(count)d times")),
    ):
        if count >= TWICE:
            yield 3, words % {"count": count}
    if ticket.is_late(at):
        days = (at - ticket.due_at).days
        late = ngettext("Late by %(count)d day", "Late by %(count)d days", days)
        yield 4, (late % {"count": days} if days else _("Late"))


# --- Papers --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A matter of the same kind that was solved elsewhere; `words` say how, where one may read."""

    ticket: Ticket
    title: str
    words: str
    is_in_reach: bool


def cases_elsewhere(ticket, user):
    """Return up to five matters of the category solved in other communities, the likest first.

    Of what this person may not read, only words that were released to everybody are told. Three
    queries, each over the newest of one category.
    """
    same = Ticket.objects.filter(
        category_id=ticket.category_id,
        status=Status.CLOSED,
        outcome=Outcome.SOLVED,
        is_confidential=False,
    ).exclude(community_id=ticket.community_id)
    mine = list(same.for_user(user).newest_first()[:CANDIDATES])
    known = {each.pk for each in mine}
    public = [each for each in same.released().newest_first()[:CANDIDATES] if each.pk not in known]
    wanted = similar.pairs(f"{ticket.title} {ticket.description}")
    best = sorted(
        [*mine, *public],
        key=lambda each: similar.likeness(
            wanted, similar.pairs(f"{each.title} {each.description}")
        ),
        reverse=True,
    )[:MOST_CASES]
    how = _how_solved([each.pk for each in best if each.pk in known])
    return [_case(each, each.pk in known, how) for each in best]


def _case(ticket, in_reach, how):
    title = mask_text(ticket.title) if in_reach else ""
    words = mask_text(how.get(ticket.pk, "")) if in_reach else ticket.public_text
    return Case(ticket, title, words, in_reach)


def _how_solved(ticket_ids):
    if not ticket_ids:
        return {}
    rows = TicketEvent.objects.filter(ticket__in=ticket_ids, verb__in=SOLVED_BY).order_by("pk")
    return {ticket: data.get("note", "") for ticket, data in rows.values_list("ticket", "data")}


# --- Running count -------------------------------------------------------------------------

SETTLED = Q(items__status=ItemStatus.DECIDED, items__is_settled_on_spot=True)


def days_held(grid):
    """Return the secretaries' days of a street or district that took place, the newest first.

    Each carries `settled_count`; their sum is the number of rows of `settled_items`.
    """
    rows = Session.objects.secretaries().held().filter(grid=grid)
    rows = rows.annotate(settled_count=Count("items", filter=SETTLED))
    return rows.select_related("host", "grid").order_by("-starts_at", "-pk")


def settled_items(grid):
    """Return the matters that were settled on the spot on the days held, day by day."""
    rows = AgendaItem.objects.filter(
        session__in=days_held(grid).order_by().values("pk"),
        status=ItemStatus.DECIDED,
        is_settled_on_spot=True,
    )
    return rows.select_related("session", "ticket").order_by("-session__starts_at", "position")


def readable_matters(items, user):
    """Return the ids of the tickets behind these items that this person may read (1 query)."""
    ids = {item.ticket_id for item in items} - {None}
    return set(Ticket.objects.for_user(user).filter(pk__in=ids).values_list("pk", flat=True))
