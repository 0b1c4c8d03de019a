"""Word to the resident, more time and supervision orders by JSON, by the rules of the pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets import workflow
from tickets.choices import OrderState
from tickets.models import SupervisionOrder, Ticket
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.sending import post
from tickets.tests.test_api_staff import address, client_of, verbs

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(cast):
    ticket = make_ticket(cast.subarea, make_category(cast.power, is_immediate=True))
    return workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))


def step(user, ticket, verb, **body):
    return post(client_of(user), address(ticket, f"{verb}/"), body)


def order(ticket, by):
    due_at = workflow.now() + timedelta(days=1)
    return workflow.issue_order(ticket, by=by, text="查清原因", due_at=due_at)


def test_the_resident_is_told(cast, ticket):
    taken = verbs(cast.specialist, ticket)["tell_resident"]["fields_to_send"]
    assert [(each["name"], each["type"], each["required"]) for each in taken] == [
        ("note", "text", True), ("by_phone", "boolean", False),
    ]  # fmt: skip
    answer = step(cast.specialist, ticket, "tell_resident", note="今晚修", by_phone=True)
    assert answer.status_code == 200
    assert ticket.events.latest("number").data == {"note": "今晚修", "by_phone": True}


def test_more_time_is_asked_for_and_granted(cast, ticket):
    amount, note = verbs(cast.specialist, ticket)["ask_extension"]["fields_to_send"]
    assert (amount["name"], amount["type"], note["name"]) == ("amount", "number", "note")
    answer = step(cast.specialist, ticket, "ask_extension", amount=8, note="等电缆")
    assert answer.status_code == 200
    assert "ask_extension" not in verbs(cast.specialist, ticket)
    assert "grant_extension" not in verbs(cast.specialist, ticket)
    assert "grant_extension" in verbs(cast.secretary, ticket)
    granted = step(cast.secretary, ticket, "grant_extension")
    assert granted.status_code == 200
    assert Ticket.objects.get().due_at == ticket.due_at + timedelta(hours=8)
    again = step(cast.secretary, ticket, "grant_extension")
    assert (again.status_code, again.json()["type"]) == (409, "urn:hanting:problem:already_done")


def test_who_asked_cannot_grant(cast, ticket):
    step(cast.specialist, ticket, "ask_extension", amount=8, note="等电缆")
    answer = step(cast.specialist, ticket, "grant_extension")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:hanting:problem:not_allowed")


@pytest.mark.parametrize("amount", [0, -1, 241, "viel", 1.5, True, [8], None])
def test_an_amount_that_cannot_be_is_refused(cast, ticket, amount):
    answer = step(cast.specialist, ticket, "ask_extension", amount=amount, note="等电缆")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["amount"])


def test_an_order_is_issued_answered_and_closed(cast, ticket):
    text, due_at, addressee = verbs(cast.secretary, ticket)["order"]["fields_to_send"]
    assert (text["type"], due_at["type"], addressee["type"]) == ("text", "moment", "choice")
    assert addressee["choices"][0]["value"] == str(cast.leader.pk)
    until = (timezone.now() + timedelta(days=2)).isoformat()
    issued = step(
        cast.secretary, ticket, "order", text="查清", due_at=until, addressee=str(cast.manager.pk)
    )
    assert (issued.status_code, issued.json()["seen"]) == (200, ticket.event_count + 1)
    made = SupervisionOrder.objects.get()
    assert made.addressee == cast.manager
    choices = verbs(cast.manager, ticket)["answer_order"]["fields_to_send"][0]["choices"]
    assert [each["value"] for each in choices] == [str(made.pk)]
    answered = step(cast.manager, ticket, "answer_order", order=made.pk, note="今晚")
    assert answered.status_code == 200
    assert "answer_order" not in verbs(cast.manager, ticket)
    closed = step(cast.secretary, ticket, "close_order", order=str(made.pk), note="属实")
    assert closed.status_code == 200
    made.refresh_from_db()
    assert (made.state, made.answer, made.result) == (OrderState.CLOSED, "今晚", "属实")


def test_an_order_that_is_not_open_to_them_is_refused(cast, ticket):
    mine = order(ticket, cast.secretary)
    refused = step(cast.worker, ticket, "answer_order", order=mine.pk, note="我来")
    assert refused.status_code == 403
    unknown = step(cast.leader, ticket, "answer_order", order=999_999, note="我来")
    assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["order"])
    early = step(cast.street_secretary, ticket, "close_order", order=mine.pk, note="好")
    assert early.status_code == 403
    assert step(cast.leader, ticket, "answer_order", order=mine.pk, note="我来").status_code == 200
    own = step(cast.leader, ticket, "close_order", order=mine.pk, note="好")
    assert own.status_code == 403


def test_whoever_issued_an_order_lets_it_go_unanswered(cast, ticket):
    mine = order(ticket, cast.secretary)
    early = step(cast.secretary, ticket, "close_order", order=mine.pk, note="已当面说清")
    assert early.status_code == 200
    mine.refresh_from_db()
    assert (mine.state, mine.answered_at) == (OrderState.CLOSED, None)


@pytest.mark.parametrize("verb", ["propose", "change_policy", "urge"])
def test_what_staff_cannot_do_is_no_address(cast, ticket, verb):
    assert step(cast.secretary, ticket, verb).status_code == 404


def test_legs_tell_when_they_were_taken_on_and_how_long_they_took(cast, ticket):
    leg = client_of(cast.specialist).get(address(ticket)).json()["legs"][0]
    assert set(leg) == {"name", "part", "started", "acknowledged", "ended", "open_seconds"}
    assert leg["acknowledged"] is not None
    assert leg["open_seconds"] >= 0
