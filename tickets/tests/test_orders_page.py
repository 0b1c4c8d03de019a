"""The page of supervision orders: mine to answer first, then those issued or watched."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tickets import workflow
from tickets.choices import OrderGround, OrderState
from tickets.models import SupervisionOrder
from tickets.tests.factories import make_category, make_ticket
from tickets.views import board

pytestmark = pytest.mark.django_db
ORDERS = reverse("tickets:orders")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def own_matter(cast):
    return make_category()


def ago(**delta):
    return workflow.now() - timedelta(**delta)


def order_on(cast, ticket, *, by=None, hours=24, **more):
    until = workflow.now() + timedelta(hours=hours)
    text = more.pop("text", "今晚报进展")
    return workflow.issue_order(ticket, by=by or cast.supervisor, text=text, due_at=until, **more)


def listed(client, user, **query):
    """Return (orders for the reader to answer, the others) of the page."""
    client.force_login(user)
    response = client.get(ORDERS, query)
    assert response.status_code == 200
    return tuple([line.order for line in response.context[name]] for name in ("mine", "others"))


def test_orders_stand_with_those_they_concern(cast, client, power_cut, own_matter):
    of_power = order_on(cast, make_ticket(cast.subarea, power_cut))
    of_community = order_on(cast, make_ticket(cast.subarea, own_matter))
    next_door = order_on(cast, make_ticket(cast.neighbour_subarea, own_matter))
    assert of_community.addressee == cast.street_secretary
    assert listed(client, cast.leader) == ([of_power], [])
    assert listed(client, cast.manager) == ([of_power], [])
    assert listed(client, cast.specialist) == ([], [])
    # What went to the reader first, then what happens in their street.
    assert listed(client, cast.street_secretary) == ([of_community, next_door], [of_power])
    assert listed(client, cast.secretary) == ([], [of_power, of_community])
    assert listed(client, cast.supervisor) == ([], [of_power, of_community, next_door])
    assert listed(client, cast.admin) == ([], [of_power, of_community, next_door])
    assert listed(client, cast.dispatcher) == ([], [])


def test_whoever_issued_an_order_sees_it_as_long_as_the_matter_is_in_reach(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    order = order_on(cast, ticket)
    SupervisionOrder.objects.update(issued_by=cast.dispatcher)
    assert listed(client, cast.dispatcher) == ([], [order])
    SupervisionOrder.objects.update(issued_by=cast.neighbour_secretary)
    assert listed(client, cast.neighbour_secretary) == ([], [])


def test_the_most_urgent_order_comes_first_and_a_late_one_is_marked(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    calm, urgent = order_on(cast, ticket, hours=30), order_on(cast, ticket, hours=2)
    late = order_on(cast, ticket, hours=1)
    SupervisionOrder.objects.filter(pk=late.pk).update(issued_at=ago(days=2), due_at=ago(hours=1))
    client.force_login(cast.leader)
    response = client.get(ORDERS)
    lines = response.context["mine"]
    assert [(line.order, line.is_late) for line in lines] == [
        (late, True), (urgent, False), (calm, False),
    ]  # fmt: skip
    assert response.content.decode().count('class="order" data-late') == 1
    detail = reverse("tickets:detail", args=[ticket.reference])
    assert response.content.decode().count(f'href="{detail}"') == 6


def test_orders_are_filtered_by_their_state(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    opened, answered, closed = (order_on(cast, ticket) for _each in range(3))
    workflow.answer_order(answered, by=cast.leader, note="明早修好")
    workflow.answer_order(closed, by=cast.manager, note="修好了")
    workflow.close_order(closed, by=cast.supervisor, note="属实")
    assert listed(client, cast.supervisor) == ([], [opened])
    assert listed(client, cast.supervisor, state="answered") == ([], [answered])
    assert listed(client, cast.supervisor, state="closed") == ([], [closed])
    assert listed(client, cast.leader, state="closed") == ([closed], [])
    response = client.get(ORDERS, {"state": "closed"})
    assert [(tally.count, tally.is_chosen) for tally in response.context["states"]] == [
        (1, False), (1, False), (1, True),
    ]  # fmt: skip
    page = response.content.decode()
    assert ("修好了" in page, "属实" in page, "明早修好" in page) == (True, True, False)


def test_a_state_that_does_not_exist_is_no_page(cast, client):
    client.force_login(cast.supervisor)
    assert client.get(ORDERS, {"state": "lost"}).status_code == 404


def test_an_order_by_rule_names_no_issuer(cast, client, power_cut, settings):
    make_ticket(cast.subarea, power_cut, at=ago(days=5))
    workflow.sweep()
    order = SupervisionOrder.objects.get()
    assert (order.ground, order.issued_by, order.state) == (OrderGround.LATE, None, OrderState.OPEN)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert listed(client, cast.supervisor) == ([], [order])
    html = client.get(ORDERS).content.decode()
    assert "by the rules" in html
    # What the rule says is the portal's own sentence, on the list and on the matter's page.
    assert "say when it will be done" in html
    assert order.text not in html
    page = reverse("tickets:detail", args=[order.ticket.reference])
    html = client.get(page).content.decode()
    assert html.count("say when it will be done") == 2
    assert order.text not in html


def test_orders_are_paged(cast, client, power_cut, monkeypatch):
    monkeypatch.setattr(board, "PAGE", 2)
    ticket = make_ticket(cast.subarea, power_cut)
    orders = [order_on(cast, ticket, hours=hours) for hours in (1, 2, 3)]
    assert listed(client, cast.supervisor) == ([], orders[:2])
    assert listed(client, cast.supervisor, page="2") == ([], orders[2:])
    assert listed(client, cast.supervisor, page="x") == ([], orders[:2])


@pytest.mark.parametrize("many", [1, 3])
def test_orders_ask_the_same_few_questions(
    cast, client, power_cut, settings, django_assert_num_queries, many
):
    for _each in range(many):
        order_on(cast, make_ticket(cast.subarea, power_cut))
    settings.NAME_MAP_SECONDS = 60
    client.force_login(cast.leader)
    client.get(ORDERS)
    with django_assert_num_queries(6):  # session, user, postings, by state, how many, orders
        client.get(ORDERS)
