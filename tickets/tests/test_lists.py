"""The staff list: what it shows, how it is narrowed, how it pages, what it asks the database."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from tickets import workflow
from tickets.choices import ClockMode, LimitUnit, Stage
from tickets.tests.factories import later, make_category, make_policy, make_ticket
from tickets.views import lists

UNION = int(connection.features.supports_slicing_ordering_in_compound)
pytestmark = pytest.mark.django_db
URL = reverse("tickets:list")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def maps_in_memory(settings):
    """Keep names as long as a running portal does, so that only its own queries count."""
    settings.NAME_MAP_SECONDS = 60


def titles(response):
    return [row.ticket.title for row in response.context["rows"]]


def show(client, user, **query):
    client.force_login(user)
    response = client.get(URL, query)
    assert response.status_code == 200
    return response


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_few_questions_at_one_and_three_rows(
    cast, client, power_cut, maps_in_memory, django_assert_num_queries, count
):
    for _each in range(count):
        make_ticket(cast.subarea, power_cut)
    show(client, cast.secretary)
    # Session, user, postings, tickets, co-handlers; a reach of several parts asks for keys first.
    with django_assert_num_queries(5 + UNION):
        response = client.get(URL)
    assert len(response.context["rows"]) == count
    client.force_login(cast.specialist)
    client.get(URL)
    # And the communities whose own specialist it is.
    with django_assert_num_queries(6 + UNION):
        client.get(URL)


def test_list_shows_what_is_in_reach_newest_first(cast, client, power_cut):
    now = workflow.now()
    for number, grid in enumerate([cast.subarea, cast.neighbour_subarea, cast.village]):
        make_ticket(grid, power_cut, title=f"第{number}件", at=now - timedelta(hours=9 - number))
    assert titles(show(client, cast.secretary)) == ["第2件", "第0件"]
    assert titles(show(client, cast.neighbour_secretary)) == ["第1件"]
    assert titles(show(client, cast.worker)) == ["第0件"]


def test_a_residents_account_finds_no_list(cast, client):
    client.force_login(cast.outsider)
    assert client.get(URL).status_code == 404
    assert client.get(reverse("tickets:callbacks")).status_code == 404


def test_visitor_is_sent_to_sign_in(client):
    assert client.get(URL).url == f"{reverse('account_login')}?next={URL}"


@pytest.fixture
def three(cast, power_cut):
    """A late power cut, an ordinary one in hand, and an ended matter of the community."""
    now = workflow.now()
    own = make_category(name="占道经营")
    late = make_ticket(cast.subarea, power_cut, title="停电两天了", at=now - timedelta(hours=25))
    fresh = make_ticket(cast.village, power_cut, title="灯不亮", at=now - timedelta(hours=22))
    ended = make_ticket(
        cast.community, own, title="路边摆摊", description="路边摆摊。", source="counter", at=now
    )
    workflow.reject(ended, by=cast.secretary, note="不在本社区")
    workflow.acknowledge(fresh, by=cast.specialist)
    return late, fresh, ended


def test_each_filter_narrows_the_list(cast, client, three, power_cut):
    def found(**query):
        return sorted(titles(show(client, cast.secretary, **query)))

    late, fresh, ended = (ticket.title for ticket in three)
    assert found(status="open") == sorted([late, fresh])
    assert found(status="ended") == [ended]
    assert found(status="in_progress") == [fresh]
    assert found(due="late") == [late]
    assert found(due="soon") == [fresh]
    assert found(grid=cast.village.code) == sorted([late, fresh])
    assert found(grid=str(cast.subarea.pk)) == [late]
    assert found(category=power_cut.code) == sorted([late, fresh])
    assert found(organisation=str(cast.power.pk)) == sorted([late, fresh])
    assert found(source="counter") == [ended]
    assert found(text="停电") == sorted([late, fresh])  # the words of both say so
    assert found(text="摆摊 路边") == [ended]
    assert found(text=three[0].reference) == [late]
    assert found(text=f"{ended} %") == []
    assert found(text="摆\x00摊") == [ended]
    assert found(status="open", due="late", grid=cast.subarea.code) == [late]


def test_signs_of_like_are_only_signs(cast, client, power_cut):
    make_ticket(cast.subarea, power_cut, description="电压只有50%了")
    make_ticket(cast.subarea, power_cut, description="电压只有50伏了")
    assert len(titles(show(client, cast.secretary, text="50%"))) == 1
    assert len(titles(show(client, cast.secretary, text="_"))) == 0


def test_holder_me_finds_only_what_i_hold(cast, client, three):
    assert sorted(titles(show(client, cast.specialist, holder="me"))) == sorted(
        [three[0].title, three[1].title]
    )
    assert titles(show(client, cast.secretary, holder="me")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"grid": "不存在"},
        {"status": "nonsense"},
        {"due": "never"},
        {"category": "9999"},
        {"organisation": "x"},
        {"text": "字" * 61},
        {"grid": "1" * 40},
    ],
)
def test_a_filter_that_means_nothing_is_said_and_shows_nothing(cast, client, three, query):
    response = show(client, cast.secretary, **query)
    assert set(response.context["form"].errors) == set(query)
    assert titles(response) == []


def test_chips_take_one_filter_away_each(cast, client, three):
    response = show(client, cast.secretary, status="open", grid=cast.village.code)
    chips = {str(words): address for words, address in response.context["chips"]}
    assert list(chips.values()) == ["?status=open", f"?grid={cast.village.code}"]
    assert [words.endswith("吉祥家园") for words in chips] == [True, False]


def test_pages_follow_each_other_without_gap_or_repetition(cast, client, power_cut, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    same = workflow.now() - timedelta(hours=1)
    for number in range(5):
        make_ticket(cast.subarea, power_cut, title=f"第{number}件事", at=same)
    seen, address = [], URL
    client.force_login(cast.secretary)
    while address:
        response = client.get(address)
        seen += titles(response)
        step = response.context["next"]
        assert (response.context["count"] is None) == bool(step or "after" in address)
        address = URL + step if step else ""
    assert seen == [f"第{number}件事" for number in (4, 3, 2, 1, 0)]


def test_due_lists_begin_with_the_most_urgent_and_page_too(cast, client, power_cut, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 1)
    now = workflow.now()
    for hours in (26, 30, 28):
        make_ticket(cast.subarea, power_cut, title=f"晚{hours}时", at=now - timedelta(hours=hours))
    first = show(client, cast.secretary, due="late")
    assert titles(first) == ["晚30时"]
    assert titles(client.get(URL + first.context["next"])) == ["晚28时"]


@pytest.mark.parametrize(
    "cursor", ["x", "1-2", "99999999999999999-1", "0000000000-0", "-1", "\x00"]
)
def test_a_broken_cursor_never_breaks_the_page(cast, client, three, cursor):
    client.force_login(cast.secretary)
    assert client.get(URL, {"after": cursor}).status_code == 200


def test_htmx_gets_the_rows_alone_and_a_restored_page_the_whole(cast, client, three):
    client.force_login(cast.secretary)
    part = client.get(URL, headers={"HX-Request": "true"})
    assert part.content.strip().startswith(b'<section id="rows"')
    whole = client.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<h1>" in whole.content
    assert "HX-Request" in whole["Vary"]


def test_a_number_inside_the_title_is_starred_in_lists(cast, client, power_cut):
    make_ticket(cast.subarea, power_cut, title="请打13812345678找我")
    page = show(client, cast.secretary).content.decode()
    assert "13812345678" not in page
    assert "138****5678" in page


def test_a_row_tells_the_nearest_promise_and_the_promised_end(cast, client, power_cut):
    make_policy(Stage.CONTACT, ClockMode.WALL, 3600, LimitUnit.SECONDS, category=power_cut)
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=2))
    row = show(client, cast.secretary).context["rows"][0]
    assert (row.nearest.stage, row.nearest.is_late, row.is_late) == (Stage.CONTACT, True, False)
    assert row.done_by == ticket.due_at
    ticket = workflow.tell_resident(ticket, by=cast.specialist, note="在路上")
    row = show(client, cast.secretary).context["rows"][0]
    assert (row.nearest.stage, row.nearest.is_late, row.done_by) == (Stage.RESOLVE, False, None)
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.resolve(ticket, by=cast.specialist, note="好了")
    row = show(client, cast.secretary).context["rows"][0]
    assert (row.nearest, row.done_by) == (None, None)


LATE, TIME, ORDERS = "tickets:late", "tickets:extensions", "tickets:orders"
WAYS = {
    "worker": [ORDERS],
    "village_head": [ORDERS],
    "secretary": [LATE, TIME, ORDERS],
    "street_secretary": [LATE, TIME, ORDERS],
    "street_dispatcher": [LATE, TIME, ORDERS],
    "supervisor": [LATE, TIME, ORDERS],
    "specialist": [ORDERS],
    "manager": [LATE, ORDERS],
    "leader": [LATE, ORDERS],
    "steward": [ORDERS],
    "admin": [LATE, ORDERS],
}


@pytest.mark.parametrize(("name", "ways"), WAYS.items())
def test_the_list_leads_to_the_boards_that_open_for_the_reader(cast, client, name, ways):
    response = show(client, getattr(cast, name))
    page = response.content.decode()
    assert [address for address, _label in response.context["ways"]] == ways
    for address in (LATE, TIME, ORDERS):
        assert (f'href="{reverse(address)}"' in page) == (address in ways)
        assert (client.get(reverse(address)).status_code == 200) == (address in ways)


# --- call-backs


@pytest.fixture
def resolved(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=3))
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    return workflow.resolve(ticket, by=cast.specialist, note="换好了", at=later(ticket))


def waiting(client, user):
    client.force_login(user)
    return [row.ticket for row in client.get(reverse("tickets:callbacks")).context["rows"]]


def test_callbacks_are_for_the_desk_and_never_for_the_handler(cast, client, resolved):
    askers = {
        name
        for name, user in {**cast.people, **cast.neighbours}.items()
        if waiting(client, user) == [resolved]
    }
    assert askers == {
        "worker", "head", "village_head", "secretary", "street_secretary", "street_dispatcher",
        "district_secretary", "dispatcher",
    }  # fmt: skip


def test_whoever_filed_a_matter_does_not_ask_whether_it_is_solved(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, by=cast.worker)
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    workflow.resolve(ticket, by=cast.specialist, note="换好了", at=later(ticket))
    assert waiting(client, cast.worker) == []
    assert len(waiting(client, cast.head)) == 1
