"""What other hours or days do to open promises: seen first, then applied in batches.

Recomputing changes clocks and the dates lists sort by, nothing else: no event, no message, no
level told twice (sla.md, recompute). A matter's page tells that the calendar moved its day.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max, Min, TextField
from django.db.models.functions import Cast
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
# Connections that recompute at a time, one more than two cores: the database is never without work.
# SQLite has one writer.
HANDS = {"postgresql": 3}
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
        try:
            due_at, _thresholds = clockwork.reckoned(clock, calendar)
        except CalendarHorizon:
            # As in recomputing: what those days promised stays.
            continue
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
    moved = recompute(at, hands=HANDS.get(connection.vendor, 1))
    mark_recomputed(second if done >= first else first)
    return moved


def mark_recomputed(number):
    """Note how far recomputing has come: twice the calendar's revision, and one more when done."""
    Version.objects.bulk_create([Version(name=MARK, number=0)], ignore_conflicts=True)
    Version.objects.filter(name=MARK, number__lt=number).update(number=number)


def recompute(at=None, *, hands=1):
    """Recompute every open promise on the working calendar; return how many clocks changed.

    With several `hands` the tickets are shared out among as many connections: one reckons while
    the database writes for another.
    """
    forget_calendar()
    at = at or timezone.now()
    shares = _shares(hands)
    if len(shares) < 2:
        return sum(_recompute_share(share, at) for share in shares)
    with ThreadPoolExecutor(len(shares)) as pool:
        return sum(pool.map(_by_another_hand, shares, repeat(at)))


def _shares(hands):
    """Cut the range of ticket numbers into as many parts."""
    ends = _on_the_calendar().aggregate(first=Min("ticket_id"), last=Max("ticket_id"))
    if ends["first"] is None:
        return []
    size = (ends["last"] - ends["first"]) // hands + 1
    return [range(first, first + size) for first in range(ends["first"], ends["last"] + 1, size)]


def _by_another_hand(share, at):
    try:
        return _recompute_share(share, at)
    finally:
        connection.close()


def _recompute_share(share, at):
    changed, first = 0, share.start
    size = BATCH.get(connection.vendor, SMALL_BATCH)
    while True:
        with transaction.atomic():
            # Tickets first, as the verbs do, so that nobody waits for each other crosswise.
            tickets = _tickets(range(first, share.stop), size)
            if not tickets:
                return changed
            changed += _recompute_clocks(tickets, at)
        first = max(tickets) + 1


class Promise(NamedTuple):
    """What recomputing reads of a clock: a row of plain values, for a model costs as much again.

    Thresholds are the text that the database keeps of them: mostly it is compared and written back.
    """

    pk: int
    ticket_id: int
    stage: str
    mode: str
    state: str
    limit_amount: int
    limit_unit: str
    extra_amount: int
    started_at: datetime
    due_at: datetime
    first_due_at: datetime
    moved_by: str
    thresholds: str
    paused_until: datetime
    level: int
    target_revision: int
    next_check_at: datetime
    pauses: list
    stopped_at: None = None


AS_TEXT = {name: Cast(name, TextField()) for name in ("thresholds", "pauses")}
READ = [AS_TEXT.get(name, F(name)) for name in Promise._fields[:-1]]


def _promise(row):
    """Return the Promise of what `READ` reads; few have pauses, and those are spelled out."""
    pauses = row[-1]
    return Promise(*row[:-1], () if pauses == "[]" else json.loads(pauses))


WRITTEN = ("due_at", "moved_by", "thresholds", "level", "target_revision", "next_check_at")


class Dates(NamedTuple):
    """What lists sort a ticket by."""

    pk: int
    due_at: datetime
    next_due_at: datetime
    next_stage: str


def _tickets(share, size):
    """Lock the first tickets of a share, as the verbs do, and return their Dates by number."""
    waiting = _on_the_calendar().filter(ticket_id__gte=share.start, ticket_id__lt=share.stop)
    pks = list(waiting.order_by("ticket_id").values_list("ticket_id", flat=True).distinct()[:size])
    rows = Ticket.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",))
    return {row[0]: Dates(*row) for row in rows.values_list(*Dates._fields)}


def _on_the_calendar():
    return Clock.objects.unfinished().filter(mode=ClockMode.BUSINESS).exclude(stage=Stage.CONFIRM)


def _recompute_clocks(tickets, at):
    calendar = current_calendar("business")
    rows = Clock.objects.unfinished().filter(ticket_id__in=list(tickets))
    rows = rows.order_by("ticket_id", "pk").select_for_update(of=("self",))
    rows = map(_promise, rows.values_list(*READ))
    changed, told, moved = [], [], []
    for ticket_id, clocks in groupby(rows, key=attrgetter("ticket_id")):
        fresh = []
        for clock in clocks:
            after = clock
            if clock.mode == ClockMode.BUSINESS and clock.stage != Stage.CONFIRM:
                after = _recomputed(clock, calendar, at)
            if after is not clock:
                changed.append(after)
            if clock.level and after.target_revision != clock.target_revision:
                told.append(after)
            fresh.append(after)
        dates = _dates(tickets[ticket_id], fresh)
        if dates != tickets[ticket_id]:
            moved.append(dates)
    _write(Clock, changed, WRITTEN)
    _write(Ticket, moved, Dates._fields[1:])
    carry(told, at)
    return len(changed)


def _recomputed(clock, calendar, at):
    """Return the clock as the calendar has it, the very same where nothing differs."""
    try:
        due_at, thresholds = clockwork.reckoned(clock, calendar)
    except CalendarHorizon:
        # Days were taken away: the promise made stays until they are back.
        return clock
    text = _text(thresholds)
    if due_at == clock.due_at and text == clock.thresholds:
        return clock
    has_moved = due_at != clock.due_at
    after = clock._replace(due_at=due_at, thresholds=thresholds)
    level = clock.level and min(clock.level, clockwork.reached(after, at))
    return after._replace(
        thresholds=text,
        moved_by=CALENDAR if has_moved else clock.moved_by,
        target_revision=clock.target_revision + has_moved,
        level=level,
        next_check_at=clockwork.next_look(after, level),
    )


def _text(thresholds):
    """Write thresholds as both databases keep them."""
    return f"[{', '.join([f'[{level}, {instant}]' for level, instant in thresholds])}]"


def _dates(before, clocks):
    due_at = next((clock.due_at for clock in clocks if clock.stage == Stage.RESOLVE), before.due_at)
    return Dates(before.pk, due_at, *nearest(clocks))


def _write(model, rows, names):
    """Update these columns of many rows: one statement a batch on PostgreSQL."""
    if not rows:
        return
    if connection.vendor != "postgresql":
        shells = [model(pk=row.pk, **_fields(row, names)) for row in rows]
        model.objects.bulk_update(shells, names)
        return
    columns = ", ".join(names)
    values = ", ".join(f"{name} = new.{name}" for name in names)
    table = model._meta.db_table
    values_of = attrgetter("pk", *names)
    lines = StringIO("".join([_line(values_of(row)) for row in rows]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE recomputed ON COMMIT DROP AS"
            f" SELECT id, {columns} FROM {table} WITH NO DATA"
        )
        cursor.copy_expert(f"COPY recomputed (id, {columns}) FROM STDIN", lines)
        cursor.execute(
            f"UPDATE {table} AS old SET {values} FROM recomputed AS new WHERE old.id = new.id"
        )
        cursor.execute("DROP TABLE recomputed")


def _fields(row, names):
    """Return {name: value} as a model takes them."""
    found = {name: getattr(row, name) for name in names}
    if "thresholds" in found:
        found["thresholds"] = json.loads(found["thresholds"])
    return found


def _line(values):
    """Return one line of PostgreSQL's COPY; nothing a person has typed comes in here."""
    return "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"
