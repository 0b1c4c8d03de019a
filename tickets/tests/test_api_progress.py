"""Following a matter by JSON: its code, its history, the resident's last word."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tickets import workflow
from tickets.choices import Status
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_receipt
from tickets.tests.sending import data_queries, post

pytestmark = pytest.mark.django_db

PROGRESS = "/api/v1/progress/"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True, name="停电")


@pytest.fixture
def sender():
    """A client that must bring CSRF tokens wherever they are asked for."""
    return Client(enforce_csrf_checks=True)


def own(receipt, **said):
    return {
        "reference": receipt.ticket.reference,
        "tracking_code": receipt.tracking_code,
    } | said


@pytest.fixture
def receipt(cast, power_cut):
    return make_receipt(cast.subarea, power_cut)


def resolved(ticket):
    ticket = workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))
    return workflow.resolve(ticket, by=ticket.holder, note="电缆换好了", at=later(ticket))


def test_progress_tells_how_it_stands(sender, cast, receipt):
    workflow.note(receipt.ticket, by=receipt.ticket.holder, note="内部的话")
    answer = post(sender, PROGRESS, own(receipt))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    said = answer.json()
    assert (said["reference"], said["status"]) == (receipt.ticket.reference, "dispatched")
    assert said["holder"]["organisation"] == "区供电公司"
    assert said["promised_at"].endswith("+08:00")
    assert len(said["timeline"]) == 3
    assert set(said["timeline"][0]) == {"at", "title", "by", "text"}
    assert "内部的话" not in answer.content.decode()


def test_code_is_taken_as_people_type_it(sender, receipt):
    code = receipt.tracking_code
    spaced = f" {code[:4].lower()}-{code[4:]} "
    number = receipt.ticket.reference
    body = {"reference": f"{number[:3]} {number[3:]}", "tracking_code": spaced}
    assert post(sender, PROGRESS, body).status_code == 200


WRONG = [
    {"tracking_code": "WRONGCODE2"},
    {"reference": "1234567890"},
    {"reference": "abc"},
    {"reference": "x" * 7000},
    {"reference": "\x00\ud800"},
    {"tracking_code": "\x00\ud800"},
    {"tracking_code": "码" * 7000},
]


@pytest.mark.parametrize("address", ["", "confirm/", "answer/"])
def test_wrong_code_and_wrong_reference_are_answered_alike(sender, receipt, address):
    answers, work = set(), set()
    for wrong in WRONG:
        body = own(receipt, solved=True, note="好") | wrong
        with CaptureQueriesContext(connection) as captured:
            text = json.dumps(body)
            answer = sender.post(PROGRESS + address, text, content_type="application/json")
        headers = sorted((k, v) for k, v in answer.items())
        answers.add((answer.status_code, answer.content, str(headers)))
        work.add(len(data_queries(captured)))
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert work == {1}


def test_missing_code_is_told(sender, receipt):
    answer = post(sender, PROGRESS, {"reference": receipt.ticket.reference})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["tracking_code"])


def test_resident_says_solved_and_satisfied(sender, receipt):
    resolved(receipt.ticket)
    answer = post(
        sender,
        PROGRESS + "confirm/",
        own(receipt, solved=True, satisfied=True, comment="谢谢"),
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.outcome, ticket.is_satisfied) == ("closed", "solved", True)
    again = post(sender, PROGRESS + "confirm/", own(receipt, solved=True))
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")


def test_resident_says_not_solved_and_it_goes_on(sender, receipt):
    resolved(receipt.ticket)
    body = own(receipt, solved=False, satisfied=False, comment="还是没电")
    answer = post(sender, PROGRESS + "confirm/", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    assert Ticket.objects.get().cycle == 2


def test_confirming_twice_with_one_key_is_one_confirmation(sender, receipt):
    resolved(receipt.ticket)
    key = {"Idempotency-Key": "confirm-1"}
    answers = [
        post(sender, PROGRESS + "confirm/", own(receipt, solved=True), **key) for _time in (1, 2)
    ]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].content == answers[1].content


def test_confirming_what_is_not_done_is_refused_in_words(sender, receipt):
    answer = post(sender, PROGRESS + "confirm/", own(receipt, solved=True))
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:hanting:problem:wrong_status"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "solved"),
        ({"solved": "perhaps"}, "solved"),
        ({"solved": True, "satisfied": "so so"}, "satisfied"),
        ({"solved": True, "comment": "字" * 7000}, "comment"),
    ],
)
def test_confirmation_that_cannot_be_read(sender, receipt, said, field):
    answer = post(sender, PROGRESS + "confirm/", own(receipt, **said))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_question_is_shown_and_its_answer_ends_the_wait(sender, receipt):
    ticket = workflow.acknowledge(receipt.ticket, by=receipt.ticket.holder)
    workflow.ask_resident(ticket, by=ticket.holder, note="几楼没电？")
    asked = post(sender, PROGRESS, own(receipt)).json()
    assert (asked["status"], asked["question"]) == ("on_hold", "几楼没电？")
    answer = post(sender, PROGRESS + "answer/", own(receipt, note="三楼"))
    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    assert Ticket.objects.get().status == Status.IN_PROGRESS


def test_answer_without_a_question_or_words_is_refused(sender, receipt):
    empty = post(sender, PROGRESS + "answer/", own(receipt, note=" "))
    assert (empty.status_code, list(empty.json()["errors"])) == (400, ["note"])
    assert post(sender, PROGRESS + "answer/", own(receipt, note="三楼")).status_code == 400


def test_joined_matter_tells_the_main_one_without_its_peoples_words(sender, cast, power_cut):
    main = make_receipt(cast.subarea, power_cut).ticket
    mine = make_receipt(cast.subarea, power_cut)
    workflow.merge(mine.ticket, by=cast.secretary, into=main)
    ticket = workflow.acknowledge(main, by=main.holder)
    ticket = workflow.ask_resident(ticket, by=ticket.holder, note="您的猫叫什么？")
    answer = post(sender, PROGRESS, own(mine))
    assert (answer.status_code, answer.json()["status"]) == (200, "merged")
    assert main.reference not in answer.content.decode()


def test_tries_at_a_reference_are_limited_whether_it_exists_or_not(sender, cast, power_cut):
    receipt = make_receipt(cast.subarea, power_cut)
    for reference in (receipt.ticket.reference, "0000000000"):
        body = {"reference": reference, "tracking_code": "WRONGCODE2"}
        codes = [post(sender, PROGRESS, body).status_code for _time in range(11)]
        assert codes == [404] * 10 + [429]
