"""Boards of those who answer for others: what is late, where and with whom; orders; proposals."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.choices import Role
from accounts.tests.factories import make_posting, make_user
from specialists.tests.factories import make_contact
from tickets import agenda, boards, workflow
from tickets.choices import ClockMode, LimitUnit, OrderGround, Stage
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_policy, make_ticket
from tickets.views import board
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
URL = reverse("tickets:late")
ORDERS = reverse("tickets:orders")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def own_matter(cast):
    return make_category()


@pytest.fixture
def maps_in_memory(settings):
    settings.NAME_MAP_SECONDS = 60


def promise(stage, hours, category):
    make_policy(stage, ClockMode.WALL, hours * 3600, LimitUnit.SECONDS, category=category)


def ago(**delta):
    return workflow.now() - timedelta(**delta)


def show(client, user, **query):
    client.force_login(user)
    response = client.get(URL, query)
    assert response.status_code == 200
    return response


def shown(response):
    return [line.row.ticket for line in response.context["rows"]]


def tallies(response, name):
    return {tally.name: tally.count for tally in response.context[name]}


def stages(response):
    """Return the four numbers in the order of a matter's life: accept, contact, word, resolve."""
    return [tally.count for tally in response.context["stages"]]


@pytest.fixture
def late_town(cast, power_cut, own_matter):
    """Four late matters in two communities, one by two promises, and three that are not late."""
    make_contact(cast.power, cast.neighbour, user=cast.specialist)
    promise(Stage.CONTACT, 2, power_cut)
    promise(Stage.ACCEPT, 4, own_matter)
    both = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
    silent = make_ticket(cast.village, power_cut, at=ago(hours=10))
    unaccepted = make_ticket(cast.community, own_matter, at=ago(hours=8))
    next_door = make_ticket(cast.neighbour_subarea, power_cut, at=ago(hours=5))
    make_ticket(cast.subarea, power_cut, at=ago(hours=1))
    spoken_to = make_ticket(cast.subarea, power_cut, at=ago(hours=6))
    workflow.tell_resident(spoken_to, by=cast.specialist, note="在路上", at=later(spoken_to))
    ended = make_ticket(cast.community, own_matter, at=ago(hours=40))
    workflow.reject(ended, by=cast.secretary, note="不归本区")
    return both, silent, unaccepted, next_door


def test_every_broken_promise_is_there_the_longest_late_first(cast, client, late_town):
    both, silent, unaccepted, next_door = late_town
    response = show(client, cast.supervisor)
    assert shown(response) == [both, silent, unaccepted, next_door]
    assert response.context["total"] == 4
    assert [[(each.stage) for each in line.broken] for line in response.context["rows"]] == [
        [Stage.CONTACT, Stage.RESOLVE], [Stage.CONTACT], [Stage.ACCEPT], [Stage.CONTACT],
    ]  # fmt: skip
    seconds = [each.seconds // 3600 for each in response.context["rows"][0].broken]
    assert seconds == [28, 6]
    assert stages(response) == [1, 3, 0, 1]


def test_only_what_is_in_reach_is_counted_and_listed(cast, client, late_town):
    both, silent, unaccepted, next_door = late_town
    mine = show(client, cast.secretary)
    assert shown(mine) == [both, silent, unaccepted]
    assert (mine.context["total"], stages(mine)) == (3, [1, 2, 0, 1])
    assert shown(show(client, cast.neighbour_secretary)) == [next_door]
    assert shown(show(client, cast.manager)) == [both, silent, next_door]
    assert shown(show(client, cast.admin)) == [both, silent, unaccepted, next_door]


def test_a_tip_off_is_no_number_for_the_unit_complained_of(cast, client, own_matter):
    head = make_user("property-head")
    make_posting(head, Role.ORGANISATION_LEADER, organisation=cast.property)
    make_posting(head, Role.COMMUNITY_SECRETARY, grid=cast.community)
    make_ticket(cast.subarea, own_matter, at=ago(hours=30), kind="tip_off", accused=cast.property)
    assert show(client, cast.secretary).context["total"] == 1
    response = show(client, head)
    assert (response.context["total"], shown(response), stages(response)) == (0, [], [0, 0, 0, 0])


def test_counts_stand_by_place_and_office_and_each_opens_its_list(cast, client, late_town):
    """Streets for the district, communities for a street, then villages; never a ranking."""
    response = show(client, cast.supervisor)
    assert tallies(response, "places") == {"张氏街道": 4}
    assert list(tallies(response, "offices").values()) == [1, 3]
    assert [tally.name for tally in response.context["offices"]][1:] == ["区供电公司"]
    street = client.get(URL + response.context["places"][0].link)
    assert tallies(street, "places") == {"锦绣社区": 3, "和平社区": 1}
    assert [tally.count for tally in street.context["places"]] == [3, 1]
    for name in ("places", "offices", "stages"):
        for tally in street.context[name]:
            opened = client.get(URL + tally.link)
            assert (opened.context["total"], len(shown(opened))) == (tally.count, tally.count)


def test_what_lies_in_no_smaller_place_has_a_number_and_a_list_too(cast, client, late_town):
    unaccepted = late_town[2]
    response = show(client, cast.secretary)
    assert list(tallies(response, "places").values()) == [2, 1]
    assert tallies(response, "places")["吉祥家园"] == 2
    assert shown(client.get(URL + response.context["places"][-1].link)) == [unaccepted]


def test_drilling_ends_at_the_smallest_place(cast, client, late_town):
    response = show(client, cast.supervisor, grid=cast.subarea.code)
    assert shown(response) == [late_town[0]]
    assert response.context["places"] == []
    assert tallies(show(client, cast.supervisor, grid=cast.village.code), "places")


def test_a_stage_narrows_the_list_and_sorts_by_its_own_lateness(cast, client, late_town):
    both, silent, _unaccepted, next_door = late_town
    assert shown(show(client, cast.supervisor, stage="contact")) == [both, silent, next_door]
    response = show(client, cast.supervisor, stage="resolve")
    assert shown(response) == [both]
    assert response.context["rows"][0].broken[0].stage == Stage.CONTACT
    # The other numbers stay: they lead from one promise to the next.
    assert stages(response) == [1, 3, 0, 1]
    assert [tally.is_chosen for tally in response.context["stages"]] == [False, False, False, True]
    assert tallies(response, "places") == {"张氏街道": 1}
    assert shown(show(client, cast.supervisor, stage="word")) == []


def test_choices_join_and_chips_take_one_away_each(cast, client, late_town):
    both, silent, _unaccepted, _next_door = late_town
    query = {
        "grid": cast.community.code, "organisation": str(cast.power.pk), "stage": "contact"
    }  # fmt: skip
    response = show(client, cast.supervisor, **query)
    assert shown(response) == [both, silent]
    assert len(response.context["chips"]) == 3
    _words, without_place = response.context["chips"][0]
    assert len(shown(client.get(URL + without_place))) == 3


@pytest.mark.parametrize(
    "query",
    [{"grid": "不存在"}, {"organisation": "x"}, {"organisation": "99999"}, {"stage": "confirm"},
     {"below": "x"}, {"grid": "1" * 40}],
)  # fmt: skip
def test_a_choice_that_means_nothing_is_said_and_shows_nothing(cast, client, late_town, query):
    response = show(client, cast.supervisor, **query)
    assert set(response.context["form"].errors) == set(query)
    assert "rows" not in response.context
    page = response.content.decode()
    assert page.count('role="alert"') == 1
    assert all(ticket.title not in page for ticket in late_town)


def test_a_matter_that_was_late_before_it_had_to_wait_is_still_late(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
    workflow.acknowledge(ticket, by=cast.specialist)
    until = workflow.now() + timedelta(days=2)
    workflow.hold(ticket, by=cast.specialist, reason="parts", until=until)
    response = show(client, cast.supervisor)
    assert (shown(response), stages(response)) == ([ticket], [0, 0, 0, 1])


def test_a_matter_that_waits_in_time_is_not_late(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=20))
    workflow.acknowledge(ticket, by=cast.specialist)
    until = workflow.now() + timedelta(days=2)
    workflow.hold(ticket, by=cast.specialist, reason="parts", until=until)
    assert show(client, cast.supervisor).context["total"] == 0
    at = workflow.now() + timedelta(days=1)
    assert not boards.late_now(Ticket.objects.all(), at).exists()


def test_a_row_tells_how_high_it_climbed_and_who_knows(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
    broken = show(client, cast.supervisor).context["rows"][0].broken[0]
    assert (broken.step, broken.steps, broken.told) == (0, 4, ())
    workflow.sweep(at=ticket.due_at + timedelta(minutes=1))
    broken = show(client, cast.supervisor).context["rows"][0].broken[0]
    assert (broken.step, sorted(broken.told)) == (
        1,
        sorted([str(cast.secretary), str(cast.manager)]),
    )
    workflow.sweep(at=ticket.due_at + timedelta(hours=12, minutes=1))
    broken = show(client, cast.supervisor).context["rows"][0].broken[0]
    assert broken.step == 2
    assert {str(cast.street_secretary), str(cast.leader)} < set(broken.told)


def test_lateness_is_told_in_all_time_and_in_working_time(cast, client):
    make_calendar()
    category = make_category(
        cast.power, is_immediate=True, clock_mode=ClockMode.BUSINESS, limit_amount=3600
    )
    # Due on Friday at closing, 17:30; seen on Saturday, and on Monday at ten.
    ticket = make_ticket(cast.subarea, category, at=datetime(2026, 11, 20, 8, 30, tzinfo=UTC))
    saturday, monday = (datetime(2026, 11, day, 2, tzinfo=UTC) for day in (21, 23))
    broken = boards.broken_promises([ticket], saturday)[ticket.pk][0]
    assert (broken.seconds, broken.open_seconds) == (16 * 3600 + 1800, 0)
    broken = boards.broken_promises([ticket], monday)[ticket.pk][0]
    assert (broken.seconds, broken.open_seconds) == (64 * 3600 + 1800, 5400)
    assert broken.open_hours == 1


def test_a_day_that_no_calendar_holds_is_no_error_on_the_board(cast):
    make_calendar()
    category = make_category(
        cast.power, is_immediate=True, clock_mode=ClockMode.BUSINESS, limit_amount=3600
    )
    ticket = make_ticket(cast.subarea, category)
    beyond = datetime(2029, 1, 1, tzinfo=UTC)
    assert boards.broken_promises([ticket], beyond)[ticket.pk][0].open_seconds is None


def test_a_clock_that_never_rests_has_no_working_time_to_tell(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
    assert boards.broken_promises([ticket], timezone.now())[ticket.pk][0].open_seconds is None


def test_orders_on_a_late_matter_stand_by_it(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
    tomorrow = workflow.now() + timedelta(days=1)
    order = workflow.issue_order(ticket, by=cast.supervisor, text="今晚修好", due_at=tomorrow)
    response = show(client, cast.supervisor)
    assert response.context["rows"][0].orders == [order]
    assert response.context["orders"] == {"open": 1, "late": 0}
    workflow.answer_order(order, by=cast.leader, note="已修")
    workflow.close_order(order, by=cast.supervisor, note="属实")
    response = show(client, cast.supervisor)
    assert response.context["rows"][0].orders == []
    assert response.context["orders"] == {"open": 0, "late": 0}


def test_pages_follow_each_other_without_gap_or_repetition(cast, client, power_cut, monkeypatch):
    monkeypatch.setattr(board, "PAGE", 2)
    same = ago(hours=30)
    tickets = [make_ticket(cast.subarea, power_cut, at=same) for _each in range(5)]
    seen, address = [], URL
    client.force_login(cast.supervisor)
    while address:
        response = client.get(address)
        assert response.context["total"] == 5
        seen += shown(response)
        address = URL + response.context["next"] if response.context["next"] else ""
    assert seen == tickets
    assert response.context["first"] == "?"


def test_a_broken_cursor_never_breaks_the_page(cast, client, late_town):
    for cursor in ("x", "1-2", "99999999999999999-1", "\x00"):
        assert len(shown(show(client, cast.supervisor, after=cursor))) in (0, 4)


WATCHERS = {
    "secretary", "street_secretary", "street_dispatcher", "district_secretary", "dispatcher",
    "supervisor", "manager", "leader",
}  # fmt: skip


def test_whoever_answers_for_no_others_goes_on_to_their_own_day(cast, client):
    for name, user in cast.people.items():
        client.force_login(user)
        response = client.get(URL)
        if name in WATCHERS:
            assert response.status_code == 200
        else:
            assert (response.status_code, response.url) == (302, "/today/")


def test_residents_and_visitors_find_no_boards(cast, client):
    for address in (URL, ORDERS):
        assert client.get(address).url == f"{reverse('account_login')}?next={address}"
    client.force_login(cast.outsider)
    for address in (URL, ORDERS):
        assert client.get(address).status_code == 404


def test_a_number_inside_the_title_is_starred(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, title="请打13812345678找我", at=ago(hours=30))
    tomorrow = workflow.now() + timedelta(days=1)
    workflow.issue_order(ticket, by=cast.supervisor, text="打13812345678", due_at=tomorrow)
    Ticket.objects.update(agenda_at=ago(hours=1), agenda_ground=OrderGround.LATE)
    for page in (show(client, cast.supervisor), client.get(ORDERS)):
        assert "13812345678" not in page.content.decode()
        assert "138****5678" in page.content.decode()


@pytest.mark.parametrize("many", [1, 3])
def test_the_board_asks_the_same_few_questions(
    cast, client, power_cut, maps_in_memory, django_assert_num_queries, many
):
    tomorrow = workflow.now() + timedelta(days=1)
    for _each in range(many):
        ticket = make_ticket(cast.subarea, power_cut, at=ago(hours=30))
        workflow.issue_order(ticket, by=cast.supervisor, text="今晚修好", due_at=tomorrow)
    workflow.sweep()
    Ticket.objects.update(agenda_at=ago(hours=1), agenda_ground=OrderGround.LATE)
    assert len(shown(show(client, cast.secretary))) == many
    # Session, user, postings; counts by place and office, counts by promise; tickets, co-handlers,
    # clocks, who was told, orders on them; proposals by ground, the first of them; orders in reach.
    with django_assert_num_queries(13):
        client.get(URL)
    with django_assert_num_queries(13):
        client.get(URL, {"stage": "resolve", "grid": cast.community.code})


# --- proposals


@pytest.fixture
def proposed(cast, power_cut):
    """Two matters proposed on two grounds, the later one first in the table, and others."""
    later_one, first = (make_ticket(cast.subarea, power_cut) for _each in range(2))
    make_ticket(cast.subarea, power_cut)
    next_door = make_ticket(cast.neighbour_subarea, power_cut)
    for ticket, days, ground in (
        (later_one, 1, OrderGround.LATE), (first, 3, OrderGround.REPEATED),
        (next_door, 2, OrderGround.LATE),
    ):  # fmt: skip
        Ticket.objects.filter(pk=ticket.pk).update(agenda_at=ago(days=days), agenda_ground=ground)
    return first, later_one, next_door


def test_proposals_are_facts_for_a_reception_day(cast, proposed):
    first, later_one, next_door = proposed
    found = agenda.proposals(cast.district_secretary)
    assert list(found.tickets) == [first, next_door, later_one]
    assert found.counts == ((OrderGround.LATE, 2), (OrderGround.REPEATED, 1))
    assert found.total == 3
    mine = agenda.proposals(cast.secretary)
    assert (list(mine.tickets), mine.total) == ([first, later_one], 2)
    none = agenda.proposals(cast.outsider)
    assert (list(none.tickets), none.counts, none.total) == ([], (), 0)


def test_what_the_rules_propose_is_found(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=ago(days=5))
    workflow.sweep()
    found = agenda.proposals(cast.district_secretary)
    assert (list(found.tickets), found.counts) == ([ticket], ((OrderGround.LATE, 1),))


def test_the_board_lists_the_first_proposals_and_leads_to_all(cast, client, proposed, monkeypatch):
    monkeypatch.setattr(board, "FIRST_PROPOSALS", 1)
    response = show(client, cast.secretary)
    assert [ticket for ticket, _name in response.context["proposed"]] == [proposed[0]]
    assert 'href="?show=agenda"' in response.content.decode()
    every = show(client, cast.secretary, show="agenda")
    assert [ticket for ticket, _name in every.context["proposed"]] == list(proposed[:2])
    assert every.context["proposals"].total == 2


def test_a_page_without_proposals_says_so(cast, client):
    assert show(client, cast.secretary, show="agenda").context["proposed"] == []


@pytest.mark.parametrize("many", [1, 3])
def test_the_proposals_ask_the_same_few_questions(
    cast, client, power_cut, maps_in_memory, django_assert_num_queries, many
):
    for _each in range(many):
        make_ticket(cast.subarea, power_cut)
    Ticket.objects.update(agenda_at=ago(hours=1), agenda_ground=OrderGround.LATE)
    show(client, cast.secretary, show="agenda")
    with django_assert_num_queries(6):  # session, user, postings, by ground, how many, tickets
        client.get(URL, {"show": "agenda"})
