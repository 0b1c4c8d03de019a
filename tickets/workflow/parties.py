"""Who somebody is to a ticket, and what they may do to it now."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.choices import Role
from accounts.reports import reach
from specialists.reports import specialist_grids
from tickets.choices import OrderState, Part, Stage, Verb
from tickets.workflow.extensions import may_be_extended
from tickets.workflow.transitions import TRANSITIONS, Party


@dataclass(frozen=True)
class Outsider:
    """An actor who is no member of staff: the resident with the tracking code, or the system."""

    party: Party

    pk = None


RESIDENT = Outsider(Party.RESIDENT)
SYSTEM = Outsider(Party.SYSTEM)

_GROUND = {Role.GRID_WORKER, Role.GRID_HEAD, Role.COMMUNITY_SECRETARY}
_SECRETARIES = {Role.COMMUNITY_SECRETARY, Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY}
_LEAD = {Role.SPECIALIST, Role.STEWARD}
_MANAGERS = {Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER}
# Verbs that only the code itself runs, or that have a page of their own.
_NO_BUTTON = {Verb.SUBMIT, Verb.JOIN, Verb.ATTACH, Verb.PROPOSE, Verb.CHANGE_POLICY}


def places_of(ticket):
    """Return the ids of every grid the ticket lies in."""
    return {
        ticket.district_id,
        ticket.street_id,
        ticket.community_id,
        ticket.village_id,
        ticket.subarea_id,
    } - {None}


def parties(ticket, by):
    """Return every capacity in which `by` stands to the ticket (no query once reach is known)."""
    if isinstance(by, Outsider):
        return frozenset({by.party})
    seen, places = reach(by), places_of(ticket)
    here = {each.role for each in seen.postings if each.grid_id in places}
    lead = {
        each.role
        for each in seen.postings
        if each.organisation_id and each.organisation_id == ticket.organisation_id
    }
    at_top = {each.role for each in seen.postings if each.grid_id == ticket.district_id}
    found = set()
    if ticket.holder_id == by.pk:
        found.add(Party.HOLDER)
    if lead & _LEAD:
        found.add(Party.LEAD)
    if lead & _MANAGERS:
        found.add(Party.LEAD_MANAGER)
    if here & _GROUND:
        found.add(Party.GROUND)
    if here & _SECRETARIES:
        found.add(Party.SECRETARY)
    if Role.DISPATCHER in here:
        found.add(Party.DISPATCHER)
    if Role.STEWARD in here:
        found.add(Party.STEWARD)
    if at_top & {Role.SUPERVISOR, Role.DISTRICT_SECRETARY}:
        found.add(Party.ARBITER)
    if seen.has(Role.SPECIALIST) and ticket.community_id in specialist_grids(by):
        found.add(Party.OWN_SPECIALIST)
    if seen.organisations and ticket.pk and _helps(ticket, seen.organisations):
        found.add(Party.CO_HANDLER)
    return frozenset(found)


def _helps(ticket, organisations):
    """Whether one of the organisations is a co-handler; legs may be fetched with the ticket."""
    return any(
        leg.part == Part.CO and leg.organisation_id in organisations for leg in ticket.legs.all()
    )


def available(ticket, by, among=TRANSITIONS):
    """Return the verbs that `by` may use on the ticket now, in the table's order.

    `among` are the verbs of interest. Requests for more time, orders and events of the ticket are
    looked at only for verbs on them, by people who could use these; they may be fetched with it.
    """
    mine = parties(ticket, by)
    return [
        verb
        for verb, move in TRANSITIONS.items()
        if verb in among
        and verb not in _NO_BUTTON
        and ticket.status in move.sources
        and mine & move.parties
        and _CONDITIONS.get(verb, _always)(ticket, by, mine)
    ]


def _always(ticket, by, mine):
    return True


def _may_return(ticket, by, mine):
    return not ticket.is_locked


def _may_dispatch(ticket, by, mine):
    return ticket.return_count < 2


def _may_resume(ticket, by, mine):
    return ticket.waiting_for != "resident"


def _may_reply(ticket, by, mine):
    return ticket.waiting_for == "resident"


def _may_release(ticket, by, mine):
    return not ticket.is_confidential


def _may_call_back(ticket, by, mine):
    return not must_not_judge(ticket, by, mine)


def _may_ask_for_time(ticket, by, mine):
    clock = _resolve_clock(ticket)
    return clock is not None and may_be_extended(clock, timezone.now())


def _may_decide_on_time(ticket, by, mine):
    """Whether more time is asked for, and by somebody else."""
    clock = _resolve_clock(ticket)
    if clock is None or clock.asked_at is None:
        return False
    asked = [each for each in ticket.events.all() if each.verb == Verb.ASK_EXTENSION]
    return max(asked, key=lambda event: event.number).by_id != by.pk


def _resolve_clock(ticket):
    """Return the resolve clock of the present cycle; clocks may be fetched with the ticket."""
    clocks = (each for each in ticket.clocks.all() if each.stage == Stage.RESOLVE)
    return next((each for each in clocks if each.cycle == ticket.cycle), None)


def _may_answer_an_order(ticket, by, mine):
    return bool(orders_to_answer(ticket, by))


def _may_close_an_order(ticket, by, mine):
    return bool(orders_to_close(ticket, by))


_CONDITIONS = {
    Verb.RETURN: _may_return,
    Verb.DISPATCH: _may_dispatch,
    Verb.RECORD_CALL: _may_call_back,
    Verb.RESUME: _may_resume,
    Verb.ANSWER: _may_reply,
    Verb.RELEASE: _may_release,
    Verb.ASK_EXTENSION: _may_ask_for_time,
    Verb.GRANT_EXTENSION: _may_decide_on_time,
    Verb.REFUSE_EXTENSION: _may_decide_on_time,
    Verb.ANSWER_ORDER: _may_answer_an_order,
    Verb.CLOSE_ORDER: _may_close_an_order,
}


def orders_to_answer(ticket, by):
    """Return the orders on the ticket that wait for this person's answer, the most urgent first."""
    found = (each for each in ticket.orders.all() if each.state == OrderState.OPEN)
    return sorted((each for each in found if may_answer(each, by)), key=_when_due)


def orders_to_close(ticket, by):
    """Return the orders that this person may close: answered by another, or their own unanswered.

    So an order whose addressee has left, or has lost sight of the matter, does not stand for ever.
    """
    return sorted((each for each in ticket.orders.all() if may_close(each, by)), key=_when_due)


def may_close(order, by):
    """Whether the order is done with, in this person's word and not in the answerer's own."""
    if order.state == OrderState.ANSWERED:
        return order.answered_by_id != by.pk
    return order.state == OrderState.OPEN and order.issued_by_id == by.pk


def _when_due(order):
    return order.due_at, order.pk


def may_answer(order, user):
    """Whether the order is this person's to answer: its addressee's, or who heads the house."""
    if order.addressee_id == user.pk:
        return True
    return order.organisation_id is not None and bool(
        reach(user).roles_in(order.organisation_id) & _MANAGERS
    )


def must_not_judge(ticket, by, mine):
    """Whether this person did the work or filed the matter, and so cannot say it is solved."""
    return (
        ticket.filed_by_id == by.pk
        or Party.HOLDER in mine
        or Party.LEAD in mine
        or Party.LEAD_MANAGER in mine
    )


def may_see_person(ticket, by):
    """Whether `by` must be able to contact the resident: holder, lead, the community's desk.

    Co-handlers see the problem and not the person; the unit complained of sees nothing at all.
    """
    mine = parties(ticket, by)
    return bool(
        mine
        & {Party.HOLDER, Party.LEAD, Party.GROUND, Party.SECRETARY, Party.DISPATCHER, Party.ARBITER}
    )


def capacity(ticket, by):
    """Return the word an event keeps for the actor: the party in which they may act, or staff."""
    if isinstance(by, Outsider):
        return by.party.value
    order = list(Party)
    mine = sorted(parties(ticket, by), key=order.index)
    return mine[0].value if mine else "staff"
