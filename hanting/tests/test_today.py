"""What is mine to do now: order, groups, counts, one-tap steps and the report in three fields."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hanting import today
from tickets import workflow
from tickets.choices import YELLOW_CARD, ClockMode, LimitUnit, Source, Stage, Status
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_policy, make_ticket
from worktime.tests.factories import make_calendar

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


def day(user, at=None):
    """Return [(group, ticket)] of a day as the page lists it; orders and requests by theirs."""
    found = []
    for line in today.lines_for(user, at or workflow.now()):
        if line.group == "order":
            found.append((line.group, line.order.order.ticket))
        elif line.group == "time":
            found.append((line.group, line.request.ticket))
        else:
            found.append((line.group, line.row.ticket))
    return found


def promise(stage, hours, category):
    make_policy(stage, ClockMode.WALL, hours * 3600, LimitUnit.SECONDS, category=category)


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


def test_an_early_small_target_hides_no_later_one(cast, client, power_cut):
    """The nearest breach of any stage sorts the list and is named; the promised end stands by."""
    now = workflow.now()
    at = timezone.localtime(now).replace(hour=9, minute=0, second=0)
    plain = make_category(cast.power, is_immediate=True, limit_amount=5 * 3600)
    promise(Stage.CONTACT, 2, power_cut)
    spoken_to = make_ticket(cast.subarea, power_cut, at=at - timedelta(hours=23))
    workflow.tell_resident(spoken_to, by=cast.specialist, note="在路上", at=later(spoken_to))
    silent = make_ticket(cast.subarea, power_cut, at=at - timedelta(hours=1, minutes=30))
    soon = make_ticket(cast.subarea, plain, at=at - timedelta(hours=4, minutes=40))
    lines = today.lines_for(cast.specialist, at)
    assert [(line.row.ticket, line.row.nearest.stage, line.group) for line in lines] == [
        (soon, Stage.RESOLVE, "today"),
        (silent, Stage.CONTACT, "today"),
        (spoken_to, Stage.RESOLVE, "today"),
    ]
    assert [line.row.nearest.seconds for line in lines] == [20 * 60, 30 * 60, 60 * 60]
    assert [line.row.done_by for line in lines] == [None, silent.due_at, None]
    later_on = at + timedelta(hours=1)
    assert [(line.group, line.row.ticket) for line in today.lines_for(cast.specialist, later_on)][
        :2
    ] == [("late", soon), ("late", silent)]


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.ACCEPT, "accept by"),
        (Stage.CONTACT, "speak to the resident by"),
        (Stage.WORD, "write to the resident by"),
        (Stage.RESOLVE, "done by"),
    ],
)
def test_the_nearest_promise_is_named_by_its_stage(cast, client, settings, stage, words):
    category = make_category()
    promise(stage, 1, category)
    make_ticket(cast.subarea, category)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = show(client, cast.secretary).content.decode()
    assert page.count(words) == 1
    assert page.count("done by") == 1


def test_a_matter_that_must_wait_is_pressed_by_other_promises_only(cast, power_cut):
    at = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0)
    promise(Stage.WORD, 10, power_cut)
    ticket = make_ticket(cast.subarea, power_cut, at=at)
    workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    held = Ticket.objects.get()
    workflow.hold(
        held, by=cast.specialist, reason="parts", until=at + timedelta(days=3), at=later(held)
    )
    line = today.lines_for(cast.specialist, at + timedelta(hours=2))[0]
    assert (line.group, line.also, line.row.nearest.stage) == ("today", "waiting", Stage.WORD)
    late = today.lines_for(cast.specialist, at + timedelta(hours=11))[0]
    assert (late.group, late.row.nearest.is_waiting) == ("late", False)


def test_what_was_late_before_it_had_to_wait_stays_late(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=30))
    workflow.acknowledge(ticket, by=cast.specialist)
    until = workflow.now() + timedelta(days=3)
    workflow.hold(ticket, by=cast.specialist, reason="parts", until=until)
    assert Ticket.objects.get().next_due_at is None
    assert day(cast.specialist) == [("late", ticket)]


def test_an_answer_to_a_late_matter_is_not_hidden_by_its_lateness(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=30))
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.ask_resident(ticket, by=cast.specialist, note="几号楼？")
    workflow.answer(ticket, note="三号楼")
    line = show(client, cast.specialist).context["groups"][0][2][0]
    assert (line.group, line.also) == ("late", "answered")


def told(cast, power_cut):
    """A late matter of which manager and secretaries have been told."""
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=30))
    workflow.sweep()
    assert day(cast.manager) == [("late", ticket)]
    return ticket


def test_what_was_told_leaves_the_list_when_it_is_made_good(cast, power_cut):
    ticket = told(cast, power_cut)
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.resolve(ticket, by=cast.specialist, note="好了")
    assert day(cast.manager) == []


def test_what_was_told_leaves_the_list_when_another_day_is_granted(cast, power_cut):
    filed = workflow.now() - timedelta(hours=25)
    ticket = make_ticket(cast.subarea, power_cut, at=filed)
    asked = filed + timedelta(hours=20)
    workflow.ask_extension(ticket, by=cast.specialist, amount=6 * 3600, note="等配件", at=asked)
    workflow.sweep()
    assert day(cast.manager) == [("late", ticket)]
    workflow.grant_extension(ticket, by=cast.secretary)
    assert day(cast.manager) == []


def test_a_word_to_the_resident_takes_silence_off_the_secretarys_list(cast, power_cut):
    promise(Stage.WORD, 2, power_cut)
    filed = workflow.now() - timedelta(hours=3, minutes=30)
    ticket = make_ticket(cast.subarea, power_cut, at=filed)
    workflow.sweep()
    assert day(cast.secretary) == [("late", ticket)]
    workflow.tell_resident(ticket, by=cast.specialist, note="今晚修好")
    workflow.sweep()
    assert day(cast.secretary) == []


def test_a_yellow_card_stands_on_the_managers_list_before_it_is_red(cast, client, settings):
    make_calendar()
    category = make_category(
        cast.power,
        is_immediate=True,
        clock_mode=ClockMode.BUSINESS,
        limit_amount=5,
        limit_unit=LimitUnit.WORKING_DAYS,
    )
    ticket = make_ticket(cast.subarea, category)
    clock = ticket.clocks.get(stage=Stage.RESOLVE)
    reached = dict(clock.thresholds)[YELLOW_CARD]
    workflow.sweep(at=datetime.fromtimestamp(reached, UTC) + timedelta(minutes=1))
    response = show(client, cast.manager)
    line = response.context["groups"][0][2][0]
    assert (line.row.ticket, line.is_mine, line.row.nearest.is_late) == (ticket, False, False)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(URL).content.decode()
    assert ("Yellow card" in page, "Passed up to you" in page) == (True, False)


def test_an_order_is_there_for_its_addressee_and_the_heads_of_the_house_only(
    cast, client, power_cut
):
    ticket = make_ticket(cast.subarea, power_cut)
    tomorrow = workflow.now() + timedelta(days=1)
    order = workflow.issue_order(ticket, by=cast.supervisor, text="今晚前报进展", due_at=tomorrow)
    assert order.addressee == cast.leader
    listed = {name for name, user in cast.people.items() if ("order", ticket) in day(user)}
    assert listed == {"leader", "manager"}
    page = show(client, cast.leader).content.decode()
    assert page.count('class="matter"') == 1
    assert "今晚前报进展" in page
    workflow.answer_order(order, by=cast.manager, note="明早修好")
    assert day(cast.leader) == []


def test_a_late_order_is_marked(cast, client, power_cut, settings):
    ticket = make_ticket(cast.subarea, power_cut)
    order = workflow.issue_order(
        ticket, by=cast.supervisor, text="报进展", due_at=workflow.now() + timedelta(hours=1)
    )
    line = today.lines_for(cast.leader, order.due_at + timedelta(minutes=1))[0]
    assert (line.group, line.order.is_late) == ("order", True)
    assert not today.lines_for(cast.leader, order.due_at)[0].order.is_late


def test_requests_for_more_time_wait_for_whoever_may_decide(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    workflow.ask_extension(ticket, by=cast.specialist, amount=3600, note="等配件")
    deciders = {name for name, user in cast.people.items() if ("time", ticket) in day(user)}
    assert deciders == {
        "secretary", "street_secretary", "street_dispatcher", "district_secretary", "dispatcher",
        "supervisor",
    }  # fmt: skip
    assert ("time", ticket) not in day(cast.neighbour_secretary)


def test_an_urged_matter_is_marked(cast, client, power_cut, settings):
    ticket = make_ticket(cast.subarea, power_cut)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "urged" not in show(client, cast.specialist).content.decode()
    workflow.urge(ticket, note="快点")
    assert "urged, today at" in show(client, cast.specialist).content.decode()


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
    # Session, user, postings, what was passed up, mine, call-backs, co-handlers, orders; then from
    # meetings: calls, whistles, days, promises, what is to be asked.
    with django_assert_num_queries(13):
        client.get(URL)
    show(client, cast.specialist)
    # No call-backs to look for, but the communities whose own specialist it is.
    with django_assert_num_queries(12):
        client.get(URL)


@pytest.mark.parametrize("many", [1, 3])
def test_orders_and_requests_cost_no_question_each(
    cast, client, power_cut, settings, django_assert_num_queries, many
):
    settings.NAME_MAP_SECONDS = 60
    tomorrow = workflow.now() + timedelta(days=1)
    for _each in range(many):
        ticket = make_ticket(cast.subarea, power_cut)
        workflow.issue_order(ticket, by=cast.supervisor, text="今晚前报进展", due_at=tomorrow)
        workflow.ask_extension(ticket, by=cast.specialist, amount=3600, note="等配件")
    response = show(client, cast.leader)
    assert [(name, len(lines)) for name, _label, lines in response.context["groups"]] == [
        ("order", many)
    ]
    # Session, user, postings, what was passed up, mine, orders, and four from meetings; no
    # call-backs to look for.
    with django_assert_num_queries(10):
        client.get(URL)
    response = show(client, cast.secretary)
    assert [(name, len(lines)) for name, _label, lines in response.context["groups"]] == [
        ("time", many)
    ]
    # And call-backs, and requests for more time with the words of all of them.
    with django_assert_num_queries(17):
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
