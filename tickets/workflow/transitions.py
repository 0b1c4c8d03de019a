"""Which verb leads from where to where, and who may do it: the whole state machine in one table."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import pgettext_lazy

from tickets.choices import OPEN, WITH_ORGANISATION, Status, Verb


class Party(models.TextChoices):
    """In which capacity somebody stands to a ticket; one person may have several."""

    RESIDENT = "resident", pgettext_lazy("party", "resident")
    SYSTEM = "system", pgettext_lazy("party", "the system")
    HOLDER = "holder", pgettext_lazy("party", "holder")
    LEAD = "lead", pgettext_lazy("party", "lead organisation")
    LEAD_MANAGER = "lead_manager", pgettext_lazy("party", "manager of the lead organisation")
    CO_HANDLER = "co_handler", pgettext_lazy("party", "co-handler")
    GROUND = "ground", pgettext_lazy("party", "community")
    SECRETARY = "secretary", pgettext_lazy("party", "secretary")
    STEWARD = "steward", pgettext_lazy("party", "property steward")
    OWN_SPECIALIST = "own_specialist", pgettext_lazy("party", "the community's own specialist")
    DISPATCHER = "dispatcher", pgettext_lazy("party", "dispatcher")
    ARBITER = "arbiter", pgettext_lazy("party", "arbiter")


@dataclass(frozen=True)
class Move:
    """One row of the table; `to` is None where the status stays."""

    sources: tuple[str, ...]
    to: str | None
    parties: frozenset[str]


def _move(sources, to, *parties):
    return Move(tuple(sources), to, frozenset(parties))


P, S = Party, Status
_HANDLERS = (P.HOLDER, P.LEAD)
_DESK = (P.DISPATCHER, P.SECRETARY)
_EVERYBODY_INSIDE = (
    P.HOLDER, P.LEAD, P.LEAD_MANAGER, P.CO_HANDLER, P.GROUND, P.SECRETARY, P.STEWARD,
    P.OWN_SPECIALIST, P.DISPATCHER, P.ARBITER,
)  # fmt: skip

TRANSITIONS = {
    Verb.ACCEPT: _move([S.SUBMITTED], S.ACCEPTED, P.HOLDER, P.GROUND, *_DESK, P.SYSTEM),
    Verb.REJECT: _move([S.SUBMITTED, S.ACCEPTED, S.RETURNED], S.REJECTED, *_DESK),
    Verb.WITHDRAW: _move(OPEN, S.WITHDRAWN, P.RESIDENT),
    Verb.MERGE: _move(OPEN, S.MERGED, P.GROUND, P.HOLDER, *_DESK),
    Verb.JOIN: _move(OPEN, None, P.RESIDENT, P.SYSTEM, P.GROUND, *_DESK),
    Verb.DISPATCH: _move([S.ACCEPTED, S.RETURNED], S.DISPATCHED, P.GROUND, *_DESK, P.SYSTEM),
    Verb.ACKNOWLEDGE: _move([S.DISPATCHED], S.IN_PROGRESS, *_HANDLERS),
    Verb.RETURN: _move([S.DISPATCHED, S.IN_PROGRESS], S.RETURNED, *_HANDLERS),
    Verb.ARBITRATE: _move([S.RETURNED], S.DISPATCHED, P.ARBITER),
    Verb.TRANSFER: _move(
        [S.DISPATCHED, S.IN_PROGRESS], S.DISPATCHED, P.LEAD, P.LEAD_MANAGER, *_DESK
    ),
    Verb.RECATEGORISE: _move(
        [S.SUBMITTED, S.ACCEPTED, S.RETURNED], None, P.HOLDER, P.GROUND, *_DESK
    ),
    Verb.RECORD_FINDING: _move(
        OPEN, None, *_HANDLERS, P.CO_HANDLER, P.GROUND, P.SECRETARY, P.STEWARD, P.OWN_SPECIALIST
    ),
    Verb.CALL_CONTRACTOR: _move([S.IN_PROGRESS, S.ON_HOLD], None, *_HANDLERS),
    Verb.RECORD_ARRIVAL: _move([S.IN_PROGRESS, S.ON_HOLD], None, *_HANDLERS, P.GROUND, P.STEWARD),
    Verb.FINISH_CONTRACTOR: _move([S.IN_PROGRESS, S.ON_HOLD], None, *_HANDLERS),
    Verb.ASK_RESIDENT: _move([S.IN_PROGRESS], S.ON_HOLD, *_HANDLERS),
    Verb.ANSWER: _move([S.ON_HOLD], S.IN_PROGRESS, P.RESIDENT, P.GROUND, P.DISPATCHER),
    Verb.HOLD: _move([S.IN_PROGRESS, S.ON_HOLD], S.ON_HOLD, *_HANDLERS),
    Verb.RESUME: _move([S.ON_HOLD], S.IN_PROGRESS, *_HANDLERS, P.SYSTEM),
    Verb.NOTE: _move(Status.values, None, *_EVERYBODY_INSIDE),
    Verb.RESOLVE: _move([S.IN_PROGRESS], S.RESOLVED, *_HANDLERS),
    Verb.RESOLVE_ON_SPOT: _move(
        [S.SUBMITTED, S.ACCEPTED], S.RESOLVED, P.GROUND, P.HOLDER, P.SECRETARY
    ),
    Verb.RECORD_CALL: _move([S.RESOLVED], None, P.GROUND, *_DESK),
    Verb.CONFIRM: _move([S.RESOLVED], S.CLOSED, P.RESIDENT),
    Verb.DISPUTE: _move([S.RESOLVED], S.IN_PROGRESS, P.RESIDENT),
    Verb.EXPIRE: _move([S.RESOLVED], S.CLOSED, P.SYSTEM),
    Verb.REOPEN: _move([S.CLOSED], S.IN_PROGRESS, P.RESIDENT, *_DESK),
    Verb.TELL_RESIDENT: _move(OPEN, None, *_HANDLERS, P.GROUND, *_DESK),
    Verb.URGE: _move(OPEN, None, P.RESIDENT),
    Verb.ASK_EXTENSION: _move(WITH_ORGANISATION, None, *_HANDLERS),
    Verb.GRANT_EXTENSION: _move(WITH_ORGANISATION, None, *_DESK, P.ARBITER),
    Verb.REFUSE_EXTENSION: _move(WITH_ORGANISATION, None, *_DESK, P.ARBITER),
    Verb.CHANGE_POLICY: _move(OPEN, None, P.SYSTEM),
    Verb.ORDER: _move([*OPEN, S.CLOSED], None, P.SECRETARY, P.ARBITER, P.SYSTEM),
    Verb.ANSWER_ORDER: _move(Status.values, None, *_EVERYBODY_INSIDE),
    Verb.CLOSE_ORDER: _move(Status.values, None, P.SECRETARY, P.ARBITER),
    Verb.PROPOSE: _move([*OPEN, S.RESOLVED, S.CLOSED], None, P.SYSTEM),
    Verb.RELEASE: _move([S.RESOLVED, S.CLOSED, *OPEN], None, *_DESK),
    Verb.ATTACH: _move([*OPEN, S.RESOLVED], None, P.RESIDENT, *_EVERYBODY_INSIDE),
}
