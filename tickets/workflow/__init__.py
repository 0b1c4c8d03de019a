"""Everything that can be done to a ticket; the only writer of its status.

A verb takes the ticket, then keywords: `by` is a user, `RESIDENT` or `SYSTEM`; `at` is when it
happened, now by default; `seen` is the event count that the actor's page showed. It returns the
fresh ticket, or raises a `common.errors.RuleViolation` whose words are fit for the actor.
"""

from tickets.workflow.acting import now
from tickets.workflow.escalations import addressees_of
from tickets.workflow.filing import Contact, Filing, Receipt, file_ticket, join, route_for
from tickets.workflow.handling import (
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
from tickets.workflow.limits import (
    apply_policies,
    preview_policies,
    publish_policy,
    withdraw_policy,
)
from tickets.workflow.orders import (
    answer_order,
    close_order,
    head_of,
    issue_order,
    may_answer,
    supervisors_of,
)
from tickets.workflow.parties import (
    RESIDENT,
    SYSTEM,
    available,
    may_see_person,
    parties,
)
from tickets.workflow.photos import attach, keep_photos
from tickets.workflow.promises import (
    LONGEST_EXTENSION,
    ask_extension,
    grant_extension,
    refuse_extension,
    tell_resident,
)
from tickets.workflow.recompute import preview_calendar, recompute, recompute_if_needed
from tickets.workflow.residents import (
    answer,
    confirm,
    dispute,
    expire,
    record_call,
    reopen,
    urge,
    withdraw,
)
from tickets.workflow.sweep import sweep
from tickets.workflow.transitions import TRANSITIONS, Party

__all__ = [
    "LONGEST_EXTENSION", "LONGEST_HOLD", "RESIDENT", "SYSTEM", "TRANSITIONS", "Contact", "Filing",
    "Party", "Receipt", "accept", "acknowledge", "addressees_of", "answer", "answer_order",
    "apply_policies", "arbitrate", "ask_extension", "ask_resident", "attach", "available",
    "call_contractor", "close_order", "confirm", "dispatch", "dispute", "expire", "file_ticket",
    "finish_contractor", "grant_extension", "head_of", "hold", "issue_order", "join", "keep_photos",
    "may_answer", "may_see_person", "merge", "note", "now", "parties", "preview_calendar",
    "preview_policies", "publish_policy", "recategorise", "recompute", "recompute_if_needed",
    "record_arrival", "record_call", "record_finding", "refuse_extension", "reject", "release",
    "reopen", "resolve", "resolve_on_spot", "resume", "return_ticket", "route_for",
    "supervisors_of", "sweep", "tell_resident", "transfer", "urge", "withdraw", "withdraw_policy",
]  # fmt: skip
