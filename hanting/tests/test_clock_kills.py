"""Kill -9 in mid-sweep, in turn, on real processes: nothing missing, nothing twice, one digest.

Many promises break in one instant. As soon as the sweep has found the first of them, its worker,
its beat, its broker or its database is killed, twice. When all are back, every broken promise has
its escalation once, and everybody concerned has one message for all of them.
"""

import os
import signal
import time
from contextlib import ExitStack, suppress

import pytest

from hanting.tests.running import Portal, production
from hanting.tests.servers import OwnPostgres, OwnRedis

pytestmark = pytest.mark.processes

MANY = 150
LEAD_S = 40
# What is left of it when they are filed: time to look at the matters before.
REST_S = 15
MORE_SWEEP_S = 20

# Files many matters whose promise breaks at one moment soon to come: the later, the slower the
# machine files one.
FILE = f"""
import json, time
from datetime import timedelta
from grids.models import Grid
from tickets import workflow
from tickets.catalogue import leaves
from tickets.policies import limit_of
facts = next(each for each in leaves() if each.is_immediate and not each.emergency_number)
grid = Grid.objects.get(name="吉祥家园")
seconds = limit_of("resolve", facts)["amount"]
filing = workflow.Filing(description="停电了，家里有老人。", category_id=facts.id, grid=grid)
workflow.file_ticket(filing)
began = time.monotonic()
workflow.file_ticket(filing)
each_s = time.monotonic() - began
lead = timedelta(seconds=max({LEAD_S}, {REST_S} + 2 * {MANY} * each_s))
at = workflow.now() - timedelta(seconds=seconds) + lead
made = [workflow.file_ticket(filing, at=at).ticket for _ in range({MANY})]
print(json.dumps([[each.pk for each in made], made[0].due_at.timestamp()]))
"""

# Waits for the sweep to find the first of them.
FIRST = """
import json, time
from tickets.models import Escalation
until = {due} + 90
late = Escalation.objects.filter(
    clock__ticket__in={pks}, clock__stage="resolve", level=100, target_revision=0
)
while not late.exists() and time.time() < until:
    time.sleep(0.1)
print(json.dumps(late.exists()))
"""

# Looks at what is told, at once or as soon as all of it is.
LOOK = """
import json, time
from collections import Counter
from datetime import UTC, datetime
from notices.models import Notice
from tickets.models import Escalation, Told
late = Escalation.objects.filter(
    clock__ticket__in={pks}, clock__stage="resolve", level=100, target_revision=0
)
told = Told.objects.filter(escalation__in=late)
since = datetime.fromtimestamp({due} - 1, UTC)

def look():
    messages = Notice.objects.filter(
        kind="late_digest", created_at__gte=since, recipient__in=told.values("user")
    )
    pairs = Counter(told.values_list("escalation", "user"))
    return {{
        "late": late.count(),
        "deliveries": sorted(set(late.values_list("delivery", flat=True))),
        "waiting": told.filter(told_at=None).count(),
        "people": sorted(set(told.values_list("user", flat=True))),
        "pairs": len(pairs),
        "most": max(pairs.values(), default=0),
        "messages": sorted(messages.values_list("recipient_id", flat=True)),
        "undelivered": messages.filter(delivered_at=None).count(),
    }}

def is_told(found):
    told = found["late"] and found["deliveries"] == ["told"] and not found["waiting"]
    return told and found["messages"] and not found["undelivered"]

until, found = time.monotonic() + {within_s}, look()
while not is_told(found) and time.monotonic() < until:
    time.sleep(1)
    found = look()
print(json.dumps(found))
"""


def file_many(portal):
    """Return the keys of matters that fall due together, and when."""
    pks, due = portal.ask(FILE, within_s=300)
    assert due > time.time(), "the machine is too slow to file them before they are due"
    return pks, due


def strike_twice(portal, strike, pks, due):
    """Strike as soon as the sweep has found something, and again a moment later."""
    lead = max(due - time.time(), 0)
    assert portal.ask(FIRST.format(pks=pks, due=due), within_s=lead + 120)
    strike()
    time.sleep(3)
    strike()


def check(portal, pks, due, within_s=0):
    """Wait until everybody is told; then nothing is missing and nothing there twice."""
    look = LOOK.format(pks=pks, due=due, within_s=within_s)
    found = portal.ask(look, within_s=within_s + 60)
    assert found["late"] == MANY, portal.words()[-3000:]
    assert (found["deliveries"], found["waiting"], found["undelivered"]) == (["told"], 0, 0)
    assert found["most"] == 1
    assert found["pairs"] == MANY * len(found["people"])
    assert found["messages"] == found["people"] != []


def strike_in_turn(portal, strikes):
    """Strike and wait for the end of it, one after the other.

    One more sweep has the time to write what it must not while the next matters are filed and not
    yet due.
    """
    many = file_many(portal)
    for strike in strikes:
        strike_twice(portal, strike, *many)
        check(portal, *many, within_s=180)
        told_at, before, many = time.monotonic(), many, file_many(portal)
        time.sleep(max(told_at + MORE_SWEEP_S - time.monotonic(), 0))
        check(portal, *before)


def killer(portal, word):
    """Return what kills the oldest process of this kind, if one is there in that moment."""

    def strike():
        pids = [pid for pid, words in portal.processes().items() if f" {word} " in words]
        with suppress(ProcessLookupError):
            if pids:
                os.kill(min(pids), signal.SIGKILL)

    return strike


def test_on_one_machine_each_in_turn(tmp_path):
    portal = Portal(tmp_path / "var")
    try:
        portal.start(within_s=300)
        strike_in_turn(portal, [killer(portal, "worker"), killer(portal, "beat")])
    finally:
        portal.clean_up()


@pytest.mark.postgres
@pytest.mark.redis
def test_in_production_each_in_turn(tmp_path):
    with ExitStack() as stack:
        database, broker = OwnPostgres(), OwnRedis(tmp_path)
        stack.callback(database.clean_up)
        database.start()
        broker.start()
        stack.callback(broker.kill)
        portal = Portal(tmp_path / "var", **production(database.url) | {"REDIS_URL": broker.url})
        stack.callback(portal.clean_up)
        portal.start(within_s=300)
        strike_in_turn(
            portal,
            [killer(portal, "worker"), killer(portal, "beat"), broker.restart, database.restart],
        )
