"""A ticket's events as people read them: what, who in which part, and what was said."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts import directory as organisations
from accounts.models import User
from common.text import mask_text
from specialists.routing import explain
from tickets.actions import HAPPENED
from tickets.catalogue import categories
from tickets.choices import HoldReason, LimitUnit, OrderGround, OrderState, Verb
from tickets.workflow import Party
from tickets.workflow.orders import words_of_order
from tickets.workflow.parties import orders_to_answer, orders_to_close

HOUR = 3600


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline, in the shape of components/timeline.html."""

    title: str
    at: datetime
    by: str
    text: str


def people_of(events, orders=()):
    """Return {id: User} of everybody named in events and orders, in one query."""
    named = {event.by_id for event in events} | {event.holder_id for event in events}
    for event in events:
        named.add(event.data.get("addressee"))
    for order in orders:
        named |= {order.addressee_id, order.issued_by_id, order.answered_by_id, order.closed_by_id}
    return User.objects.in_bulk(named - {None})


def timeline(events, people, *, is_masked):
    """Return the Happenings, newest first; with `is_masked` numbers inside texts are starred."""
    told, before, asked = [], None, None
    at_once = {event.at for event in events if event.verb == Verb.DISPATCH}
    for event in events:
        # What is handed over at once has the same reason with its handing over.
        is_why_told = event.verb != Verb.SUBMIT or event.at not in at_once
        asked = event if event.verb == Verb.ASK_EXTENSION else asked
        lines = [*_lines(event, people, is_why_told), *_holder(event, before, people)]
        if event.verb in (Verb.ASK_EXTENSION, Verb.GRANT_EXTENSION) and asked:
            lines.append(said_more(asked.data["amount"], asked.data["unit"]))
        text = "\n".join(line for line in lines if line)
        told.append(
            Happening(
                title=str(HAPPENED[event.verb]),
                at=event.at,
                by=_actor(event, before, people),
                text=mask_text(text) if is_masked else text,
            )
        )
        before = event
    return told[::-1]


def _actor(event, before, people):
    """Return who did it and in which part; whoever works for the lead is told by its name."""
    person = people.get(event.by_id)
    if event.actor == Party.HOLDER:
        part = organisations.name(before and before.organisation_id)
        part = part or pgettext("part in a ticket", "holder")
    elif event.actor in Party.values:
        part = str(Party(event.actor).label)
    else:
        part = ""
    return " · ".join(filter(None, [str(person or ""), part]))


def _lines(event, people, is_why_told):
    """Yield what is to be said about one event."""
    data = event.data
    said = data.get("note") or data.get("text") or ""
    yield words_of_order(said, data.get("ground")) if event.verb == Verb.ORDER else said
    yield from _facts(event, data, people)
    reason = data.get("reason")
    if isinstance(reason, dict) and reason and is_why_told:
        yield explain(reason["code"], reason["params"])


def _holder(event, before, people):
    """Yield who has the ticket now, where that has changed."""
    if before is None or before.holder_id != event.holder_id:
        place = organisations.name(event.organisation_id)
        name = str(people.get(event.holder_id, ""))
        yield _("Now with %(name)s") % {"name": " · ".join(filter(None, [place, name]))}


def _facts(event, data, people):
    if event.verb in (Verb.HOLD, Verb.ASK_RESIDENT):
        if event.verb == Verb.HOLD:
            yield str(HoldReason(data["reason"]).label)
        yield _("Until %(moment)s") % {"moment": said_moment(data["until"])}
    elif event.verb == Verb.RECATEGORISE:
        yield _("Now: %(category)s") % {"category": categories.get(data["category"], "")}
    elif event.verb == Verb.RETURN:
        yield _("Suggested: %(name)s") % {"name": organisations.name(data["suggested"])}
    elif event.verb == Verb.RECORD_CALL:
        yield _("The resident was reached.") if data["reached"] else _("Nobody answered.")
    elif event.verb in (Verb.CONFIRM, Verb.DISPUTE):
        if data.get("satisfied") is not None:
            yield _("Satisfied.") if data["satisfied"] else _("Not satisfied.")
    elif event.verb == Verb.ATTACH:
        count = data["photos"]
        yield ngettext("%(count)d photo", "%(count)d photos", count) % {"count": count}
    elif event.verb == Verb.JOIN:
        count = data.get("people", 1)
        yield ngettext("%(count)d household more", "%(count)d households more", count) % {
            "count": count
        }
    elif event.verb == Verb.ORDER:
        person, moment = people.get(data["addressee"], ""), said_moment(data["until"])
        yield _("To %(name)s, answer by %(moment)s") % {"name": person, "moment": moment}
    elif event.verb == Verb.TELL_RESIDENT and data.get("by_phone"):
        yield _("Said on the telephone.")
    elif event.verb == Verb.PROPOSE:
        yield str(OrderGround(data["ground"]).label)
    helpers = [organisations.name(pk) for pk in data.get("co", ())]
    if helpers:
        yield _("Co-handlers: %(names)s") % {"names": _("; ").join(helpers)}


def said_more(amount, unit):
    """Return how much more time, in words."""
    if unit == LimitUnit.WORKING_DAYS:
        count = amount
        words = ngettext("%(count)d working day more", "%(count)d working days more", count)
    else:
        count = amount // HOUR
        words = ngettext("%(count)d hour more", "%(count)d hours more", count)
    return words % {"count": count}


@dataclass(frozen=True)
class OrderTold:
    """A supervision order as the ticket's page tells it, and what the reader may do about it."""

    order: object
    addressee: str
    issued_by: str
    answered_by: str
    closed_by: str
    text: str
    answer: str
    result: str
    is_late: bool
    is_mine_to_answer: bool
    is_mine_to_close: bool


def orders_told(ticket, people, user, verbs, at, *, is_masked):
    """Return the orders on a ticket, those still open first; asks the database nothing."""
    say = mask_text if is_masked else str
    to_answer = orders_to_answer(ticket, user) if Verb.ANSWER_ORDER in verbs else []
    to_close = orders_to_close(ticket, user) if Verb.CLOSE_ORDER in verbs else []

    def name(pk):
        return str(people.get(pk, ""))

    orders = sorted(
        ticket.orders.all(), key=lambda each: (each.state == OrderState.CLOSED, each.due_at)
    )
    return [
        OrderTold(
            order=order,
            addressee=name(order.addressee_id),
            issued_by=name(order.issued_by_id),
            answered_by=name(order.answered_by_id),
            closed_by=name(order.closed_by_id),
            text=say(words_of_order(order.text, order.ground)),
            answer=say(order.answer),
            result=say(order.result),
            is_late=order.is_late(at),
            is_mine_to_answer=order in to_answer,
            is_mine_to_close=order in to_close,
        )
        for order in orders
    ]


def said_moment(text):
    """Return a stored ISO moment as day and time in Shanghai."""
    local = timezone.localtime(datetime.fromisoformat(text))
    day = date_format(local, pgettext("date format", "j M"))
    return f"{day} {local:%H:%M}"
