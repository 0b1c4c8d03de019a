"""The staff's side of the API: who reaches what, filters, pages, and every step of the work."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets import workflow
from tickets.choices import Kind
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.sending import data_queries, post

pytestmark = pytest.mark.django_db

TICKETS = "/api/v1/tickets/"
NAME, PHONE = "王小明雀", "+8610000001234"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True, name="停电", name_en="Power cut")


@pytest.fixture
def noise(cast):
    return make_category(name="噪声", name_en="Noise")


@pytest.fixture
def ticket(cast, power_cut):
    contact = workflow.Contact(name=NAME, phone=PHONE)
    return make_ticket(cast.subarea, power_cut, title="停电了", resident=contact)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def address(ticket, rest=""):
    return f"{TICKETS}{ticket.reference}/{rest}"


def references(answer):
    assert answer.status_code == 200, answer.content
    return [each["reference"] for each in answer.json()["results"]]


# --- the door


STAFF_ADDRESSES = [
    ("get", "tickets/"),
    ("get", "tickets/1234567897/"),
    ("get", "tickets/1234567897/actions/"),
    ("post", "tickets/1234567897/accept/"),
    ("get", "organisations/"),
]


@pytest.mark.parametrize(("method", "place"), STAFF_ADDRESSES)
def test_visitor_is_asked_to_sign_in_and_never_redirected(client, method, place):
    answer = getattr(client, method)("/api/v1/" + place)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == "Session"
    assert answer.json()["title"]


@pytest.mark.parametrize(("method", "place"), STAFF_ADDRESSES)
def test_residents_account_is_refused(cast, method, place):
    answer = getattr(client_of(cast.outsider), method)("/api/v1/" + place)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_session_that_has_ended_counts_as_none(cast, ticket):
    client = client_of(cast.secretary)
    session = client.session
    session["began"] = session["seen"] = 1
    session.save()
    assert client.get(TICKETS).status_code == 401


def test_staff_without_the_second_step_count_as_visitors(cast, settings):
    settings.STAFF_SECOND_FACTOR = True
    assert client_of(cast.secretary).get(TICKETS).status_code == 401


def test_step_needs_the_csrf_token(cast, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.specialist)
    answer = post(client, address(ticket, "acknowledge/"), {})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:hanting:problem:csrf")
    client.cookies["csrftoken"] = token = "a" * 32
    answer = post(client, address(ticket, "acknowledge/"), {}, **{"X-CSRFToken": token})
    assert answer.status_code == 200


# --- reach


def test_list_is_what_the_person_may_read(cast, power_cut, noise, ticket):
    restricted = make_ticket(cast.subarea, make_category(is_restricted=True))
    tip_off = make_ticket(cast.subarea, noise, kind=Kind.TIP_OFF, accused=cast.property)
    next_door = make_ticket(cast.neighbour_subarea, noise)
    expected = {
        cast.worker: {ticket},
        cast.secretary: {ticket, restricted, tip_off},
        cast.specialist: {ticket},
        cast.steward: set(),
        cast.neighbour_worker: {next_door},
        cast.supervisor: {ticket, restricted, tip_off, next_door},
        cast.admin: {ticket, restricted, tip_off, next_door},
    }
    for user, tickets in expected.items():
        client = client_of(user)
        assert set(references(client.get(TICKETS))) == {each.reference for each in tickets}, user
        for each in (ticket, restricted, tip_off, next_door):
            status = 200 if each in tickets else 404
            assert client.get(address(each)).status_code == status
            assert client.get(address(each, "actions/")).status_code == status
            if status == 404:
                assert post(client, address(each, "note/"), {"note": "x"}).status_code == 404


@pytest.mark.parametrize(
    "reference", ["1234567897", "abc", "%00", "１２３４５６７８９７", "0" * 300]
)
def test_what_does_not_exist_looks_like_what_is_out_of_reach(cast, ticket, reference):
    client = client_of(cast.neighbour_worker)
    nothing, hidden = client.get(f"{TICKETS}{reference}/"), client.get(address(ticket))
    assert (nothing.status_code, nothing.content) == (404, hidden.content)
    assert nothing["Content-Type"] == "application/problem+json"


# --- the list


def test_line_of_a_ticket(cast, ticket, power_cut):
    line = client_of(cast.secretary).get(TICKETS).json()["results"][0]
    assert line == {
        "reference": ticket.reference,
        "title": "停电了",
        "status": "dispatched",
        "kind": "help",
        "category": {"code": power_cut.code, "name": "停电"},
        "grid": {
            "code": cast.subarea.code,
            "name": "吉祥家园一片区",
            "path_names": ["张氏街道", "锦绣社区", "吉祥家园", "吉祥家园一片区"],
        },
        "organisation": {"code": "power", "name": "区供电公司"},
        "holder": "specialist",
        "submitted_at": timezone.localtime(ticket.submitted_at).isoformat(),
        "promised_at": timezone.localtime(ticket.due_at).isoformat(),
        "is_late": False,
        "supporters": 0,
        "main_action": None,
    }


def test_numbers_inside_a_title_are_starred(cast, power_cut):
    make_ticket(cast.subarea, power_cut, title="请打13812345678")
    line = client_of(cast.secretary).get(TICKETS).json()["results"][0]
    assert line["title"] == "请打138****5678"


def test_filters_choose(cast, power_cut, noise):
    now = timezone.now().replace(microsecond=0)
    late = make_ticket(cast.subarea, power_cut, at=now - timedelta(days=3), title="旧停电")
    fresh = make_ticket(cast.village, noise, at=now - timedelta(minutes=5), title="广场太吵")
    taken = workflow.acknowledge(late, by=cast.specialist, at=now - timedelta(days=2))
    client = client_of(cast.secretary)
    for query, expected in (
        ({}, [fresh, late]),
        ({"status": "in_progress"}, [late]),
        ({"status": "open"}, [fresh, late]),
        ({"status": "ended"}, []),
        ({"category": power_cut.code}, [late]),
        ({"category": power_cut.parent.code}, [fresh, late]),
        ({"grid": cast.subarea.code}, [late]),
        ({"grid": cast.street.code}, [fresh, late]),
        ({"due": "late"}, [late]),
        ({"due": "today"}, []),
        ({"holder": "me"}, [fresh]),
        ({"organisation": "power"}, [late]),
        ({"organisation": "housing"}, []),
        ({"text": "广场"}, [fresh]),
        ({"text": taken.reference}, [late]),
        ({"category": power_cut.code, "due": "late", "status": "submitted"}, []),
    ):
        found = references(client.get(TICKETS, query))
        assert (query, found) == (query, [each.reference for each in expected])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "lost"),
        ("category", "9999"),
        ("grid", "nowhere"),
        ("grid", "\x00"),
        ("due", "never"),
        ("holder", "17"),
        ("organisation", "17"),
        ("text", "字" * 7000),
    ],
)
def test_filter_that_makes_no_sense_is_told(cast, ticket, field, value):
    answer = client_of(cast.secretary).get(TICKETS, {field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_pages_follow_each_other_and_new_ones_do_not_shift_them(cast, noise):
    made = [make_ticket(cast.subarea, noise) for _number in range(5)]
    newest = [each.reference for each in reversed(made)]
    client = client_of(cast.secretary)
    first = client.get(TICKETS, {"page_size": 2})
    assert references(first) == newest[:2]
    make_ticket(cast.subarea, noise)
    second = client.get(first.json()["next"])
    assert references(second) == newest[2:4]
    last = client.get(second.json()["next"])
    assert (references(last), last.json()["next"]) == (newest[4:], None)
    narrowed = client.get(TICKETS, {"page_size": 2, "status": "open"}).json()["next"]
    assert "status=open" in narrowed


@pytest.mark.parametrize(("size", "length"), [("1", 1), ("0", 3), ("x", 3), ("9" * 30, 3)])
def test_page_size_is_what_was_asked_within_reason(cast, noise, size, length):
    for _number in range(3):
        make_ticket(cast.subarea, noise)
    answer = client_of(cast.secretary).get(TICKETS, {"page_size": size})
    assert len(references(answer)) == length


@pytest.mark.parametrize("cursor", ["x", "cD1nYXJiYWdl", "1-1", "9" * 40 + "-1", "\x00"])
def test_cursor_nobody_gave_out_is_nothing(cast, ticket, cursor):
    assert client_of(cast.secretary).get(TICKETS, {"cursor": cursor}).status_code == 404


# --- one ticket


def test_detail_tells_all_to_whoever_must_call_and_masks_the_person(cast, ticket):
    workflow.note(ticket, by=ticket.holder, note="带梯子")
    answer = client_of(cast.specialist).get(address(ticket))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    told = answer.json()
    assert told["people"] == [
        {
            "kind": told["people"][0]["kind"],
            "is_anonymous": False,
            "name": "王**",
            "phone": "100****1234",
            "relation": "",
            "wants_call": False,
        }
    ]
    assert told["seen"] == 4
    assert [each["name"] for each in told["legs"]] == ["区供电公司"]
    assert len(told["timeline"]) == 4
    assert "带梯子" in told["timeline"][0]["text"]
    for secret in (NAME, PHONE, PHONE[3:]):
        assert secret not in answer.content.decode()


def test_who_need_not_call_learns_of_no_person_and_no_number(cast, power_cut):
    said = "电话13812345678，停电"
    ticket = make_ticket(
        cast.subarea,
        power_cut,
        description=said,
        address="找13812345678",
        resident=workflow.Contact(name=NAME, phone=PHONE),
    )
    told = client_of(cast.own_specialist).get(address(ticket))
    assert told.json()["people"] == []
    assert "13812345678" not in told.content.decode()
    assert client_of(cast.specialist).get(address(ticket)).json()["description"] == said


def test_organisations_are_told_by_code(cast):
    results = client_of(cast.worker).get("/api/v1/organisations/").json()["results"]
    assert [each["code"] for each in results] == ["housing", "jinxiu", "power"]
    assert set(results[0]) == {"code", "name", "kind", "phone"}


# --- steps


def verbs(user, ticket):
    told = client_of(user).get(address(ticket, "actions/")).json()
    return {each["verb"]: each for each in told["results"]}


def test_actions_are_exactly_those_the_workflow_allows(cast, ticket):
    for user in (cast.specialist, cast.secretary, cast.worker, cast.own_specialist, cast.leader):
        fresh = Ticket.objects.get()
        allowed = [verb.value for verb in workflow.available(fresh, user)]
        assert list(verbs(user, ticket)) == [verb for verb in allowed if verb != "join"]


def test_actions_say_what_they_take(cast, power_cut, ticket):
    told = verbs(cast.specialist, ticket)
    assert told["acknowledge"]["fields_to_send"] == []
    note, suggested = told["return"]["fields_to_send"]
    assert (note["name"], note["type"], note["required"]) == ("note", "text", True)
    assert (suggested["name"], suggested["type"]) == ("suggested", "choice")
    assert [each["value"] for each in suggested["choices"]] == ["housing", "jinxiu", "power"]
    workflow.return_ticket(ticket, by=cast.specialist, note="不归我们管", suggested=cast.housing)
    told = verbs(cast.dispatcher, ticket)
    category = told["recategorise"]["fields_to_send"][0]
    assert {"value": power_cut.code, "label": "停电"} in category["choices"]


def test_whole_work_by_json(cast, noise, power_cut):
    ticket = make_ticket(cast.subarea, noise)
    desk, office = client_of(cast.secretary), client_of(cast.specialist)
    until = (timezone.now() + timedelta(days=1)).isoformat()
    way = [
        (desk, "accept", {}, "accepted"),
        (desk, "recategorise", {"category": power_cut.code}, "accepted"),
        (desk, "dispatch", {"organisation": "power", "co": []}, "dispatched"),
        (office, "acknowledge", {}, "in_progress"),
        (office, "call_contractor", {"note": "电力抢修队"}, "in_progress"),
        (office, "record_arrival", {}, "in_progress"),
        (office, "hold", {"reason": "parts", "until": until}, "on_hold"),
        (office, "resume", {}, "in_progress"),
        (office, "resolve", {"note": "修好了"}, "resolved"),
        (
            desk,
            "record_call",
            {"reached": True, "solved": True, "satisfied": False, "note": "好了"},
            "closed",
        ),
    ]
    for client, verb, body, status in way:
        answer = post(client, address(ticket, f"{verb}/"), body)
        assert (verb, answer.status_code, answer.content) == (verb, 200, answer.content)
        assert (verb, answer.json()["status"]) == (verb, status)
    ticket.refresh_from_db()
    assert (ticket.outcome, ticket.is_satisfied, ticket.category) == ("solved", False, power_cut)
    assert answer.json()["seen"] == ticket.event_count


def test_return_names_the_receiver_by_code(cast, ticket):
    body = {"note": "归住建局", "suggested": "housing"}
    answer = post(client_of(cast.specialist), address(ticket, "return/"), body)
    assert (answer.status_code, answer.json()["status"]) == (200, "returned")
    event = ticket.events.get(verb="return")
    assert event.data["suggested"] == cast.housing.pk


def test_release_takes_a_truth_value(cast, ticket):
    body = {"text": "这里停电了", "is_checked": True}
    client = client_of(cast.secretary)
    refused = post(client, address(ticket, "release/"), body | {"is_checked": False})
    assert list(refused.json()["errors"]) == ["is_checked"]
    assert post(client, address(ticket, "release/"), body).status_code == 200
    assert Ticket.objects.get().public_text == "这里停电了"


@pytest.mark.parametrize("verb", ["explode", "submit", "confirm", "escalate", "attach", "%00"])
def test_unknown_verb_is_nothing(cast, ticket, verb):
    answer = post(client_of(cast.specialist), address(ticket, f"{verb}/"), {})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_step_that_is_not_theirs_is_refused(cast, ticket):
    answer = post(client_of(cast.secretary), address(ticket, "acknowledge/"), {})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:hanting:problem:not_allowed")
    unread = post(client_of(cast.secretary), address(ticket, "return/"), {})
    assert unread.status_code == 403


def test_somebody_was_faster(cast, ticket):
    client = client_of(cast.specialist)
    assert post(client, address(ticket, "acknowledge/"), {}).status_code == 200
    answer = post(client, address(ticket, "acknowledge/"), {})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hanting:problem:already_done")


def test_step_over_a_change_is_stale(cast, ticket):
    workflow.note(ticket, by=cast.secretary, note="刚去看过", at=later(ticket))
    answer = post(client_of(cast.specialist), address(ticket, "acknowledge/"), {"seen": 3})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hanting:problem:stale_page")
    assert Ticket.objects.get().status == "dispatched"


def test_step_the_status_does_not_allow(cast, ticket):
    body = {"note": "修好了"}
    answer = post(client_of(cast.specialist), address(ticket, "resolve/"), body)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:hanting:problem:wrong_status")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("note", {}, "note"),
        ("note", {"note": " \x00 "}, "note"),
        ("note", {"note": "字" * 7000}, "note"),
        ("note", {"note": ["x"]}, "note"),
        ("note", {"note": {"a": 1}}, "note"),
        ("note", {"note": True}, "note"),
        ("note", {"note": "x", "seen": "soon"}, "seen"),
        ("return", {"note": "x"}, "suggested"),
        ("return", {"note": "x", "suggested": "nobody"}, "suggested"),
        ("return", {"note": "x", "suggested": "\ud800"}, "suggested"),
        ("return", {"note": "x", "suggested": 1}, "suggested"),
        ("return", {"note": "x", "suggested": "power"}, "suggested"),
        ("transfer", {"note": "x", "holder": "999999"}, "holder"),
    ],
)
def test_step_with_bad_input_is_refused_field_by_field(cast, ticket, verb, body, field):
    client = client_of(cast.specialist)
    text = json.dumps(body)
    answer = client.post(address(ticket, f"{verb}/"), text, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == [field]
    assert Ticket.objects.get().event_count == 3


@pytest.mark.parametrize("body", ["[]", "null", "17", "{", ""])
def test_step_whose_body_is_no_object(cast, ticket, body):
    client = client_of(cast.specialist)
    answer = client.post(address(ticket, "note/"), body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_step_sent_twice_with_one_key_is_done_once(cast, ticket):
    client, key = client_of(cast.specialist), {"Idempotency-Key": "step-key-1"}
    first = post(client, address(ticket, "note/"), {"note": "带梯子"}, **key)
    again = post(client, address(ticket, "note/"), {"note": "带梯子"}, **key)
    assert (first.status_code, again.content) == (200, first.content)
    assert ticket.events.filter(verb="note").count() == 1
    other = post(client, address(ticket, "note/"), {"note": "别的话"}, **key)
    assert (other.status_code, other.json()["type"]) == (409, "urn:hanting:problem:key_conflict")
    colleague = post(client_of(cast.secretary), address(ticket, "note/"), {"note": "我的"}, **key)
    assert colleague.status_code == 200


def test_fields_that_no_step_takes_are_ignored(cast, ticket):
    body = {"note": "x", "status": "closed", "due_at": "2001-01-01", "by": cast.admin.pk}
    assert post(client_of(cast.specialist), address(ticket, "note/"), body).status_code == 200
    fresh, event = Ticket.objects.get(), ticket.events.in_order().last()
    assert (fresh.status, fresh.due_at, event.by) == ("dispatched", ticket.due_at, cast.specialist)


# --- work


def measured(client, place):
    client.get(place)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(place).status_code == 200
    return data_queries(captured)


def test_list_and_detail_ask_the_same_whatever_the_length(cast, power_cut, noise, settings):
    settings.NAME_MAP_SECONDS = 60
    first = make_ticket(cast.subarea, power_cut)
    for user in (cast.secretary, cast.specialist, cast.own_specialist, cast.supervisor):
        client = client_of(user)
        one = measured(client, TICKETS)
        detail = measured(client, address(first))
        make_ticket(cast.subarea, power_cut)
        make_ticket(cast.subarea, power_cut)
        workflow.note(first, by=first.holder, note="再看看")
        three = measured(client, TICKETS)
        assert len(one) == len(three) <= 10, three
        assert len(measured(client, address(first))) == len(detail) <= 18, detail
