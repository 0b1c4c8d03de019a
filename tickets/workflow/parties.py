"""Who somebody is to a ticket, and what they may do to it now."""

from dataclasses import dataclass

from accounts.choices import Role
from accounts.reports import reach
from specialists.reports import specialist_grids
from tickets.choices import Part, Verb
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
_NO_BUTTON = {Verb.SUBMIT, Verb.JOIN, Verb.ATTACH}


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


def available(ticket, by):
    """Return the verbs that `by` may use on the ticket now, in the table's order."""
    mine = parties(ticket, by)
    return [
        verb
        for verb, move in TRANSITIONS.items()
        if ticket.status in move.sources
        and mine & move.parties
        and verb not in _NO_BUTTON
        and not (verb == Verb.RETURN and ticket.is_locked)
        and not (verb == Verb.DISPATCH and ticket.return_count >= 2)
        and not (verb == Verb.RECORD_CALL and must_not_judge(ticket, by, mine))
        and not (verb == Verb.RESUME and ticket.waiting_for == "resident")
        and not (verb == Verb.ANSWER and ticket.waiting_for != "resident")
    ]


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
