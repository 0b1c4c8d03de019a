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

# Files many matters whose promise breaks at one moment soon to come.
FILE = f"""
import json
from datetime import timedelta
from grids.models import Grid
from tickets import workflow
from tickets.catalogue import leaves
from tickets.policies import limit_of
facts = next(each for each in leaves() if each.is_immediate and not each.emergency_number)
grid = Grid.objects.get(name="吉祥家园")
seconds = limit_of("resolve", facts)["amount"]
at = workflow.now() - timedelta(seconds=seconds - {LEAD_S})
filing = workflow.Filing(description="停电了，家里有老人。", category_id=facts.id, grid=grid)
made = [workflow.file_ticket(filing, at=at).ticket for _ in range({MANY})]
print(json.dumps([[each.pk for each in made], made[0].due_at.timestamp()]))
"""

LOOK = """
import json
from collections import Counter
from datetime import UTC, datetime
from notices.models import Notice
from tickets.models import Escalation, Told
late = Escalation.objects.filter(
    clock__ticket__in={pks}, clock__stage="resolve", level=100, target_revision=0
)
told = Told.objects.filter(escalation__in=late)
since = datetime.fromtimestamp({due} - 1, UTC)
messages = Notice.objects.filter(
    kind="late_digest", created_at__gte=since, recipient__in=told.values("user")
)
pairs = Counter(told.values_list("escalation", "user"))
print(json.dumps({{
    "late": late.count(),
    "deliveries": sorted(set(late.values_list("delivery", flat=True))),
    "waiting": told.filter(told_at=None).count(),
    "people": sorted(set(told.values_list("user", flat=True))),
    "pairs": len(pairs),
    "most": max(pairs.values(), default=0),
    "messages": sorted(messages.values_list("recipient_id", flat=True)),
    "undelivered": messages.filter(delivered_at=None).count(),
}}))
"""


def file_many(portal):
    """Return the keys of matters that fall due together, and when."""
    pks, due = portal.ask(FILE, within_s=240)
    assert due > time.time(), "the machine is too slow to file them before they are due"
    return pks, due


def strike_twice(portal, strike, pks, due):
    """Strike as soon as the sweep has found something, and again a moment later."""
    time.sleep(max(due - time.time(), 0))
    look = LOOK.format(pks=pks, due=due)
    assert portal.wait_for(lambda: portal.ask(look)["late"], 90) is not None
    strike()
    time.sleep(3)
    strike()


def check(portal, pks, due, within_s=180):
    """Wait until everybody is told; then nothing is missing and nothing there twice."""
    look, found = LOOK.format(pks=pks, due=due), {}
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = portal.ask(look)
        is_told = found["late"] and found["deliveries"] == ["told"] and not found["waiting"]
        if is_told and found["messages"] and not found["undelivered"]:
            break
        time.sleep(1)
    time.sleep(20)  # one more sweep has the time to write what it must not
    found = portal.ask(look)
    assert found["late"] == MANY, portal.words()[-3000:]
    assert (found["deliveries"], found["waiting"], found["undelivered"]) == (["told"], 0, 0)
    assert found["most"] == 1
    assert found["pairs"] == MANY * len(found["people"])
    assert found["messages"] == found["people"] != []


def killer(portal, word):
    """Return what kills the oldest process of this kind, if one is there in that moment."""

    def strike():
        pids = [pid for pid, words in portal.processes().items() if f" {word} " in words]
        with suppress(ProcessLookupError):
            if pids:
                os.kill(min(pids), signal.SIGKILL)

    return strike


@pytest.mark.parametrize("victim", ["worker", "beat"])
def test_on_one_machine(tmp_path, victim):
    portal = Portal(tmp_path / "var")
    try:
        portal.start(within_s=300)
        pks, due = file_many(portal)
        strike_twice(portal, killer(portal, victim), pks, due)
        check(portal, pks, due)
    finally:
        portal.clean_up()


@pytest.mark.postgres
@pytest.mark.redis
def test_in_production_each_in_turn(tmp_path):
    with ExitStack() as stack:
        database, broker = OwnPostgres(tmp_path / "pg"), OwnRedis(tmp_path)
        for server in (database, broker):
            server.start()
            stack.callback(server.kill)
        portal = Portal(tmp_path / "var", **production(database.url) | {"REDIS_URL": broker.url})
        stack.callback(portal.clean_up)
        portal.start(within_s=300)
        strikes = (
            killer(portal, "worker"),
            killer(portal, "beat"),
            broker.restart,
            database.restart,
        )
        for strike in strikes:
            pks, due = file_many(portal)
            strike_twice(portal, strike, pks, due)
            check(portal, pks, due)
