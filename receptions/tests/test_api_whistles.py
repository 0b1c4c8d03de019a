"""Whistles for other programs: the same rules as the pages, organisations by their codes."""

import json

import pytest
from django.test import Client

from receptions.choices import WhistleStatus
from receptions.models import Summons, Whistle
from receptions.tests.factories_whistles import GROUND, blown, called, draft, make_matter
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db

WHISTLES = "/api/v1/whistles/"


@pytest.fixture(autouse=True)
def calendar(db):
    make_calendar()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def post(user, address, body, **headers):
    return client_of(user).post(address, json.dumps(body), "application/json", headers=headers)


def body_for(ticket, **changes):
    return {
        "ticket": ticket.reference,
        "kind": "emergency",
        "ground": GROUND,
        "organisations": ["power", "housing"],
    } | changes


def test_write_blow_answer_and_arrive(cast):
    made = post(cast.secretary, WHISTLES, body_for(make_matter(cast)))
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    number = made.json()["number"]
    told = post(cast.secretary, f"{WHISTLES}{number}/blow/", {}).json()
    assert {each["organisation"] for each in told["summonses"]} == {"power", "housing"}
    power = called(Whistle.objects.get(), cast.power)
    for verb in ("acknowledge", "arrive"):
        told = post(cast.specialist, f"/api/v1/summonses/{power.pk}/{verb}/", {})
        assert told.status_code == 200
    assert told.json()["status"] == "on_site"


def test_the_same_key_writes_once(cast):
    ticket = make_matter(cast)
    key = {"Idempotency-Key": "phone-12345678"}
    first, second = (
        post(cast.secretary, WHISTLES, body_for(ticket), **key).json() for _ in range(2)
    )
    assert first == second
    assert Whistle.objects.count() == 1


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"ground": ""}, "ground"),
        ({"organisations": []}, "organisations"),
        ({"organisations": ["nowhere"]}, "organisations"),
        ({"kind": True}, "kind"),
    ],
)
def test_bad_input_names_its_field(cast, changes, field):
    answer = post(cast.secretary, WHISTLES, body_for(make_matter(cast), **changes))
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert not Whistle.objects.exists()


def test_list_and_detail_within_reach(cast):
    whistle, _draft = blown(cast), draft(cast)
    numbers = {
        name: [
            row["number"] for row in client_of(getattr(cast, name)).get(WHISTLES).json()["results"]
        ]
        for name in ("specialist", "neighbour_secretary")
    }
    assert numbers == {"specialist": [whistle.number], "neighbour_secretary": []}
    assert client_of(cast.outsider).get(WHISTLES).status_code == 403
    found = client_of(cast.secretary).get(WHISTLES, {"state": "blown"}).json()["results"]
    assert [row["number"] for row in found] == [whistle.number]
    assert client_of(cast.secretary).get(WHISTLES, {"state": "x"}).status_code == 400


def test_steps_that_do_not_exist_or_are_not_ones_own(cast):
    whistle = blown(cast)
    assert post(cast.secretary, f"{WHISTLES}{whistle.number}/fly/", {}).status_code == 404
    minutes = {"minutes": "好了"}
    answer = post(cast.specialist, f"{WHISTLES}{whistle.number}/resolve/", minutes)
    assert answer.status_code == 403
    assert Whistle.objects.get().status == WhistleStatus.BLOWN
    assert Summons.objects.count() == 2
