"""What is mine to do now: order, groups, counts, one-tap steps and the report in three fields."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hanting import today
from tickets import workflow
from tickets.choices import Source, Status
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_ticket

pytestmark = pytest.mark.django_db
URL = "/today/"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True, keywords=["停电"])


@pytest.fixture
def community_matter(cast):
    return make_category(keywords=["垃圾"])


def show(client, user):
    client.force_login(user)
    response = client.get(URL)
    assert response.status_code == 200
    return response


def groups(response):
    return {
        name: [line.row.ticket for line in lines]
        for name, _label, lines in response.context["groups"]
    }


def test_the_day_of_a_specialist_in_order_of_urgency(cast, client, power_cut):
    now = workflow.now()
    category = make_category(cast.power, is_immediate=True, limit_amount=10 * 24 * 3600)

    def handed_over(hours, kind=category):
        return make_ticket(cast.subarea, kind, at=now - timedelta(hours=hours))

    def taken(hours, kind=category):
        ticket = handed_over(hours, kind)
        return workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))

    working, new, late = taken(2), handed_over(3), handed_over(30, power_cut)
    waiting = taken(4)
    workflow.hold(waiting, by=cast.specialist, reason="parts", until=now + timedelta(days=3))
    answered = taken(5)
    workflow.ask_resident(answered, by=cast.specialist, note="几号楼？", at=later(answered))
    workflow.answer(answered, note="三号楼")
    later_on = handed_over(29, power_cut)
    found = groups(show(client, cast.specialist))
    assert list(found.items()) == [
        ("late", [late, later_on]),
        ("answered", [answered]),
        ("new", [new]),
        ("working", [working]),
        ("waiting", [waiting]),
    ]
    assert groups(show(client, cast.steward)) == {}


def test_due_today_stands_between_late_and_answered(cast, client, power_cut):
    at = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0)
    category = make_category(cast.power, is_immediate=True, limit_amount=3600)
    ticket = make_ticket(cast.subarea, category, at=at)
    lines = today.lines_for(cast.specialist, at)
    assert [(line.group, line.row.ticket) for line in lines] == [("today", ticket)]


def test_returned_matters_wait_for_their_decision_with_the_dispatcher(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    workflow.return_ticket(ticket, by=cast.specialist, note="不归我们", suggested=cast.housing)
    response = show(client, cast.street_dispatcher)
    assert groups(response) == {"decide": [ticket]}
    assert response.context["groups"][0][2][0].row.main == "dispatch"


def test_new_matters_of_the_own_grid_and_callbacks_stand_on_the_workers_list(
    cast, client, community_matter, power_cut
):
    new = make_ticket(cast.subarea, community_matter)
    make_ticket(cast.neighbour_subarea, community_matter)
    done = make_ticket(cast.subarea, power_cut)
    workflow.acknowledge(done, by=cast.specialist)
    workflow.resolve(done, by=cast.specialist, note="好了")
    assert groups(show(client, cast.worker)) == {"new": [new], "callback": [done]}


def test_what_was_passed_up_is_shown_to_the_secretary(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=30))
    assert groups(show(client, cast.secretary)) == {}
    workflow.sweep()
    response = show(client, cast.secretary)
    assert groups(response) == {"late": [ticket]}
    assert not response.context["groups"][0][2][0].is_mine


def test_the_count_is_the_length_of_the_list(cast, client, community_matter):
    for _each in range(3):
        make_ticket(cast.subarea, community_matter)
    response = show(client, cast.secretary)
    assert response.context["count"] == 3
    page = response.content.decode()
    assert '<span class="pill" id="count">3</span>' in page
    assert page.count('class="matter"') == 3


@pytest.mark.parametrize("many", [1, 3])
def test_today_asks_the_same_few_questions(
    cast, client, community_matter, power_cut, settings, django_assert_num_queries, many
):
    settings.NAME_MAP_SECONDS = 60
    for _each in range(many):
        make_ticket(cast.subarea, community_matter)
        make_ticket(cast.subarea, power_cut)
    show(client, cast.worker)
    with django_assert_num_queries(6):  # session, user, postings, mine, call-backs, co-handlers
        client.get(URL)
    show(client, cast.specialist)
    # No call-backs to look for, but the communities whose own specialist it is.
    with django_assert_num_queries(6):
        client.get(URL)


def test_every_member_of_staff_has_a_page_and_residents_have_none(cast, client):
    for user in (*cast.people.values(), cast.admin):
        assert show(client, user).context["count"] == 0
    client.force_login(cast.outsider)
    assert client.get(URL).status_code == 404
    client.logout()
    assert client.get(URL).url == f"{reverse('account_login')}?next=/today/"


def test_a_one_tap_step_leads_back_here(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    show(client, cast.specialist)
    address = reverse("tickets:acknowledge", args=[ticket.reference])
    assert client.post(address, {"seen": 3, "back": "today"}).url == URL
    assert Ticket.objects.get().status == Status.IN_PROGRESS


# --- the report in three fields


def report(client, cast, user=None, **more):
    client.force_login(user or cast.worker)
    typed = {
        "key": "abcdefgh12345678",
        "description": "楼下垃圾没人清",
        "place": str(cast.subarea.pk),
        "category": "",
    }
    return client.post(URL, typed | more)


def test_three_fields_are_a_report_and_its_place_is_the_own_grid(cast, client, community_matter):
    form = show(client, cast.worker).context["form"]
    assert [field.name for field in form.visible_fields()] == ["description", "place", "category"]
    assert form["place"].value() == str(cast.subarea.pk)
    assert report(client, cast).url == URL
    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.filed_by, ticket.grid, ticket.category, ticket.status) == (
        Source.GRID, cast.worker, cast.subarea, community_matter, Status.SUBMITTED,
    )  # fmt: skip


def test_settled_on_the_spot_is_filed_and_done_in_one(cast, client, community_matter):
    report(client, cast, settle="1")
    report(client, cast, settle="1")
    ticket = Ticket.objects.get()
    assert [event.verb for event in ticket.events.in_order()] == ["submit", "resolve_on_spot"]
    assert ticket.status == Status.RESOLVED


def test_what_must_be_handed_over_cannot_be_settled_and_nothing_is_filed(cast, client, power_cut):
    response = report(client, cast, settle="1", description="楼道停电，已修")
    assert response.context["form"].non_field_errors()
    assert response.context["form"]["description"].value() == "楼道停电，已修"
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"description": ""}, "description"),
        ({"description": "不知道是什么"}, "category"),
        ({"place": "999999"}, "place"),
        ({"key": "kurz"}, "key"),
    ],
)
def test_bad_input_of_the_report_is_named(cast, client, community_matter, more, field):
    assert set(report(client, cast, **more).context["form"].errors) == {field}
    assert Ticket.objects.count() == 0


def test_those_without_a_grid_have_no_report(cast, client, community_matter):
    assert show(client, cast.specialist).context["form"] is None
    assert report(client, cast, user=cast.specialist).status_code == 404
    neighbours = report(client, cast, user=cast.neighbour_worker)
    assert set(neighbours.context["form"].errors) == {"place"}
