"""Filing by JSON: what comes back, what is refused and how, and how often."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.models import IdempotencyRecord, RateCount
from grids.tests.factories import make_grid
from grids.workflow import retire_grid
from tickets.choices import Kind, Source
from tickets.models import Person, Ticket
from tickets.tests.factories import make_category, make_receipt
from tickets.tests.sending import data_queries, post

pytestmark = pytest.mark.django_db

TICKETS = "/api/v1/tickets/"
PHONE = "1000000 1234"
SQUARE = [[[119.0, 36.0], [120.0, 36.0], [120.0, 37.0], [119.0, 37.0], [119.0, 36.0]]]


@pytest.fixture
def power_cut(cast):
    return make_category(
        cast.power, is_immediate=True, keywords=["停电"], name="停电", name_en="Power cut"
    )


@pytest.fixture
def unsure(cast):
    return make_category(code="1299", name="其他", name_en="Other")


@pytest.fixture
def sender():
    """A client that must bring CSRF tokens wherever they are asked for."""
    return Client(enforce_csrf_checks=True)


def matter(cast, kind_of_matter, **said):
    return {
        "description": "吉祥家园三号楼停电了",
        "category": kind_of_matter.code,
        "grid": cast.subarea.code,
    } | said


# --- categories


def test_category_tree_has_tops_with_their_leaves(sender, power_cut):
    answer = sender.get("/api/v1/categories/")
    assert answer.status_code == 200
    top = power_cut.parent
    assert answer.json() == {
        "results": [
            {
                "code": top.code,
                "name": "测试大类",
                "children": [{"code": power_cut.code, "name": "停电", "emergency_number": ""}],
            }
        ]
    }
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "max-age=300"


# --- filing


def test_filing_answers_the_receipt_and_nothing_else(sender, cast, power_cut):
    answer = post(sender, TICKETS, matter(cast, power_cut))
    assert answer.status_code == 201
    said, ticket = answer.json(), Ticket.objects.get()
    code = said.pop("tracking_code")
    assert len(code) == 10
    assert code not in str(ticket.__dict__)
    assert said == {
        "reference": ticket.reference,
        "status": "dispatched",
        "promised_at": said["promised_at"],
        "holder": {
            "name": "specialist",
            "organisation": "区供电公司",
            "phone": cast.specialist.shown_phone,
        },
        "routing_reason": said["routing_reason"],
    }
    assert said["promised_at"].endswith("+08:00")
    assert "锦绣社区" in said["routing_reason"]
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "application/json")
    assert ticket.source == Source.API
    assert "sessionid" not in answer.cookies


def test_name_phone_place_and_kind_are_kept(sender, cast, power_cut):
    body = matter(
        cast,
        power_cut,
        title="停电",
        address="三号楼二单元",
        kind="complaint",
        contact={"name": "王小明", "phone": "１００００００１２３４", "anonymous": False},
    )
    assert post(sender, TICKETS, body).status_code == 201
    ticket, person = Ticket.objects.get(), Person.objects.get()
    assert (ticket.title, ticket.address, ticket.kind) == ("停电", "三号楼二单元", Kind.COMPLAINT)
    assert (person.name, person.phone) == ("王小明", "+8610000001234")


def test_anonymous_keeps_neither_name_nor_phone(sender, cast, power_cut):
    contact = {"name": "王小明", "phone": PHONE, "anonymous": True}
    assert post(sender, TICKETS, matter(cast, power_cut, contact=contact)).status_code == 201
    person = Person.objects.get()
    assert (person.name, person.phone, person.is_anonymous) == ("", "", True)


def test_filing_for_somebody_puts_both_on_the_record(sender, cast, power_cut):
    body = matter(
        cast,
        power_cut,
        contact={"name": "王小明", "phone": PHONE},
        on_behalf_of={"name": "王奶奶", "phone": "1000000 4321", "relation": "孙子"},
    )
    assert post(sender, TICKETS, body).status_code == 201
    people = {each.kind: each for each in Person.objects.all()}
    assert (people["resident"].name, people["resident"].phone) == ("王奶奶", "+8610000004321")
    helper = people["helper"]
    assert (helper.name, helper.phone, helper.relation) == ("王小明", "+8610000001234", "孙子")
    assert Ticket.objects.get().on_behalf


def test_who_writes_for_somebody_must_be_named(sender, cast, power_cut):
    body = matter(
        cast,
        power_cut,
        contact={"name": "王小明", "anonymous": True},
        on_behalf_of={"name": "王奶奶"},
    )
    answer = post(sender, TICKETS, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["contact.name"])


def test_without_category_the_words_decide(sender, cast, power_cut, unsure):
    body = matter(cast, power_cut)
    del body["category"]
    assert post(sender, TICKETS, body).status_code == 201
    assert Ticket.objects.get().category == power_cut


def test_words_that_say_nothing_go_to_the_category_for_the_unsure(sender, cast, power_cut, unsure):
    body = matter(cast, power_cut, description="啊啊啊啊", category=None)
    assert post(sender, TICKETS, body).status_code == 201
    assert Ticket.objects.get().category == unsure


def test_fields_that_nobody_may_set_are_ignored(sender, cast, power_cut):
    body = matter(
        cast,
        power_cut,
        status="closed",
        holder=cast.outsider.pk,
        due_at="2001-01-01T00:00:00Z",
        is_confidential=True,
        source="counter",
        reference="1234567890",
        accused=cast.property.pk,
        is_staff=True,
    )
    assert post(sender, TICKETS, body).status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.holder, ticket.source) == ("dispatched", cast.specialist, "api")
    assert ticket.due_at.year > 2001
    assert (ticket.is_confidential, ticket.accused) == (False, None)
    assert ticket.reference != "1234567890"


def test_session_of_staff_is_no_reason_for_a_token_and_files_nothing_in_their_name(
    sender, cast, power_cut
):
    sender.force_login(cast.secretary)
    assert post(sender, TICKETS, matter(cast, power_cut)).status_code == 201
    assert Ticket.objects.get().filed_by is None


# --- place and position


def outlined(**fields):
    return make_grid(outline={"type": "Polygon", "coordinates": SQUARE}, **fields)


def test_position_near_a_village_finds_it(sender, cast, power_cut):
    outlined(name="外")
    near = make_grid(cast.community, name="近村", latitude=36.5, longitude=119.5)
    body = matter(cast, power_cut, grid=None, latitude=36.501, longitude=119.501)
    assert post(sender, TICKETS, body).status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.grid, ticket.village) == (near, near)
    assert (ticket.latitude, ticket.longitude) == (36.501, 119.501)


@pytest.mark.parametrize(
    ("position", "field", "sentence"),
    [
        ({"latitude": 31.2, "longitude": 121.5}, "latitude", "This position lies outside"),
        ({"latitude": 36.5, "longitude": 119.5}, "grid", "No village or estate is known"),
        ({"latitude": 36.5}, "longitude", "A position has both"),
        ({"longitude": 119.5}, "latitude", "A position has both"),
        ({}, "grid", "Please choose the village"),
    ],
)
def test_position_that_finds_no_place_is_told(sender, cast, power_cut, position, field, sentence):
    outlined(name="只有轮廓的区")
    body = matter(cast, power_cut, grid=None, **position)
    answer = post(sender, TICKETS, body, **{"Accept-Language": "en"})
    assert answer.status_code == 400
    assert [said.startswith(sentence) for said in answer.json()["errors"][field]] == [True]
    assert not Ticket.objects.exists()


def test_position_outside_the_district_is_told_beside_a_good_place(sender, cast, power_cut):
    outlined(name="有轮廓的区")
    answer = post(sender, TICKETS, matter(cast, power_cut, latitude=31.2, longitude=121.5))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["latitude"])


def test_retired_place_has_its_own_sentence(sender, cast, power_cut):
    retired = make_grid(cast.village, name="旧片区", valid_from=date(2024, 1, 1))
    retire_grid(retired)
    answer = post(sender, TICKETS, matter(cast, power_cut, grid=retired.code))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["grid"])
    unknown = post(sender, TICKETS, matter(cast, power_cut, grid="NOWHERE00000000"))
    assert unknown.json()["errors"]["grid"] != answer.json()["errors"]["grid"]


# --- bad input


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"description": ""}, ["description"]),
        ({"description": "  \n "}, ["description"]),
        ({"description": None}, ["description"]),
        ({"description": 17}, ["description"]),
        ({"description": ["a"]}, ["description"]),
        ({"description": "字" * 7000}, ["description"]),
        ({"description": "\x00\x01\x1f"}, ["description"]),
        ({"title": "字" * 61}, ["title"]),
        ({"category": "9999"}, ["category"]),
        ({"category": "x" * 7000}, ["category"]),
        ({"category": "0\x00"}, ["category"]),
        ({"category": 101}, ["category"]),
        ({"grid": "\x00"}, ["grid"]),
        ({"grid": "x" * 7000}, ["grid"]),
        ({"grid": {}}, ["grid"]),
        ({"kind": "robbery"}, ["kind"]),
        ({"kind": "\ud800"}, ["kind"]),
        ({"latitude": "nan", "longitude": 1}, ["latitude"]),
        ({"latitude": True, "longitude": 1}, ["latitude"]),
        ({"latitude": 91, "longitude": 181}, ["latitude", "longitude"]),
        ({"contact": "王小明"}, ["contact"]),
        ({"contact": {"phone": "12"}}, ["contact.phone"]),
        ({"contact": {"phone": 13800001234}}, ["contact.phone"]),
        ({"contact": {"name": "字" * 41}}, ["contact.name"]),
        ({"contact": {"anonymous": "perhaps"}}, ["contact.anonymous"]),
        ({"on_behalf_of": {"name": "王奶奶"}}, ["contact.name"]),
        (
            {"on_behalf_of": {"relation": "字" * 31}, "contact": {"name": "王"}},
            ["on_behalf_of.relation"],
        ),
        ({"address": "字" * 121}, ["address"]),
    ],
)
def test_bad_input_is_refused_field_by_field(sender, cast, power_cut, said, fields):
    answer = post(sender, TICKETS, matter(cast, power_cut, **said))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert list(problem) == ["type", "title", "status", "detail", "errors"]
    assert sorted(problem["errors"]) == fields
    assert all(problem["errors"].values())
    assert problem["status"] == 400
    assert not Ticket.objects.exists()


def test_missing_description_and_wrong_category_are_told_together(sender, cast, power_cut):
    answer = post(sender, TICKETS, {"description": "", "category": "9999"})
    assert sorted(answer.json()["errors"]) == ["category", "description", "grid"]


@pytest.mark.parametrize("text", ["停电了😀👨‍👩‍👧", "停\x00电\x07了", "<b>停电</b>", "=1+1"])
def test_emoji_stay_and_control_characters_go(sender, cast, power_cut, text):
    assert post(sender, TICKETS, matter(cast, power_cut, description=text)).status_code == 201
    expected = text.replace("\x00", "").replace("\x07", "")
    assert Ticket.objects.get().description == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"17", b'{"a":NaN}', b"\xff\xfe", b"[" * 90_000, b"{}{}"],
)
def test_what_is_no_json_object_is_told_so(sender, body):
    answer = sender.post(TICKETS, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["title"]


def test_half_a_character_in_a_body_is_no_fault_of_ours(sender, cast, power_cut):
    body = json.dumps(matter(cast, power_cut, description="停电\ud800了"))
    answer = sender.post(TICKETS, body, content_type="application/json")
    assert answer.status_code == 201
    assert Ticket.objects.get().description == "停电了"


def test_forms_and_giants_are_not_taken(sender, cast):
    assert sender.post(TICKETS, {"description": "x"}).status_code == 415
    answer = sender.post(TICKETS, b" " * 300_000, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")


def test_other_methods_and_other_forms_of_answer(sender):
    for method in ("put", "delete", "options"):
        answer = getattr(sender, method)("/api/v1/progress/")
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    answer = sender.get("/api/v1/categories/", headers={"Accept": "text/html"})
    assert answer.status_code == 406


# --- language


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        (None, "", "zh-CN"),
        (None, "de", "zh-CN"),
        (None, "en-GB,en;q=0.8", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-hans", "en", "zh-CN"),
        ("en", "zh-CN", "en"),
    ],
)
def test_language_is_the_cookies_then_the_headers(sender, power_cut, cookie, header, language):
    if cookie:
        sender.cookies["django_language"] = cookie
    answer = sender.get("/api/v1/categories/", headers={"Accept-Language": header})
    leaf = answer.json()["results"][0]["children"][0]
    assert answer["Content-Language"] == language
    assert leaf["name"] == {"en": "Power cut", "zh-CN": "停电"}[language]
    assert "Accept-Language" in answer["Vary"]


# --- once


def test_same_key_and_body_get_the_same_answer(sender, cast, power_cut):
    body = matter(cast, power_cut, contact={"phone": PHONE})
    first = post(sender, TICKETS, body, **{"Idempotency-Key": "one-key-1"})
    again = post(sender, TICKETS, body, **{"Idempotency-Key": "one-key-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert Ticket.objects.count() == 1
    kept = IdempotencyRecord.objects.get()
    assert first.json()["tracking_code"] not in kept.sealed_answer + kept.body_digest


def test_same_key_with_another_body_is_a_conflict(sender, cast, power_cut):
    post(sender, TICKETS, matter(cast, power_cut), **{"Idempotency-Key": "one-key-1"})
    other = matter(cast, power_cut, description="水管爆了")
    answer = post(sender, TICKETS, other, **{"Idempotency-Key": "one-key-1"})
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["type"] == "urn:hanting:problem:key_conflict"
    assert Ticket.objects.count() == 1


def test_refused_body_leaves_its_key_free(sender, cast, power_cut):
    key = {"Idempotency-Key": "one-key-1"}
    assert post(sender, TICKETS, matter(cast, power_cut, kind="x"), **key).status_code == 400
    assert post(sender, TICKETS, matter(cast, power_cut), **key).status_code == 201


@pytest.mark.parametrize("key", ["short", "键" * 9, "x" * 201, "with blanks inside"])
def test_unusable_key_is_told(sender, cast, power_cut, key):
    answer = sender.post(
        TICKETS,
        matter(cast, power_cut),
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY=key,
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:hanting:problem:key")
    assert not Ticket.objects.exists()


# --- limits


def test_sixth_filing_of_a_phone_within_an_hour_must_wait(sender, cast, power_cut):
    body = matter(cast, power_cut, contact={"phone": PHONE})
    codes = [post(sender, TICKETS, body).status_code for _time in range(6)]
    assert codes == [201] * 5 + [429]
    answer = post(sender, TICKETS, body)
    assert answer["Content-Type"] == "application/problem+json"
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600
    sender.force_login(cast.secretary)
    assert post(sender, TICKETS, body).status_code == 201


def test_resident_who_is_signed_in_is_limited_like_everybody(sender, cast, power_cut):
    sender.force_login(cast.outsider)
    body = matter(cast, power_cut, contact={"phone": PHONE})
    assert [post(sender, TICKETS, body).status_code for _time in range(6)][-1] == 429


# --- work


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "count-key-1"}])
def test_filing_asks_at_most_22_queries(sender, cast, power_cut, settings, others, headers):
    settings.NAME_MAP_SECONDS = 60
    for _other in range(others):
        make_receipt(cast.subarea, power_cut)
    contact = {"name": "王小明", "phone": PHONE}
    post(sender, TICKETS, matter(cast, power_cut, contact=contact))
    body = matter(cast, power_cut, contact=contact, on_behalf_of={"name": "王奶奶"})
    with CaptureQueriesContext(connection) as captured:
        assert post(sender, TICKETS, body, **headers).status_code == 201
    work = data_queries(captured)
    assert len(work) <= 22, work
    assert not RateCount.objects.exists()
