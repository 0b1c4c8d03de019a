"""What is urgent and comes at night goes to who is on duty; the simulator says the same."""

from datetime import datetime

import pytest
from django.urls import reverse

from accounts.tests.factories import make_posting, make_user
from specialists.choices import RoutingReason
from specialists.tests.factories import make_shift
from tickets.tests.factories import make_category, make_receipt
from worktime.tests.factories import make_calendar

NIGHT = datetime.fromisoformat("2026-03-10T02:00:00+08:00")
NOON = datetime.fromisoformat("2026-03-10T10:00:00+08:00")


@pytest.fixture
def nightman(cast):
    make_calendar(2026)
    posting = make_posting(make_user("nightman"), "specialist", organisation=cast.power)
    make_shift(posting, "17:30", "08:30")
    return posting.user


@pytest.mark.parametrize(
    ("at", "is_immediate", "holder"),
    [
        (NIGHT, True, "nightman"),
        (NOON, True, "specialist"),
        # What can wait waits for the community, at night as well.
        (NIGHT, False, "secretary"),
    ],
)
def test_an_emergency_at_two_reaches_whoever_is_on_duty(cast, nightman, at, is_immediate, holder):
    category = make_category(cast.power, is_immediate=is_immediate)
    receipt = make_receipt(cast.subarea, category, at=at)
    assert receipt.ticket.holder.username == holder
    if holder == "nightman":
        said = {"organisation": "区供电公司", "person": "nightman"}
        assert receipt.reason == RoutingReason.DUTY.label % said
        assert receipt.ticket.organisation == cast.power


def test_the_simulator_shows_the_night(cast, nightman, client):
    category = make_category(cast.power, is_immediate=True)
    client.force_login(cast.dispatcher)
    for at, holder, steps in (
        ("2026-03-10T02:00", nightman, ["duty"]),
        ("2026-03-10T10:00", cast.specialist, ["contact"]),
    ):
        query = {"category": category.code, "place": cast.subarea.code, "at": at}
        answer = client.get(reverse("tickets:simulator"), query)
        [(_words, route)] = answer.context["routes"]
        assert route.holder == holder
        assert [step.step for step in route.steps] == steps
        assert str(route.explanation()) in answer.content.decode()
