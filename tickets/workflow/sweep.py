"""The sweep: every clock whose moment has come is seen once, by any number of workers.

Nothing here counts on which run this is, only on rows and on the database's own time (sla.md,
sweep). Levels are moved in batches, by one statement each on PostgreSQL and by the same rules in
Python elsewhere; what needs arithmetic (a wait or a confirmation that ends) goes through the verbs,
ticket by ticket.
"""

import logging
import time
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.models import Heartbeat
from tickets.choices import Delivery, Stage
from tickets.models import Clock, Escalation
from tickets.workflow.escalations import tell_escalations
from tickets.workflow.handling import resume
from tickets.workflow.orders import remind_of_orders
from tickets.workflow.parties import SYSTEM
from tickets.workflow.residents import expire

logger = logging.getLogger(__name__)

# SQLite has one writer, who is not to be held up (architecture §7).
BATCH = {"postgresql": 2_000}
SMALL_BATCH = 400
ACTION_BATCH = 50
RUN_SECONDS = 20
HEARTBEAT = "sweep"

# Picks clocks nobody has in hand, moves each to its highest level reached, and writes an
# escalation for every level passed; only the highest one of a clock is to be told. A row changed
# meanwhile is read again under its lock, so a clock stopped a moment ago cannot climb.
MOVE_LEVELS = """
WITH picked AS (
    SELECT id, level, target_revision, thresholds, paused_until
    FROM tickets_clock
    WHERE next_check_at <= %(at)s
      AND stage <> 'confirm'
      AND (paused_until IS NULL OR paused_until > %(at)s)
    ORDER BY next_check_at
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
), steps AS (
    SELECT picked.id, picked.target_revision, (step->>0)::smallint AS level,
           to_timestamp((step->>1)::bigint) AS reached_at
    FROM picked, jsonb_array_elements(picked.thresholds) AS step
    WHERE (step->>0)::smallint > picked.level
), ahead AS (
    SELECT id, max(level) FILTER (WHERE reached_at <= %(at)s) AS top,
           min(reached_at) FILTER (WHERE reached_at > %(at)s) AS next_at
    FROM steps GROUP BY id
), moved AS (
    UPDATE tickets_clock AS clock
    SET level = coalesce(ahead.top, clock.level),
        next_check_at = least(ahead.next_at, clock.paused_until)
    FROM picked LEFT JOIN ahead ON ahead.id = picked.id
    WHERE clock.id = picked.id
), written AS (
    INSERT INTO tickets_escalation
        (clock_id, target_revision, level, crossed_at, noticed_at, delivery)
    SELECT steps.id, steps.target_revision, steps.level, steps.reached_at, %(at)s,
           CASE WHEN steps.level = ahead.top THEN 'pending' ELSE 'superseded' END
    FROM steps JOIN ahead ON ahead.id = steps.id
    WHERE steps.reached_at <= %(at)s
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM picked
"""


def sweep(at=None):
    """Do everything that has come due by `at`, the database's time by default; return how much.

    Safe with several at once, after an outage and after a clock has jumped: a level is a row with
    a unique key. A clock or ticket that somebody has in hand waits for the next sweep.
    """
    at = at or database_now()
    end = time.monotonic() + RUN_SECONDS
    done = act_on_clocks(at, end) + move_levels(at, end)
    tell_escalations(at, end)
    remind_of_orders(at)
    Heartbeat.objects.beat(HEARTBEAT, at=timezone.now())
    return done


def database_now():
    """Return the database's present to the second, so that all hosts sweep by one clock."""
    if connection.vendor != "postgresql":
        return timezone.now().replace(microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        return cursor.fetchone()[0].astimezone(UTC)


# --- Levels --------------------------------------------------------------------------------


def move_levels(at, end=float("inf")):
    """Move clocks to the levels they have reached, batch by batch; return how many clocks."""
    step = move_levels_at_once if connection.vendor == "postgresql" else move_levels_one_by_one
    batch = BATCH.get(connection.vendor, SMALL_BATCH)
    done = 0
    while True:
        moved = step(at, batch)
        done += moved
        if moved < batch or time.monotonic() > end:
            return done


def move_levels_at_once(at, batch):
    """Move one batch with one statement (PostgreSQL); return how many clocks."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MOVE_LEVELS, {"at": at, "batch": batch})
        return cursor.fetchone()[0]


def move_levels_one_by_one(at, batch):
    """Do the same by the same rules on any database; return how many clocks."""
    with transaction.atomic():
        rows = _with_levels(at).select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked
        )
        clocks = list(rows.only("level", "target_revision", "thresholds", "paused_until")[:batch])
        found = []
        for clock in clocks:
            found += climb(clock, at)
        Clock.objects.bulk_update(clocks, ["level", "next_check_at"])
        Escalation.objects.bulk_create(found, ignore_conflicts=True)
    return len(clocks)


def climb(clock, at):
    """Move one clock to its highest level reached; return the escalations to write."""
    steps = [
        (level, datetime.fromtimestamp(instant, UTC))
        for level, instant in clock.thresholds
        if level > clock.level
    ]
    reached = [(level, moment) for level, moment in steps if moment <= at]
    ahead = [moment for _level, moment in steps if moment > at]
    ahead += [clock.paused_until] if clock.paused_until else []
    clock.next_check_at = min(ahead, default=None)
    top = max((level for level, _moment in reached), default=clock.level)
    clock.level = top
    return [
        Escalation(
            clock=clock,
            target_revision=clock.target_revision,
            level=level,
            crossed_at=moment,
            noticed_at=at,
            delivery=Delivery.PENDING if level == top else Delivery.SUPERSEDED,
        )
        for level, moment in reached
    ]


def _with_levels(at):
    waits_on = Q(paused_until=None) | Q(paused_until__gt=at)
    return Clock.objects.needing_a_look(at).filter(waits_on).exclude(stage=Stage.CONFIRM)


# --- Waits and confirmations that end ------------------------------------------------------


def act_on_clocks(at, end=float("inf")):
    """End the waits and confirmations whose time has come, each in its own short transaction.

    One that cannot be dealt with is logged and stands in nobody's way.
    """
    done, failed = 0, set()
    while True:
        ending = Q(stage=Stage.CONFIRM) | Q(paused_until__lte=at)
        due = Clock.objects.needing_a_look(at).filter(ending).exclude(pk__in=failed)
        handled = 0
        pks = list(due.values_list("pk", flat=True)[:ACTION_BATCH])
        for pk in pks:
            try:
                handled += _act_on(pk, at)
            except Exception:
                logger.exception("Clock %s could not be dealt with", pk)
                failed.add(pk)
        done += handled
        if len(pks) < ACTION_BATCH or not handled or time.monotonic() > end:
            return done


def _act_on(pk, at):
    """Deal with one clock if it is due and nobody has it or its ticket; return whether it was."""
    with transaction.atomic():
        rows = Clock.objects.needing_a_look(at).filter(pk=pk).select_related("ticket")
        if connection.features.has_select_for_update_skip_locked:
            # The ticket too: a verb locks it first and its clocks after, and would wait for us.
            rows = rows.select_for_update(skip_locked=True, of=("self", "ticket"))
        clock = rows.first()
        if clock is None:
            return False
        ticket = clock.ticket
        if clock.stage == Stage.CONFIRM:
            expire(ticket, at=max(clock.due_at, ticket.last_event_at))
        else:
            resume(ticket, by=SYSTEM, at=max(clock.paused_until, ticket.last_event_at))
        return True
