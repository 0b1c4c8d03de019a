"""Measures the clocks: sweeping levels, telling of them, and recomputing for another calendar.

Grows the tickets that are there to the number of clocks asked for, by copies of them, so it wants
a database of its own (the command makes one). Rates are printed beside those of one bare statement
that touches as many rows in the same run.
"""

import statistics
import time
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from hanting.demo.lives import seed_tickets
from hanting.demo.people import seed_people
from notices.models import Notice
from tickets.models import Clock, Escalation, Ticket
from tickets.workflow.escalations import tell_escalations
from tickets.workflow.recompute import HANDS, recompute
from tickets.workflow.sweep import move_levels, sweep
from worktime.models import WorkDay
from worktime.workflow import correct_day

# So many lives, of which the open ones are copied.
TEMPLATES = 2_000
ROUNDS = 3
EMPTY_RUNS = 20
# sla.md, acceptance bars: rows/s and share of the floor, ms, seconds for a million clocks.
TARGETS = {"rate": 10_000, "share": 0.5, "empty_ms": 5, "recompute_s": 60}

FLOOR = """
WITH picked AS (
    SELECT id FROM tickets_clock WHERE next_check_at <= %s
    ORDER BY next_check_at FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE tickets_clock AS clock
    SET level = clock.level, next_check_at = clock.next_check_at + interval '9 years'
    FROM picked WHERE clock.id = picked.id RETURNING clock.id
)
INSERT INTO tickets_escalation
    (clock_id, target_revision, level, crossed_at, noticed_at, delivery)
SELECT id, 9999, 0, now(), now(), 'void' FROM moved
"""


def run(*, clocks, say):
    """Make a database of its own beside the configured one, measure there, and drop it."""
    if connection.vendor != "postgresql":
        raise CommandError("The clocks are measured on PostgreSQL: set DATABASE_URL.")
    configured = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        say("Loading the district and some tickets to copy …")
        for command in ("load_calendar", "load_district", "load_categories"):
            call_command(command, verbosity=0, stdout=StringIO())
        seed_people()
        seed_tickets(TEMPLATES)
        measure(clocks=clocks, say=say)
    finally:
        connection.creation.destroy_test_db(configured, verbosity=0)


def measure(*, clocks, say):
    """Grow, measure and print; returns the figures by name."""
    say(f"Growing to {clocks:,} open clocks …")
    grow(clocks)
    analyse()
    number = Clock.objects.filter(next_check_at__isnull=False).count()
    tickets = Ticket.objects.count()
    say(f"{number:,} open clocks on {tickets:,} tickets, {connection.vendor}")
    figures = {"clocks": number}
    figures |= measure_sweep(number, say)
    figures |= measure_telling(say)
    figures |= measure_empty(say)
    figures |= measure_recompute(say)
    return figures


# --- Growing -------------------------------------------------------------------------------


def grow(clocks):
    """Copy the open tickets and their running clocks until there are about so many clocks."""
    templates = Clock.objects.filter(next_check_at__isnull=False).exclude(stage="confirm")
    there = templates.count()
    if not there:
        raise ValueError("there is no ticket with a running clock to copy")
    copies = max(-(-clocks // there) - 1, 0)
    base = Ticket.objects.aggregate(last=Max("pk"))["last"]
    _copy_tickets(base, copies)
    _copy_clocks(base, copies)


def _copy_tickets(base, copies):
    given = {
        "id": f"{base} + numbers.n * count.tickets + row.place",
        "reference": "'B' || CAST(100000000 + "
        f"{base} + numbers.n * count.tickets + row.place AS text)",
    }
    _copy(Ticket, given, copies)


def _copy_clocks(base, copies):
    given = {"ticket_id": f"{base} + numbers.n * count.tickets + owner.place"}
    _copy(Clock, given, copies)


# The open tickets with a running clock, numbered from 1.
OWNERS = """
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM tickets_ticket
    WHERE id IN (SELECT ticket_id FROM tickets_clock
                 WHERE next_check_at IS NOT NULL AND stage <> 'confirm')
"""


def _copy(model, given, copies):
    """Insert copies of rows with some columns given; names come from the models alone."""
    if not copies:
        return
    names = [field.column for field in model._meta.concrete_fields]
    if "id" not in given:
        names.remove("id")
    values = ", ".join(given.get(name, f"row.{name}") for name in names)
    table = model._meta.db_table
    if model is Ticket:
        source = f"(SELECT each.*, owner.place FROM {table} each JOIN owners owner USING (id)) row"
    else:
        source = (
            f"(SELECT * FROM {table} WHERE next_check_at IS NOT NULL AND stage <> 'confirm') row"
            " JOIN owners owner ON owner.id = row.ticket_id"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH owners AS ({OWNERS}), count AS (SELECT count(*) AS tickets FROM owners),"
            f" numbers AS (SELECT generate_series(0, {copies - 1}) AS n)"
            f" INSERT INTO {table} ({', '.join(names)})"
            f" SELECT {values} FROM {source} CROSS JOIN count CROSS JOIN numbers"
        )


def analyse():
    with connection.cursor() as cursor:
        for model in (Clock, Ticket, Escalation):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


# --- Sweeping ------------------------------------------------------------------------------


def measure_sweep(number, say):
    """Sweep and touch barely, in turns, about one in a hundred of the clocks each time."""
    portion, floor, ours = max(number // 100, 100), [], []
    for _round in range(ROUNDS):
        floor.append(_rate(_touch_barely, _moment(portion)))
        ours.append(_rate(move_levels, _moment(portion)))
    rate, bare = statistics.median(ours), statistics.median(floor)
    say(f"sweep of {portion} due: {rate:,.0f} rows/s; one bare statement {bare:,.0f} rows/s")
    say(f"  share of the floor {rate / bare:.2f} {_met(rate / bare >= TARGETS['share'])}")
    say(f"  at least {TARGETS['rate']:,} rows/s {_met(rate >= TARGETS['rate'])}")
    return {"rate": rate, "floor": bare}


def measure_empty(say):
    """Sweep when nothing is due: the levels alone, and with everything else a sweep looks at."""
    at = _moment(0) - timedelta(seconds=1)
    empty = _milliseconds(lambda: move_levels(at))
    whole = _milliseconds(lambda: sweep(at))
    say(f"empty sweep of levels {empty:.2f} ms {_met(empty <= TARGETS['empty_ms'])}")
    say(f"empty sweep with all it does, its heartbeat's commit included: {whole:.2f} ms")
    return {"empty_ms": empty, "whole_ms": whole}


def _moment(portion):
    """Return the moment by which so many more clocks are due."""
    due = Clock.objects.filter(next_check_at__isnull=False).order_by("next_check_at")
    return due.values_list("next_check_at", flat=True)[portion]


def _touch_barely(at):
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [at])
        return cursor.rowcount


def _rate(work, at):
    started = time.perf_counter()
    rows = work(at)
    return rows / (time.perf_counter() - started)


def _milliseconds(work):
    taken = []
    for _run in range(EMPTY_RUNS):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


# --- Telling -------------------------------------------------------------------------------


def measure_telling(say):
    """Tell of everything the sweep has found, as after an outage."""
    waiting, before = Escalation.objects.pending().count(), Notice.objects.count()
    started = time.perf_counter()
    people = tell_escalations(timezone.now())
    seconds = time.perf_counter() - started
    written = Notice.objects.count() - before
    say(
        f"telling of {waiting} levels: {seconds:.1f} s, {written} messages to {people} people,"
        f" {waiting / seconds:,.0f} levels/s"
    )
    return {"told": waiting, "messages": written, "people": people}


# --- Recomputing ---------------------------------------------------------------------------


def measure_recompute(say):
    """Close a day that most promises run across, and bring every clock up to date."""
    start = timezone.localdate(Clock.objects.aggregate(first=Min("due_at"))["first"])
    start = max(start, timezone.localdate())
    day = WorkDay.objects.working().filter(date__gt=start).order_by("date").first()
    correct_day(day.date, is_working=False, source="bench", by="bench")
    messages = Notice.objects.count()
    told = Ticket.objects.aggregate(last=Max("last_event_at"))
    started = time.perf_counter()
    changed = recompute(hands=HANDS[connection.vendor])
    seconds = time.perf_counter() - started
    untouched = told == Ticket.objects.aggregate(last=Max("last_event_at"))
    say(
        f"calendar edit ({day} closed): {seconds:.1f} s, {changed} clocks moved,"
        f" {Notice.objects.count() - messages} messages,"
        f" tickets' last events {'untouched' if untouched else 'CHANGED'}"
        f" {_met(seconds <= TARGETS['recompute_s'])}"
    )
    return {"recompute_s": seconds, "changed": changed}


def _met(is_met):
    return "(met)" if is_met else "(NOT met)"
