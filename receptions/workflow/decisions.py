"""What the secretaries decide about a matter on their day: settled at once, or promised."""

from contextlib import suppress

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.reports import day_of
from common.errors import NotAllowed, RuleViolation
from common.text import tidy
from receptions.choices import EventVerb, ItemGround, ItemKind, ItemStatus, SessionStatus
from receptions.models import AgendaEvent, AgendaItem, Session
from receptions.workflow.agenda import arranges, doing, tell_proposer
from receptions.workflow.commitments import commit
from receptions.workflow.moves import now
from tickets.choices import Verb
from tickets.models import TEXT_LIMIT
from tickets.workflow import available, note, resolve_on_spot


def decide(item, *, by, decision, is_settled_on_spot=False, promises=(), at=None):
    """Write down what was decided: settled on the spot, or with promises that are kept later.

    A promise is {"text", "lead", "due_on"} and perhaps "owner" and "helpers"; each becomes a
    Commitment and a ticket with clocks. All of it is stored, or none.
    """
    decision = tidy(decision or "", TEXT_LIMIT)
    if not decision:
        raise RuleViolation(_("Please write what was decided."), field="decision")
    if not (is_settled_on_spot or promises):
        raise RuleViolation(
            _("Is it settled on the spot? If not, please write who does what by when."),
            field="is_settled_on_spot",
        )
    with transaction.atomic():
        with doing(item, EventVerb.DECIDE, by=by, at=at) as step:
            if day_of(step.at) < day_of(step.row.session.starts_at):
                raise RuleViolation(_("This day has not come yet."))
            step.set(
                decision=decision, decided_at=step.at, is_settled_on_spot=bool(is_settled_on_spot)
            )
            step.say(decision=decision, is_settled_on_spot=bool(is_settled_on_spot))
            tell_proposer(step, gettext_noop("Decided by the secretaries: %(title)s"), decision)
        _tell_ticket(step, decision)
        for promise in promises:
            commit(by=by, item=step.row, at=at, **promise)
    return step.row


def _tell_ticket(step, decision):
    """Let the ticket's history say what was decided; what is settled inside the grid ends there."""
    ticket, settled = step.row.ticket, step.row.is_settled_on_spot
    verbs = available(ticket, step.by) if step.by is not None else []
    with suppress(RuleViolation), transaction.atomic():
        if settled and Verb.RESOLVE_ON_SPOT in verbs:
            resolve_on_spot(ticket, by=step.by, note=decision)
        elif Verb.NOTE in verbs:
            note(ticket, by=step.by, note=decision)


def enter_minutes(session, *, settled, by, at=None):
    """Type in a day's matters from its minutes, all settled there; return how many.

    `settled` holds (ticket, what was decided) in the order of the minutes. Three statements for
    any number of matters; the tickets themselves are over and hear nothing new.
    """
    at = at or now()
    with transaction.atomic():
        day = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
        if day.status != SessionStatus.RUNNING:
            raise RuleViolation(_("Minutes are typed in while a day is under way."))
        if not arranges(AgendaItem(grid=day.grid, session=day), by):
            raise NotAllowed(_("This step is not yours to take."))
        last = day.items.order_by("-position").values_list("position", flat=True).first() or 0
        items = [
            AgendaItem(
                grid=day.grid,
                kind=ItemKind.MATTER,
                ground=ItemGround.SECRETARY,
                title=ticket.title,
                ticket=ticket,
                proposed_by=by,
                proposed_at=at,
                status=ItemStatus.DECIDED,
                session=day,
                position=number,
                decision=tidy(decision, TEXT_LIMIT),
                is_settled_on_spot=True,
                decided_at=at,
                is_demonstration=day.is_demonstration,
            )
            for number, (ticket, decision) in enumerate(settled, last + 1)
        ]
        AgendaItem.objects.bulk_create(items)
        AgendaEvent.objects.bulk_create(
            AgendaEvent(item=item, verb=EventVerb.DECIDE, at=at, by=by, data={"from": "minutes"})
            for item in items
        )
    return len(items)
