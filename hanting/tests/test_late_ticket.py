"""A late ticket climbs by itself: real processes, real clock, real outbox, a worker killed."""

import os
import signal
import time
from contextlib import ExitStack

import pytest

from hanting.tests.running import Portal, production, production_database

pytestmark = pytest.mark.processes

LIMIT_S = 60

# A category of the demonstration gets a limit of one minute; the matter is filed like any other.
FILE = f"""
import json, time
from grids.models import Grid
from common.models import Version
from tickets import workflow
from tickets.models import Category
leaf = Category.objects.filter(is_immediate=True, is_active=True, parent__isnull=False).first()
Category.objects.filter(pk=leaf.pk).update(limit_amount={LIMIT_S}, limit_unit="seconds")
Version.objects.bump("categories")
time.sleep(0.1)
place = Grid.objects.get(name="吉祥家园")
filing = workflow.Filing(description="楼道的灯不亮了。", category_id=leaf.pk, grid=place)
ticket = workflow.file_ticket(filing).ticket
print(json.dumps([ticket.pk, ticket.due_at.timestamp()]))
"""

# What stands in the database about one ticket: escalations and the messages that tell of them.
LOOK = """
import json
from collections import Counter
from notices.models import Notice
from tickets.models import Escalation, Ticket
ticket = Ticket.objects.get(pk={pk})
told = Escalation.objects.filter(clock__ticket=ticket)
keys = [f"{{each.clock_id}}:{{each.target_revision}}" for each in told]
rows = Notice.objects.filter(kind__contains="late", recipient__in=told.values("addressee"))
rows = [row for row in rows if ticket.reference in row.link]
sent = [row.delivered_at for row in rows if row.channel == "site" and row.delivered_at]
print(json.dumps({{
    "addressees": sorted(each.addressee_id for each in told),
    "noticed": [each.noticed_at.timestamp() for each in told],
    "messages": sorted(row.recipient_id for row in rows if row.channel == "site"),
    "delivered": [moment.timestamp() for moment in sent],
}}))
"""


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("production", marks=[pytest.mark.postgres, pytest.mark.redis]),
    ]
)
def portal(request, tmp_path):
    with ExitStack() as stack:
        variables = {}
        if request.param == "production":
            variables = production(stack.enter_context(production_database()))
        running = Portal(tmp_path / "var", **variables)
        stack.callback(running.clean_up)
        # Compressing the static files is most of a production start.
        running.start(within_s=300)
        yield running


def settled(portal, pk):
    """Wait until the ticket has an escalation whose messages are delivered; return the rows."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = portal.ask(LOOK.format(pk=pk))
        if found["noticed"] and len(found["delivered"]) >= len(found["addressees"]):
            return found
        time.sleep(2)
    raise AssertionError(f"{found}\n{portal.words()}")


def check(found, due, *, within_s):
    # One for the secretary, one for the holder's manager or leader, and none of them twice.
    assert len(found["addressees"]) == len(set(found["addressees"])) >= 1
    assert found["messages"] == found["addressees"]
    assert max(found["noticed"]) - due <= within_s
    assert max(found["delivered"]) - max(found["noticed"]) <= 30


def test_late_ticket_is_told_once_to_each(portal):
    first, due = portal.ask(FILE)
    time.sleep(40)
    second, later = portal.ask(FILE)
    check(settled(portal, first), due, within_s=35)
    time.sleep(max(0, later - time.time()))
    os.kill(portal.worker(), signal.SIGKILL)
    check(settled(portal, second), later, within_s=60)
