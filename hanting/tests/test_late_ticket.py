"""A late ticket climbs by itself: real processes, real clock, real outbox, a worker killed."""

import json
import os
import signal
import time
from contextlib import ExitStack
from datetime import datetime
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from hanting.tests.running import Portal, production, production_database

pytestmark = pytest.mark.processes

LIMIT_S = 60

# A category of the demonstration gets a limit of one minute. The web processes look for changed
# categories every five seconds.
SHORTEN = f"""
import json, time
from tickets.models import Category
from tickets.workflow import publish_policy
leaf = Category.objects.filter(is_immediate=True, is_active=True, parent__isnull=False).first()
publish_policy(
    stage="resolve", mode="wall", amount={LIMIT_S}, unit="seconds", category=leaf, by="test"
)
time.sleep(6)
print(json.dumps(leaf.code))
"""

# What stands in the database about one ticket: escalations and the messages that tell of them.
LOOK = """
import json
from collections import Counter
from notices.models import Notice
from tickets.models import Ticket, Told
ticket = Ticket.objects.get(reference="{reference}")
told = Told.objects.filter(
    escalation__clock__ticket=ticket, escalation__clock__stage="resolve", escalation__level=100
).select_related("escalation")
rows = Notice.objects.filter(kind="late", recipient__in=told.values("user"))
rows = [row for row in rows if ticket.reference in row.link]
sent = [row.delivered_at for row in rows if row.channel == "site" and row.delivered_at]
print(json.dumps({{
    "addressees": sorted(each.user_id for each in told),
    "noticed": [each.escalation.noticed_at.timestamp() for each in told],
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


def file(portal, category):
    """File a matter over HTTP as any program may; return its reference and promised moment."""
    places = call(portal, f"/api/v1/grids/?search={quote('吉祥家园')}")["results"]
    place = next(each for each in places if each["name"] == "吉祥家园")
    said = {"description": "楼道的灯不亮了。", "category": category, "grid": place["code"]}
    receipt = call(portal, "/api/v1/tickets/", said)
    return receipt["reference"], datetime.fromisoformat(receipt["promised_at"]).timestamp()


def call(portal, path, said=None):
    data = json.dumps(said).encode() if said else None
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(portal.address + path, data, headers), timeout=30) as answer:
        return json.load(answer)


def settled(portal, reference):
    """Wait until the ticket has an escalation whose messages are delivered; return the rows."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = portal.ask(LOOK.format(reference=reference))
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
    category = portal.ask(SHORTEN)
    first, due = file(portal, category)
    time.sleep(40)
    second, later = file(portal, category)
    check(settled(portal, first), due, within_s=35)
    time.sleep(max(0, later - time.time()))
    os.kill(portal.worker(), signal.SIGKILL)
    check(settled(portal, second), later, within_s=60)
