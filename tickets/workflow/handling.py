"""What staff do to a matter: accept, hand over, find, wait, return, decide, resolve."""

from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import holders
from common.errors import RuleViolation
from common.text import tidy
from specialists.choices import Handler
from specialists.routing import route
from tickets.catalogue import categories
from tickets.choices import (
    ENDED,
    HoldReason,
    Kind,
    Stage,
    Verb,
)
from tickets.models import TEXT_LIMIT, Ticket
from tickets.policies import limit_of, limits_of
from tickets.workflow import words
from tickets.workflow.acting import acting
from tickets.workflow.filing import co_handlers, reason_of, route_for, works_at
from tickets.workflow.parties import SYSTEM

RETURNS_BEFORE_ARBITER = 2
LONGEST_HOLD = timedelta(days=15)


def _said(text, what):
    """Return the tidied text, or raise RuleViolation when nothing is left of it."""
    text = tidy(text or "", TEXT_LIMIT)
    if not text:
        raise RuleViolation(what, field="note")
    return text


def accept(ticket, *, by, at=None, seen=None):
    """Take a new matter in hand for the community; whoever accepts becomes its holder."""
    with acting(ticket, Verb.ACCEPT, by=by, at=at, seen=seen) as act:
        act.append(holder=act.ticket.holder if by is SYSTEM else by)
    return act.ticket


def reject(ticket, *, by, note, at=None, seen=None):
    """Decline a matter with its reason, which the resident reads."""
    note = _said(note, _("Please say why this is not accepted, and who can help instead."))
    with acting(ticket, Verb.REJECT, by=by, at=at, seen=seen) as act:
        act.append(note=note)
        words.tell_residents(act, "rejected", words.to_resident(act.verb, act.ticket, note))
    return act.ticket


def dispatch(ticket, *, by, organisation=None, holder=None, co=None, note="", at=None, seen=None):
    """Hand a matter to the organisation its category names, or to another one given here.

    The person is found by the routing unless `holder` is given; `co` are ids of co-handlers, by
    default the category's. Raises RuleViolation when `holder` does not work there.
    """
    with acting(ticket, Verb.DISPATCH, by=by, at=at, seen=seen) as act:
        if act.ticket.return_count >= RETURNS_BEFORE_ARBITER:
            raise RuleViolation(_("Returned twice: now the district's arbiter decides."))
        _hand_over(act, organisation, holder, co, note)
    return act.ticket


def arbitrate(ticket, *, by, organisation, holder=None, co=None, note, at=None, seen=None):
    """Decide who handles a matter that came back twice; it cannot be returned any more."""
    note = _said(note, _("Please give the ground of the decision."))
    with acting(ticket, Verb.ARBITRATE, by=by, at=at, seen=seen) as act:
        _hand_over(act, organisation, holder, co, note)
    return act.ticket


def _hand_over(act, organisation, holder, co, note):
    facts = categories[act.ticket.category_id]
    chosen = None
    if organisation is None:
        chosen = route_for(facts, act.ticket.grid, act.at, immediate=True)
        organisation = chosen.organisation
    elif holder is None:
        chosen = route(
            department=organisation,
            grid=act.ticket.grid,
            handler=Handler.DEPARTMENT,
            at=act.at,
            is_urgent=facts.is_immediate,
        )
        organisation = organisation if chosen.organisation is None else chosen.organisation
    if holder is None:
        holder = chosen.holder
    elif not works_at(holder, organisation, act.at):
        raise RuleViolation(_("%(name)s does not work there.") % {"name": holder}, field="holder")
    accused = act.ticket.accused
    if accused is not None and works_at(holder, accused, act.at):
        raise RuleViolation(
            _("This is about that unit: somebody else must handle it."), field="organisation"
        )
    helpers = co_handlers(facts, act.ticket.grid, act.at) if co is None else co
    act.append(
        holder=holder,
        organisation=organisation,
        co=[each for each in helpers if each != act.ticket.accused_id],
        note=tidy(note, TEXT_LIMIT),
        reason=reason_of(chosen) if chosen else {},
    )
    words.tell_holder(act, chosen.explanation() if chosen else note)


def acknowledge(ticket, *, by, note="", at=None, seen=None):
    """Take on what was handed over; whoever acknowledges becomes the holder."""
    with acting(ticket, Verb.ACKNOWLEDGE, by=by, at=at, seen=seen) as act:
        act.append(holder=by, note=tidy(note, TEXT_LIMIT))
        words.tell_residents(
            act,
            "acknowledged",
            words.say(
                gettext_noop("%(holder)s has taken on matter %(reference)s, due by %(day)s."),
                holder=by,
                reference=act.ticket.reference,
                day=words.on_day(act.ticket.due_at),
            ),
        )
    return act.ticket


def return_ticket(ticket, *, by, note, suggested, at=None, seen=None):
    """Send a matter back with a reason and a suggested receiver; the resident's clock runs on.

    After the second return it goes to the district's arbiter.
    """
    note = _said(note, _("Please say why this is not yours to handle."))
    if suggested is None:
        raise RuleViolation(_("Please suggest who should handle this."), field="suggested")
    with acting(ticket, Verb.RETURN, by=by, at=at, seen=seen) as act:
        if act.ticket.is_locked:
            raise RuleViolation(_("The arbiter has decided: this cannot be returned any more."))
        if suggested.pk == act.ticket.organisation_id:
            raise RuleViolation(
                _("Please suggest another organisation than your own."), field="suggested"
            )
        again = act.ticket.return_count + 1 >= RETURNS_BEFORE_ARBITER
        decider = _arbiter(act) if again else _dispatcher(act)
        act.append(holder=decider, organisation=None, note=note, suggested=suggested.pk)
        words.tell_holder(act, note)
    return act.ticket


def _dispatcher(act):
    return route(department=None, grid=act.ticket.grid, handler=Handler.STREET, at=act.at).holder


def _arbiter(act):
    """Return the district's supervisor on duty, else its secretary, else who would dispatch."""
    district = act.ticket.district
    for role in (Role.SUPERVISOR, Role.DISTRICT_SECRETARY):
        found = holders(role, grid=district, at=act.at)
        if found:
            return found[0].user
    return _dispatcher(act)


def transfer(ticket, *, by, holder=None, organisation=None, note, at=None, seen=None):
    """Pass a matter on, to a colleague or another organisation; the resident's clock runs on."""
    note = _said(note, _("Please say why you pass this on."))
    with acting(ticket, Verb.TRANSFER, by=by, at=at, seen=seen) as act:
        organisation = organisation or act.ticket.organisation
        if holder is not None and holder.pk == act.ticket.holder_id:
            raise RuleViolation(_("It is with this person already."), field="holder")
        _hand_over(act, organisation, holder, None, note)
    return act.ticket


def recategorise(ticket, *, by, category_id, at=None, seen=None):
    """Change the category; the clock keeps its start and pauses and gets the new promise."""
    facts = categories.get(category_id)
    if facts is None or not facts.is_active or not facts.is_leaf:
        raise RuleViolation(_("Please choose a category from the list."), field="category")
    with acting(ticket, Verb.RECATEGORISE, by=by, at=at, seen=seen) as act:
        if act.ticket.category_id == facts.id:
            raise RuleViolation(_("It has this category already."), field="category")
        act.append(
            category=facts.id,
            priority=facts.priority,
            confidential=facts.is_restricted or act.ticket.kind == Kind.TIP_OFF,
            limits=limits_of(facts),
        )
    return act.ticket


def _record(ticket, verb, by, at, seen, **data):
    with acting(ticket, verb, by=by, at=at, seen=seen) as act:
        act.append(**data)
    return act.ticket


def record_finding(ticket, *, by, note, at=None, seen=None):
    """Write down what was found on the spot."""
    note = _said(note, _("Please write what you found."))
    return _record(ticket, Verb.RECORD_FINDING, by, at, seen, note=note)


def call_contractor(ticket, *, by, note, at=None, seen=None):
    """Write down which contractor was called."""
    note = _said(note, _("Please write who was called."))
    return _record(ticket, Verb.CALL_CONTRACTOR, by, at, seen, note=note)


def record_arrival(ticket, *, by, note="", at=None, seen=None):
    """Write down that the contractor arrived at `at`; "two hours after arrival" counts from it."""
    return _record(ticket, Verb.RECORD_ARRIVAL, by, at, seen, note=tidy(note, TEXT_LIMIT))


def finish_contractor(ticket, *, by, note="", at=None, seen=None):
    """Write down that the contractor has finished."""
    return _record(ticket, Verb.FINISH_CONTRACTOR, by, at, seen, note=tidy(note, TEXT_LIMIT))


def note(ticket, *, by, note, at=None, seen=None):
    """Leave a note for colleagues; residents do not see it."""
    note = _said(note, _("Please write the note."))
    return _record(ticket, Verb.NOTE, by, at, seen, note=note)


def hold(ticket, *, by, reason, until, note="", at=None, seen=None):
    """Stop the clock until a moment at most 15 days ahead; then it goes on by itself."""
    if reason not in HoldReason.values or reason == HoldReason.RESIDENT:
        raise RuleViolation(_("Please choose what is being waited for."), field="reason")
    with acting(ticket, Verb.HOLD, by=by, at=at, seen=seen) as act:
        _check_until(until, act.at)
        act.append(reason=reason, until=until.isoformat(), note=tidy(note, TEXT_LIMIT))
    return act.ticket


def ask_resident(ticket, *, by, note, until=None, at=None, seen=None):
    """Ask the resident something; the clock waits for the answer, five days at most by default."""
    note = _said(note, _("Please write your question."))
    with acting(ticket, Verb.ASK_RESIDENT, by=by, at=at, seen=seen) as act:
        until = until or act.at + timedelta(days=5)
        _check_until(until, act.at)
        act.append(reason=HoldReason.RESIDENT.value, until=until.isoformat(), note=note)
        words.tell_residents(act, "question", words.to_resident(act.verb, act.ticket, note))
    return act.ticket


def _check_until(until, at):
    if until is None or until <= at:
        raise RuleViolation(_("Please give a time that is still to come."), field="until")
    if until > at + LONGEST_HOLD:
        raise RuleViolation(
            _("Fifteen days at most. After that, write to the resident."), field="until"
        )


def resume(ticket, *, by, note="", at=None, seen=None):
    """Go on after a wait."""
    return _record(ticket, Verb.RESUME, by, at, seen, note=tidy(note, TEXT_LIMIT))


def resolve(ticket, *, by, note, at=None, seen=None):
    """Say that it is done and how; from now the resident has the word."""
    return _resolve(ticket, Verb.RESOLVE, by, note, at, seen)


def resolve_on_spot(ticket, *, by, note, at=None, seen=None):
    """Settle a matter inside the grid without handing it over (小事不出网格)."""
    return _resolve(ticket, Verb.RESOLVE_ON_SPOT, by, note, at, seen)


def _resolve(ticket, verb, by, text, at, seen):
    text = _said(text, _("Please write what was done."))
    with acting(ticket, verb, by=by, at=at, seen=seen) as act:
        limit = limit_of(Stage.CONFIRM, categories[act.ticket.category_id])
        act.append(holder=by, note=text, limit=limit)
        sentence = words.to_resident(act.verb, act.ticket, text)
        words.tell_residents(act, "resolved", sentence)
        for joined in Ticket.objects.filter(merged_into=act.ticket):
            words.tell_residents(_Beside(joined), "resolved", sentence)
    return act.ticket


class _Beside:
    """A joined ticket, told together with the one it was joined to."""

    def __init__(self, ticket):
        self.ticket = ticket


def merge(ticket, *, by, into, note="", at=None, seen=None):
    """Join a matter to another one: its people become "me too", one resolution answers all."""
    with _both_locked(ticket, into), acting(ticket, Verb.MERGE, by=by, at=at, seen=seen) as act:
        target = Ticket.objects.filter(pk=into.pk).first()
        if target is None or target.pk == act.ticket.pk or target.status in ENDED:
            raise RuleViolation(_("Please choose another matter that is still open."), field="into")
        act.append(into=target.pk, note=tidy(note, TEXT_LIMIT))
        with acting(target, Verb.JOIN, by=SYSTEM, at=max(act.at, target.last_event_at)) as other:
            other.append(people=1 + act.ticket.supporter_count, merged=act.ticket.reference)
    return act.ticket


@contextmanager
def _both_locked(*tickets):
    """Lock tickets in one order, so that two merges crosswise do not wait for each other."""
    with transaction.atomic():
        ours = Ticket.objects.filter(pk__in=[each.pk for each in tickets]).order_by("pk")
        list(ours.select_for_update(of=("self",)).values_list("pk"))
        yield


def release(ticket, *, by, text, at=None, seen=None):
    """Let strangers read these words of the matter; checked by a person, at most 200 characters."""
    text = tidy(text or "", 200)
    with acting(ticket, Verb.RELEASE, by=by, at=at, seen=seen) as act:
        if act.ticket.is_confidential:
            raise RuleViolation(_("A matter with few readers is never made public."))
        act.append(text=text)
    return act.ticket
