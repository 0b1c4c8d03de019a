"""Pages of whistles: fields kept, one tap, who sees which button, and how many queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from receptions.choices import SummonsStatus, WhistleKind, WhistleStatus
from receptions.models import Commitment, Summons, Whistle
from receptions.tests.factories_whistles import (
    GROUND,
    ask_the_street,
    blown,
    called,
    draft,
    make_matter,
    settled,
)
from receptions.views.whistles_today import todos
from receptions.workflow import summonses, whistles
from tickets.tests.factories import make_category
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def calendar(db):
    make_calendar()


@pytest.fixture
def secretary(client, cast):
    client.force_login(cast.secretary)
    return client


def address(name, *args):
    return reverse(f"whistles:{name}", args=args)


def sent(cast, **changes):
    return {
        "kind": WhistleKind.EMERGENCY,
        "ground": GROUND,
        "facts": "水管爆了",
        "organisations": [cast.power.pk, cast.housing.pk],
    } | changes


# --- Writing --------------------------------------------------------------------------------------


def test_form_knows_the_departments_of_the_category(secretary, cast):
    ticket = make_matter(cast, category=make_category(cast.power))
    page = secretary.get(address("new", ticket.reference))
    form = page.context["form"]
    assert [str(choice.choice_label) for choice in form.near()] == ["区供电公司"]
    assert form["facts"].value() == ticket.description


def test_one_post_calls_the_departments(secretary, cast):
    ticket = make_matter(cast)
    answer = secretary.post(address("new", ticket.reference), sent(cast))
    whistle = Whistle.objects.get()
    assert answer["Location"] == address("detail", whistle.number)
    assert (whistle.status, whistle.summonses.count()) == (WhistleStatus.BLOWN, 2)


def test_the_same_post_twice_makes_one_whistle(secretary, cast):
    ticket = make_matter(cast)
    first = secretary.post(address("new", ticket.reference), sent(cast))
    second = secretary.post(address("new", ticket.reference), sent(cast))
    assert first["Location"] == second["Location"]
    assert (Whistle.objects.count(), Summons.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    "field, value",
    [("ground", " "), ("kind", ""), ("organisations", []), ("organisations", ["999999"])],
)
def test_what_is_wrong_is_said_and_what_is_typed_stays(secretary, cast, field, value):
    ticket = make_matter(cast)
    said = sent(cast, facts="水漫到了单元门口", **{field: value})
    page = secretary.post(address("new", ticket.reference), said)
    assert list(page.context["form"].errors) == [field]
    assert "水漫到了单元门口" in page.content.decode()
    assert not Whistle.objects.exists()


def test_a_draft_calls_nobody_and_may_be_changed(secretary, cast):
    ticket = make_matter(cast)
    secretary.post(address("new", ticket.reference), sent(cast, draft="1"))
    whistle = Whistle.objects.get()
    assert (whistle.status, Summons.objects.count()) == (WhistleStatus.DRAFT, 0)
    secretary.post(address("change", whistle.number), sent(cast, ground="没有设备"))
    whistle.refresh_from_db()
    assert whistle.ground == "没有设备"


def test_where_the_street_approves_it_is_asked(secretary, cast):
    ask_the_street()
    secretary.post(address("new", make_matter(cast).reference), sent(cast))
    assert Whistle.objects.get().status == WhistleStatus.PENDING


def test_the_matters_page_leads_here_for_those_who_may(client, cast):
    ticket = make_matter(cast)
    found = {}
    for name in ("worker", "secretary", "street_secretary", "dispatcher"):
        client.force_login(getattr(cast, name))
        page = client.get(reverse("tickets:detail", args=[ticket.reference])).content.decode()
        found[name] = address("new", ticket.reference) in page
    assert found == {
        "worker": True, "secretary": True, "street_secretary": False, "dispatcher": False,
    }  # fmt: skip


# --- Steps ----------------------------------------------------------------------------------------


def test_one_tap_from_today_and_back(client, cast):
    power = called(blown(cast, kind=WhistleKind.TOUGH), cast.power)
    client.force_login(cast.specialist)
    for _tap in range(2):
        answer = client.post(address("summons_acknowledge", power.pk), {"back": "today"})
        assert answer["Location"] == reverse("today")
    power.refresh_from_db()
    assert power.status == SummonsStatus.ACKNOWLEDGED


def test_the_meeting_ends_with_a_promise(secretary, cast):
    whistle = blown(cast)
    day = (timezone.localdate() + timedelta(days=5)).isoformat()
    half = {"minutes": "查明原因", "text": "换电缆", "lead": "", "due_on": day}
    page = secretary.post(address("resolve", whistle.number), half)
    assert list(page.context["form"].errors) == ["lead"]
    secretary.post(address("resolve", whistle.number), half | {"lead": cast.power.pk})
    promise = Commitment.objects.get()
    page = secretary.get(address("detail", whistle.number)).content.decode()
    assert promise.ticket.reference in page.replace(" ", "")


def test_a_day_that_has_passed_is_refused_beside_its_field(secretary, cast):
    whistle = blown(cast)
    said = {"text": "换电缆", "lead": cast.power.pk, "due_on": "2020-01-01"}
    page = secretary.post(address("commit", whistle.number), said)
    assert list(page.context["form"].errors) == ["due_on"]
    assert "换电缆" in page.content.decode()


def test_points_from_both_sides(client, cast):
    whistle = settled(cast)
    power = called(whistle, cast.power)
    for user in (cast.secretary, cast.specialist):
        client.force_login(user)
        client.post(address("summons_score", power.pk), {"score": 4, "words": "好"})
    power.refresh_from_db()
    assert (power.score_by_community, power.score_by_organisation) == (4, 4)


def test_a_called_department_reads_the_whistle_and_not_the_matter(client, cast):
    whistle = blown(cast, organisations=[cast.power], kind=WhistleKind.TOUGH)
    client.force_login(cast.specialist)
    page = client.get(address("detail", whistle.number)).content.decode()
    assert reverse("tickets:detail", args=[whistle.ticket.reference]) not in page


def test_a_draft_is_not_heard_by_the_department(client, cast):
    whistle = draft(cast, organisations=[cast.power])
    client.force_login(cast.specialist)
    assert client.get(address("detail", whistle.number)).status_code == 404


# --- Lists and counts -----------------------------------------------------------------------------


def test_filters_stand_in_the_address(secretary, cast):
    kept, _other = blown(cast), draft(cast, kind=WhistleKind.TOUGH)
    for query in ({"state": "blown"}, {"kind": "emergency"}, {"state": "called"}):
        page = secretary.get(address("list"), query)
        assert [row.whistle for row in page.context["rows"]] == [kept]
    page = secretary.get(address("list"), {"state": "nonsense"})
    assert page.context["rows"] == []


def test_the_rate_counts_what_its_links_open(secretary, cast):
    blown(cast)
    make_matter(cast)
    page = secretary.get(address("rate"))
    row = next(row for row in page.context["rows"] if row.place.id == cast.community.pk)
    assert (row.whistles, row.matters, row.per_hundred) == (1, 2, 50.0)
    month = str(page.context["month"])
    query = {"state": "called", "place": row.place.code, "month": month}
    assert len(secretary.get(address("list"), query).context["rows"]) == row.whistles
    matters = secretary.get(address("rate_matters", row.place.code, month))
    assert len(matters.context["rows"]) == row.matters


def test_a_month_without_matters_has_no_rate(secretary, cast):
    page = secretary.get(address("rate"), {"month": "2020-01"})
    assert {row.per_hundred for row in page.context["rows"]} == {None}


def queries_of(client, where):
    """Return how many queries a page asks once the names of places are in memory."""
    client.get(where)
    with CaptureQueriesContext(connection) as asked:
        client.get(where)
    return len(asked)


@pytest.mark.parametrize("name, most", [("list", 8), ("rate", 6)])
def test_lists_ask_as_often_at_three_rows_as_at_one(secretary, cast, name, most):
    blown(cast)
    at_one = queries_of(secretary, address(name))
    blown(cast)
    blown(cast)
    assert queries_of(secretary, address(name)) == at_one
    assert at_one <= most


def test_the_page_asks_as_often_for_three_departments_as_for_one(secretary, cast):
    one = blown(cast, organisations=[cast.power])
    three = blown(cast, organisations=[cast.power, cast.housing, cast.property])
    asked = [queries_of(secretary, address("detail", each.number)) for each in (one, three)]
    assert asked[0] == asked[1] <= 14


# --- Today ----------------------------------------------------------------------------------------


def kinds(user):
    return [(todo.kind, str(todo.action)) for todo in todos(user, timezone.now())]


def test_what_stands_on_whose_list(cast):
    worker_draft = draft(cast, by=cast.worker)
    assert kinds(cast.secretary) == [("whistle", "吹哨")]
    assert kinds(cast.worker) == []
    whistles.withdraw(worker_draft, by=cast.worker)
    whistle = blown(cast, kind=WhistleKind.TOUGH)
    assert kinds(cast.specialist) == [("summons", "我就来")]
    assert kinds(cast.leader) == []
    summonses.acknowledge(called(whistle, cast.power), by=cast.specialist)
    assert kinds(cast.specialist) == [("summons", "我到了")]


def test_the_leader_sees_what_is_late_in_the_house(cast):
    whistle = blown(cast, kind=WhistleKind.TOUGH)
    at = called(whistle, cast.power).answer_by + timedelta(seconds=1)
    assert [todo.is_late for todo in todos(cast.leader, at)] == [True]


def test_points_are_asked_of_both_sides(cast):
    whistle = settled(cast)
    assert [kind for kind, _action in kinds(cast.secretary)] == ["whistle"]
    assert [kind for kind, _action in kinds(cast.specialist)] == ["whistle"]
    for organisation in (cast.power, cast.housing):
        summonses.score(called(whistle, organisation), by=cast.secretary, score=3)
    assert kinds(cast.secretary) == []
