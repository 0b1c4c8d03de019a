"""The one mover of this app: lock, re-read, check source and person, write, append an event."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from receptions.models import (
    AgendaEvent,
    AgendaItem,
    Booking,
    Commitment,
    FundEvent,
    FundRequest,
    Session,
    SessionEvent,
    Summons,
    Whistle,
    WhistleEvent,
)


@dataclass(frozen=True)
class Move:
    """One row of a table of allowed moves: from which statuses, to which, and by whom.

    `to` is None where the status stays. `may(row, by)` says whether this person may do it; `by`
    is None when the system itself does it, which no `may` is asked about.
    """

    sources: tuple[str, ...]
    to: str | None
    may: Callable


@dataclass
class Step:
    """One verb being done to one locked row; what is `set` and `said` is stored on leaving."""

    row: object
    verb: str
    move: Move
    by: object
    at: object
    data: dict = field(default_factory=dict)
    changed: set = field(default_factory=set)

    def set(self, **values):
        """Give fields of the row new values, to be written with the step."""
        for name, value in values.items():
            setattr(self.row, name, value)
        self.changed |= set(values)

    def say(self, **data):
        """Add words and ids to the event of the step."""
        self.data |= data


def now():
    """Return the present to the second: promises are kept and broken in whole seconds."""
    return timezone.now().replace(microsecond=0)


@contextmanager
def moving(row, verb, *, table, by, at=None):
    """Yield a Step on the locked row and store it on leaving, in one transaction.

    Raises AlreadyDone when somebody was faster, NotAllowed for a person without the right,
    RuleViolation where the status does not allow the verb.
    """
    with transaction.atomic():
        locked = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
        move = table[verb]
        check(locked, move, by)
        step = Step(locked, verb, move, by, at or now())
        yield step
        if move.to is not None:
            locked.status = move.to
            step.changed.add("status")
        if step.changed:
            locked.save(update_fields=sorted(step.changed))
        append(locked, verb, by=by, at=step.at, **step.data)


def check(row, move, by):
    """Raise what keeps this person from this move on the row as it is now."""
    if row.status not in move.sources:
        if move.to is not None and row.status == move.to:
            raise AlreadyDone(_("Somebody else has just done this."))
        raise RuleViolation(
            _("This is no longer possible: it is now “%(status)s”.")
            % {"status": row.get_status_display()},
            code="wrong_status",
        )
    if by is not None and not move.may(row, by):
        raise NotAllowed(_("This step is not yours to take."))


def available(row, by, table):
    """Return the verbs of the table that this person may use on the row now, in its order."""
    return [
        verb for verb, move in table.items() if row.status in move.sources and move.may(row, by)
    ]


def append(row, verb, *, by, at, **data):
    """Append the event of a step to the history that the row belongs to."""
    model, subject = _history_of(row, data)
    return model.objects.create(verb=verb, at=at, by=by, data=data, **subject)


def _history_of(row, data):
    """Return (event model, its subject) for a row; parts of a meeting write in its history."""
    if isinstance(row, Summons):
        data["summons"] = row.pk
        data["organisation"] = row.organisation_id
        return _history_of(row.whistle or row.session, data)
    if isinstance(row, Commitment):
        data["commitment"] = row.pk
        return _history_of(row.meeting, data)
    if isinstance(row, Booking):
        return SessionEvent, {"session_id": row.session_id, "booking": row}
    if isinstance(row, Whistle):
        return WhistleEvent, {"whistle": row}
    if isinstance(row, Session):
        return SessionEvent, {"session": row}
    if isinstance(row, AgendaItem):
        return AgendaEvent, {"item": row}
    if isinstance(row, FundRequest):
        return FundEvent, {"request": row}
    raise TypeError(f"{row!r} has no history")
