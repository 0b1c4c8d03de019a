"""What the secretaries decide about a matter on their day: settled at once, or promised."""

from contextlib import suppress

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.reports import day_of
from common.errors import RuleViolation
from common.text import tidy
from receptions.choices import EventVerb
from receptions.workflow.agenda import doing, tell_proposer
from receptions.workflow.commitments import commit
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
