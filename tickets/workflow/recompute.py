"""What other hours or days do to open promises: seen first, then applied in batches.

Recomputing changes clocks and the dates lists sort by, nothing else: no event, no message, no
level told twice (sla.md, recompute). A matter's page tells that the calendar moved its day.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from django.db import connection, transaction
from django.utils import timezone

from common.models import Version
from tickets.choices import ClockMode, Stage
from tickets.models import Clock, Ticket
from tickets.workflow import clockwork
from tickets.workflow.acting import carry
from tickets.workflow.story import nearest
from worktime.arithmetic import CalendarHorizon
from worktime.reports import calendar_revision, current_calendar, forget_calendar

BATCH = {"postgresql": 5_000}
SMALL_BATCH = 400
EXAMPLES = 5
CALENDAR = "calendar"
# Up to which revision of the calendar the clocks have been recomputed.
MARK = "clocks.calendar"


@dataclass
class Moves:
    """How promises would move: numbers of tickets, and a few of them by reference."""

    count: int = 0
    earlier: int = 0
    later: int = 0
    past: int = 0
    largest: timedelta = timedelta(0)
    examples: list = field(default_factory=list)

    def add(self, reference, before, after, at):
        self.count += 1
        self.earlier += after < before
        self.later += after > before
        self.past += after < at <= before
        self.largest = max(self.largest, abs(after - before))
        if len(self.examples) < EXAMPLES:
            self.examples.append((reference, before, after))


# --- The calendar --------------------------------------------------------------------------


def preview_calendar(calendar, at=None):
    """Return the Moves that another business calendar would make; stores nothing."""
    at, moves = at or timezone.now(), Moves()
    clocks = _on_the_calendar().filter(stage=Stage.RESOLVE).select_related("ticket")
    for clock in clocks.order_by("pk").iterator(chunk_size=2_000):
        due_at, _thresholds = clockwork.reckoned(clock, calendar)
        if due_at != clock.due_at:
            moves.add(clock.ticket.reference, clock.due_at, due_at, at)
    return moves


def recompute_if_needed(at=None):
    """Recompute when the calendar has changed since the last time; return how many clocks moved.

    Twice for each change: for some seconds after it another process may still promise by the
    calendar it remembers. Begins again after a worker has died; what is right is not written.
    """
    first, second = 2 * calendar_revision(), 2 * calendar_revision() + 1
    done = Version.objects.current(MARK)
    if done >= second:
        return 0
    moved = recompute(at)
    mark_recomputed(second if done >= first else first)
    return moved


def mark_recomputed(number):
    """Note how far recomputing has come: twice the calendar's revision, and one more when done."""
    Version.objects.bulk_create([Version(name=MARK, number=0)], ignore_conflicts=True)
    Version.objects.filter(name=MARK, number__lt=number).update(number=number)


def recompute(at=None):
    """Recompute every open promise on the working calendar; return how many clocks changed."""
    forget_calendar()
    at, last, changed = at or timezone.now(), 0, 0
    size = BATCH.get(connection.vendor, SMALL_BATCH)
    while True:
        with transaction.atomic():
            # Tickets first, as the verbs do, so that nobody waits for each other crosswise.
            tickets = _tickets_after(last, size)
            if not tickets:
                return changed
            changed += _recompute_clocks(tickets, at)
        last = max(tickets)


def _tickets_after(last, size):
    waiting = _on_the_calendar().filter(ticket_id__gt=last).order_by("ticket_id")
    pks = list(waiting.values_list("ticket_id", flat=True).distinct()[:size])
    rows = Ticket.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",))
    return {row.pk: row for row in rows.only("pk", "due_at", "next_due_at", "next_stage")}


def _on_the_calendar():
    return Clock.objects.unfinished().filter(mode=ClockMode.BUSINESS).exclude(stage=Stage.CONFIRM)


def _recompute_clocks(tickets, at):
    calendar = current_calendar("business")
    rows = Clock.objects.unfinished().filter(ticket_id__in=list(tickets))
    rows = list(rows.order_by("ticket_id", "pk").select_for_update(of=("self",)))
    changed, moved = [], []
    for ticket_id, clocks in groupby(rows, key=lambda clock: clock.ticket_id):
        clocks = list(clocks)
        for clock in clocks:
            if clock.mode == ClockMode.BUSINESS and _recompute_one(clock, calendar, at):
                changed.append(clock)
        if _renew_dates(tickets[ticket_id], clocks):
            moved.append(tickets[ticket_id])
    _update_clocks(changed)
    _update_tickets(moved)
    carry(changed, at)
    return len(changed)


def _recompute_one(clock, calendar, at):
    """Bring one clock's row up to date; return whether anything differs."""
    try:
        due_at, thresholds = clockwork.reckoned(clock, calendar)
    except CalendarHorizon:
        # Days were taken away: the promise made stays until they are back.
        return False
    if due_at == clock.due_at and thresholds == clock.thresholds:
        return False
    if due_at != clock.due_at:
        clock.target_revision += 1
    clockwork.settle(clock, due_at, thresholds, because=CALENDAR)
    clockwork.lower_level(clock, at)
    return True


def _renew_dates(ticket, clocks):
    before = (ticket.due_at, ticket.next_due_at, ticket.next_stage)
    resolve = next((clock for clock in clocks if clock.stage == Stage.RESOLVE), None)
    if resolve:
        ticket.due_at = resolve.due_at
    ticket.next_due_at, ticket.next_stage = nearest(clocks)
    return before != (ticket.due_at, ticket.next_due_at, ticket.next_stage)


RECOMPUTED = (
    "due_at", "moved_by", "thresholds", "level", "target_revision", "next_check_at",
)  # fmt: skip


def _update_clocks(clocks):
    if connection.vendor != "postgresql":
        Clock.objects.bulk_update(clocks, RECOMPUTED)
        return
    _update_from_arrays(
        "tickets_clock",
        {"due_at": "timestamptz", "moved_by": "text", "thresholds": "jsonb", "level": "smallint",
         "target_revision": "smallint", "next_check_at": "timestamptz"},
        clocks,
    )  # fmt: skip


def _update_tickets(tickets):
    if connection.vendor != "postgresql":
        Ticket.objects.bulk_update(tickets, ["due_at", "next_due_at", "next_stage"])
        return
    columns = {"due_at": "timestamptz", "next_due_at": "timestamptz", "next_stage": "text"}
    _update_from_arrays("tickets_ticket", columns, tickets)


def _update_from_arrays(table, columns, rows):
    """Update many rows with one statement: an array a column (PostgreSQL).

    `table` and `columns` are names of this module, never of a user.
    """
    if not rows:
        return
    arrays = [[row.pk for row in rows]]
    arrays += [[_plain(getattr(row, name)) for row in rows] for name in columns]
    places = ", ".join(["%s::bigint[]", *(f"%s::{_carrier(kind)}[]" for kind in columns.values())])
    names = ", ".join(["id", *columns])
    settings = ", ".join(f"{name} = new.{name}::{kind}" for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS old SET {settings} FROM unnest({places}) AS new({names})"
            " WHERE old.id = new.id",
            arrays,
        )


def _carrier(kind):
    # An array of json texts is sent as texts.
    return "text" if kind == "jsonb" else kind


def _plain(value):
    return json.dumps(value) if isinstance(value, list) else value
