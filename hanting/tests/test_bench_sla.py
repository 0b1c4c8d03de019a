"""`manage.py bench sla` at a twentieth of its size: it measures what it says it measures."""

from datetime import timedelta

import pytest

from hanting.bench import sla
from notices.models import Notice
from tickets import workflow
from tickets.choices import ClockMode, Delivery, LimitUnit, Stage
from tickets.models import Clock, Escalation, Told
from tickets.tests.factories import make_category, make_policy, make_ticket
from tickets.workflow import clockwork
from worktime.reports import current_calendar
from worktime.tests.factories import make_calendar

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CLOCKS = 20_000


@pytest.fixture
def templates(cast):
    """Some open matters on the working calendar, filed over the last days."""
    make_calendar()
    days = {"clock_mode": "business", "limit_unit": "working_days", "limit_amount": 5}
    category = make_category(cast.power, is_immediate=True, **days)
    make_policy(Stage.WORD, ClockMode.BUSINESS, 3, LimitUnit.WORKING_DAYS)
    make_policy(Stage.CONTACT, ClockMode.BUSINESS, 8 * 3600, LimitUnit.SECONDS)
    now = workflow.now()
    return [
        make_ticket(cast.subarea, category, at=now - timedelta(minutes=97 * number))
        for number in range(60)
    ]


def test_the_clocks_are_measured_and_stay_right(templates):
    said = []
    figures = sla.measure(clocks=CLOCKS, say=said.append)
    assert figures["clocks"] >= CLOCKS
    assert figures["rate"] > 0 < figures["floor"]
    # Everything found was told, to few people in few messages, and nothing is left over.
    assert figures["told"] >= 3 * CLOCKS // 100
    assert 0 < figures["people"] == figures["messages"] < 10
    assert not Escalation.objects.filter(delivery=Delivery.PENDING).exists()
    assert not Told.objects.waiting().exists()
    # The closed day has moved most promises, each to where its calendar says, and told nobody.
    assert figures["changed"] > CLOCKS // 4
    written = [line for line in said if "calendar edit" in line]
    assert " 0 messages" in written[0]
    calendar = current_calendar("business")
    sample = Clock.objects.unfinished().exclude(stage=Stage.CONFIRM).order_by("-pk")[:300]
    for clock in sample:
        due_at, thresholds = clockwork.reckoned(clock, calendar)
        assert (clock.due_at, clock.thresholds) == (due_at, thresholds)
    assert {clock.moved_by for clock in sample} >= {"calendar"}
    resolve = next(clock for clock in sample if clock.stage == Stage.RESOLVE)
    assert resolve.ticket.due_at == resolve.due_at
    assert Notice.objects.count() < 200


def test_there_must_be_something_to_copy(db):
    with pytest.raises(ValueError, match="no ticket"):
        sla.grow(100)
