"""What came of a matter that was heard: six outcomes, each with what it needs and what it does."""

from contextlib import suppress

from django.utils.translation import gettext as _

from common.errors import AlreadyDone, RuleViolation
from receptions.choices import BookingStatus, EventVerb, ItemGround, Outcome, WhistleKind
from receptions.workflow import agenda, commitments, whistles
from receptions.workflow.bookings import BOOKING_MOVES, holding
from receptions.workflow.moves import moving, now
from receptions.workflow.running import extra_slot, must_run, next_number
from tickets import workflow as matters
from tickets.choices import Verb
from tickets.models import Ticket

# What each outcome asks for besides itself, and the sentence where it is missing.
_NEEDS = {
    Outcome.SOLVED_ON_SPOT: ("words",),
    Outcome.PROMISED: ("instruction", "lead", "due_on"),
    Outcome.WHISTLE: ("instruction", "organisations"),
    Outcome.SECRETARY_DAY: ("words",),
    Outcome.EXPLAINED: ("words",),
    Outcome.NOT_ACCEPTED: ("words",),
}
# A matter that got its answer in the room is answered; one that is not accepted is turned away.
_ANSWERED = (Verb.RESOLVE_ON_SPOT, Verb.RESOLVE, Verb.TELL_RESIDENT, Verb.NOTE)
_ON_THE_TICKET = {
    Outcome.SOLVED_ON_SPOT: _ANSWERED,
    Outcome.EXPLAINED: _ANSWERED,
    Outcome.NOT_ACCEPTED: (Verb.REJECT, Verb.TELL_RESIDENT, Verb.NOTE),
    Outcome.WHISTLE: (Verb.NOTE,),
    Outcome.SECRETARY_DAY: (Verb.NOTE,),
    Outcome.PROMISED: (Verb.NOTE,),
}
_STEPS = {
    Verb.RESOLVE_ON_SPOT: matters.resolve_on_spot,
    Verb.RESOLVE: matters.resolve,
    Verb.REJECT: matters.reject,
    Verb.TELL_RESIDENT: matters.tell_resident,
    Verb.NOTE: matters.note,
}


def hear(
    booking,
    *,
    outcome,
    by,
    words="",
    instruction="",
    demand="",
    lead=None,
    helpers=(),
    owner=None,
    due_on=None,
    organisations=(),
    whistle_kind=WhistleKind.TOUGH,
    at=None,
):
    """Write down what was answered and set going what follows; return the booking.

    solved_on_spot and explained need `words` and answer the matter; promised needs `instruction`
    (what is promised), `lead` and `due_on`; whistle needs `instruction` (why the community cannot
    do it) and `organisations`; secretary_day needs `words`; not_accepted needs its legal ground in
    `words`. All of it is one transaction: where a part is refused, nothing is written.
    """
    if outcome not in Outcome.values:
        raise RuleViolation(_("Please choose what came of it."), field="outcome")
    given = {
        "words": words,
        "instruction": instruction,
        "lead": lead,
        "due_on": due_on,
        "organisations": organisations,
    }
    for name in _NEEDS[outcome]:
        if not given[name]:
            raise RuleViolation(_missing(outcome, name), field=name)
    with holding(booking.session_id) as day:
        at = at or now()
        must_run(day)
        with moving(booking, EventVerb.HEAR, table=BOOKING_MOVES, by=by, at=at) as step:
            _take_place(step, day)
            step.set(heard_at=at, outcome=outcome, words=words, instruction=instruction)
            if demand:
                step.set(demand=demand)
            step.say(outcome=outcome)
        heard = step.row
        if outcome == Outcome.PROMISED:
            commitments.commit(
                by=by,
                text=instruction,
                lead=lead,
                due_on=due_on,
                owner=owner,
                helpers=helpers,
                booking=heard,
                at=at,
            )
        elif outcome == Outcome.WHISTLE:
            _blow(heard, organisations, whistle_kind, by, at)
        elif outcome == Outcome.SECRETARY_DAY:
            agenda.propose(
                ticket=heard.ticket,
                ground=ItemGround.COMMUNITY_DAY,
                by=by,
                booking=heard,
                text=instruction or words,
                at=at,
            )
        _tell_the_ticket(heard, outcome, by, at)
    return heard


def _missing(outcome, name):
    if name == "words" and outcome == Outcome.NOT_ACCEPTED:
        return _("Please name the law or rule for which it is not accepted.")
    return {
        "words": _("Please write what was answered."),
        "instruction": _("Please write why the community cannot settle it.")
        if outcome == Outcome.WHISTLE
        else _("Please write what is promised."),
        "lead": _("Please choose the organisation that leads."),
        "due_on": _("Please give the day by which it is done."),
        "organisations": _("Please choose at least one department."),
    }[name]


def _take_place(step, day):
    """Let the visitor be in the room and in a place, whatever was tapped before."""
    row = step.row
    if row.status == BookingStatus.QUEUED and row.arrived_at is None:
        raise RuleViolation(_("This person has not arrived yet."), code="not_arrived")
    if row.slot_id is None:
        step.set(slot=extra_slot(day))
    if row.queue_number is None:
        step.set(queue_number=next_number(day), arrived_at=step.at)


def _blow(booking, organisations, kind, by, at):
    """Whistle for departments; where the street approves first, it is asked. Once a matter."""
    with suppress(AlreadyDone):
        whistle = whistles.write(
            booking.ticket,
            kind=kind,
            facts=booking.demand,
            ground=booking.instruction,
            organisations=organisations,
            by=by,
            at=at,
        )
        if whistles.may_blow(whistle, by):
            whistles.blow(whistle, by=by, at=at)
        else:
            whistles.ask_approval(whistle, by=by, at=at)


def _tell_the_ticket(booking, outcome, by, at):
    """Write the answer into the matter with the strongest step that this person may take on it."""
    note = "\n".join(part for part in (booking.words, booking.instruction) if part)
    ticket = Ticket.objects.select_related("grid").get(pk=booking.ticket_id)
    possible = matters.available(ticket, by, among=_ON_THE_TICKET[outcome]) if by else []
    for verb in _ON_THE_TICKET[outcome]:
        if verb in possible:
            with suppress(AlreadyDone):
                _STEPS[verb](ticket, by=by, note=note, at=at)
            return
