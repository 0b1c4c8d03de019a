"""Everything that can be done to a ticket; the only writer of its status.

A verb takes the ticket, then keywords: `by` is a user, `RESIDENT` or `SYSTEM`; `at` is when it
happened, now by default; `seen` is the event count that the actor's page showed. It returns the
fresh ticket, or raises a `common.errors.RuleViolation` whose words are fit for the actor.
"""

from tickets.workflow.acting import now
from tickets.workflow.filing import Contact, Filing, Receipt, file_ticket, join, route_for
from tickets.workflow.handling import (
    CONFIRM_DAYS,
    LONGEST_HOLD,
    accept,
    acknowledge,
    arbitrate,
    ask_resident,
    call_contractor,
    dispatch,
    finish_contractor,
    hold,
    merge,
    note,
    recategorise,
    record_arrival,
    record_finding,
    reject,
    release,
    resolve,
    resolve_on_spot,
    resume,
    return_ticket,
    transfer,
)
from tickets.workflow.parties import (
    RESIDENT,
    SYSTEM,
    available,
    may_see_person,
    parties,
)
from tickets.workflow.photos import attach, keep_photos
from tickets.workflow.residents import (
    answer,
    confirm,
    dispute,
    expire,
    record_call,
    reopen,
    withdraw,
)
from tickets.workflow.sweep import addressees_of, sweep
from tickets.workflow.transitions import TRANSITIONS, Party

__all__ = [
    "CONFIRM_DAYS", "LONGEST_HOLD", "RESIDENT", "SYSTEM", "TRANSITIONS", "Contact", "Filing",
    "Party", "Receipt", "accept", "acknowledge", "addressees_of", "answer", "arbitrate",
    "ask_resident", "attach", "available", "call_contractor", "confirm", "dispatch", "dispute",
    "expire", "file_ticket", "finish_contractor", "hold", "join", "keep_photos", "may_see_person",
    "merge", "note", "now", "parties", "recategorise", "record_arrival", "record_call",
    "record_finding", "reject", "release", "reopen", "resolve", "resolve_on_spot", "resume",
    "return_ticket", "route_for", "sweep", "transfer", "withdraw",
]  # fmt: skip
