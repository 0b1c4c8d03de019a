"""Counter and telephone: taken down once, on the record with both names, with a printable slip."""

import pytest
from django.urls import reverse

from tickets.choices import PersonKind, Source, Status
from tickets.models import Ticket
from tickets.tests.factories import make_category, make_ticket

pytestmark = pytest.mark.django_db
URL = reverse("tickets:intake")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True, keywords=["停电"])


def typed(**more):
    return {
        "key": "abcdefgh12345678",
        "source": "phone",
        "description": "家里停电了，老人用制氧机。",
        "place": "吉祥家园一片区",
        "category": "",
        "kind": "help",
        "name": "王小明",
        "phone": "１３８１２３４５６７８",
    } | more


def take_down(client, user, **more):
    client.force_login(user)
    return client.post(URL, typed(**more))


def test_a_call_is_taken_down_with_channel_people_and_suggested_category(cast, client, power_cut):
    response = take_down(
        client, cast.dispatcher, helper_name="王大姐", helper_phone="13900001111", relation="女儿"
    )
    ticket = Ticket.objects.get()
    assert response.url == reverse("tickets:intake_receipt", args=[ticket.reference])
    assert (ticket.source, ticket.filed_by, ticket.on_behalf) == (
        Source.PHONE, cast.dispatcher, True,
    )  # fmt: skip
    assert (ticket.grid, ticket.category, ticket.status) == (
        cast.subarea, power_cut, Status.DISPATCHED,
    )  # fmt: skip
    people = {person.kind: (person.name, person.phone) for person in ticket.people.all()}
    assert people == {
        PersonKind.RESIDENT: ("王小明", "+8613812345678"),
        PersonKind.HELPER: ("王大姐", "+8613900001111"),
    }


def test_the_slip_carries_number_code_date_holder_and_qr(cast, client, power_cut):
    response = take_down(client, cast.dispatcher, source="counter")
    ticket = Ticket.objects.get()
    slip = client.get(response.url)
    page = slip.content.decode()
    code = slip.context["code"]
    assert f'aria-label="{" ".join(ticket.reference)}"' in page
    assert f'aria-label="{" ".join(code)}"' in page
    assert 'src="data:image/svg+xml' in page
    assert "tel:" in page
    assert "no-store" in slip["Cache-Control"]


def test_nobody_else_gets_the_slip(cast, client, power_cut):
    address = take_down(client, cast.dispatcher).url
    client.logout()
    client.force_login(cast.street_dispatcher)
    assert client.get(address).status_code == 404


def test_sent_twice_is_one_matter(cast, client, power_cut):
    first, second = take_down(client, cast.dispatcher), take_down(client, cast.dispatcher)
    assert first.url == second.url
    assert Ticket.objects.count() == 1


def test_the_same_form_with_other_words_gets_a_new_key_and_keeps_them(cast, client, power_cut):
    take_down(client, cast.dispatcher)
    response = take_down(client, cast.dispatcher, description="又停电了")
    form = response.context["form"]
    assert form.non_field_errors()
    assert form["key"].value() != typed()["key"]
    assert form["description"].value() == "又停电了"
    assert take_down(
        client, cast.dispatcher, description="又停电了", key=form["key"].value()
    ).status_code == 302  # fmt: skip
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"description": ""}, {"description"}),
        ({"description": "字" * 7_000}, {"description"}),
        ({"place": ""}, {"place"}),
        ({"place": "哪里都不是"}, {"place"}),
        ({"place": "a\x00b"}, {"place"}),
        ({"phone": "12"}, {"phone"}),
        ({"description": "说不清的事"}, {"category"}),
        ({"category": "9999"}, {"category"}),
        ({"kind": "nonsense"}, {"kind"}),
        ({"source": "web"}, {"source"}),
        ({"key": ""}, {"key"}),
        ({"helper_phone": "13900001111"}, {"helper_name"}),
        ({"wants_call": "on", "phone": ""}, {"phone"}),
    ],
)
def test_bad_input_is_named_and_what_was_typed_stays(cast, client, power_cut, more, fields):
    response = take_down(client, cast.dispatcher, **more)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == fields
    assert Ticket.objects.count() == 0
    assert response.context["form"]["name"].value() == "王小明"


def test_several_places_of_one_name_are_offered_to_be_ticked(cast, client, power_cut):
    response = take_down(client, cast.dispatcher, place="一片区")
    form = response.context["form"]
    assert set(form.errors) == {"chosen_place"}
    offered = [code for code, _label in form.fields["chosen_place"].widget.choices]
    assert sorted(offered) == sorted([cast.subarea.code, cast.neighbour_subarea.code])
    response = take_down(
        client, cast.dispatcher, place="一片区", chosen_place=cast.neighbour_subarea.code
    )
    assert response.status_code == 302
    assert Ticket.objects.get().grid == cast.neighbour_subarea


def test_without_name_and_phone_nothing_of_the_kind_is_kept(cast, client, power_cut):
    take_down(client, cast.dispatcher, is_anonymous="on")
    person = Ticket.objects.get().people.get()
    assert (person.is_anonymous, person.sealed_name, person.sealed_phone) == (True, "", "")


def test_only_those_who_work_for_a_place_take_matters_down(cast, client, power_cut):
    for user in (cast.specialist, cast.manager, cast.outsider):
        client.force_login(user)
        assert client.get(URL).status_code == 404
    for user in (cast.worker, cast.secretary, cast.street_dispatcher):
        client.force_login(user)
        assert client.get(URL).status_code == 200


# --- the simulator


def simulate(client, user, **query):
    client.force_login(user)
    return client.get(reverse("tickets:simulator"), query)


def test_the_simulator_names_whom_a_real_filing_names(cast, client, power_cut):
    own = make_category(cast.power)
    response = simulate(client, cast.dispatcher, category=power_cut.code, place=cast.subarea.code)
    ((_words, route),) = response.context["routes"]
    assert route.holder == make_ticket(cast.subarea, power_cut).holder == cast.specialist
    first, then = simulate(
        client, cast.supervisor, category=own.code, place="吉祥家园一片区"
    ).context["routes"]
    assert first[1].holder == make_ticket(cast.subarea, own).holder == cast.secretary
    assert then[1].holder == cast.specialist
    assert route.explanation() in response.content.decode()


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"category": "x", "place": "吉祥家园一片区"}, {"category"}),
        ({"place": "没有"}, {"category", "place"}),
        ({"place": "一片区"}, {"category", "place"}),
        ({"place": "吉祥家园一片区", "at": "gestern"}, {"category", "at"}),
    ],
)
def test_the_simulator_names_bad_input(cast, client, power_cut, query, fields):
    response = simulate(client, cast.admin, **query)
    assert set(response.context["form"].errors) == fields
    assert response.context["routes"] == []


def test_the_simulator_is_for_the_desk(cast, client):
    for user in (cast.specialist, cast.worker, cast.secretary, cast.outsider):
        assert simulate(client, user).status_code == 404
    for user in (cast.dispatcher, cast.street_dispatcher, cast.supervisor, cast.admin):
        assert simulate(client, user).status_code == 200
