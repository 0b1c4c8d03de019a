"""The fund's pages: typed amounts, two pairs of eyes, nothing lost, figures for everybody."""

from datetime import timedelta

import pytest
from django.urls import reverse

from receptions.choices import RequestStatus
from receptions.models import Fund, FundRequest
from receptions.tests.factories_fund import YEAR, make_fund, make_request
from receptions.views.fund_today import todos
from receptions.workflow import fund as workflow
from receptions.workflow.moves import now
from tickets.tests.factories import make_category, make_ticket

pytestmark = pytest.mark.django_db
R = RequestStatus
ROOF = "3号楼屋顶漏雨，先行垫付维修"


@pytest.fixture
def fund(cast):
    return make_fund(cast)


def as_(client, user):
    client.force_login(user)
    return client


def typed(fund):
    said = {"key": "tap-one-1", "fund": fund.pk, "amount": "2000", "purpose": ROOF}
    return said | {"repaid_from": "住宅专项维修资金", "ticket": ""}


def ask(client, cast, asked, **changes):
    return as_(client, cast.secretary).post(reverse("fund:ask"), typed(asked) | changes)


def take(client, user, row, verb, **said):
    said = {f"{verb}-{name}": value for name, value in said.items()}
    return as_(client, user).post(reverse("fund:step", args=[row.pk, verb]), said)


# --- asking


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("2000", 200_000),
        ("２０００", 200_000),
        ("２，０００．５", 200_050),
        (" 2 000 元", 200_000),
        ("¥2,000.50", 200_050),
        ("0.01", 1),
        ("100000", 10_000_000),
    ],
)
def test_amounts_are_read_in_every_habit_of_writing(cast, client, fund, amount, fen):
    assert ask(client, cast, fund, amount=amount).status_code == 302
    assert FundRequest.objects.get().amount_fen == fen


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "0",
        "0.00",
        "-5",
        "－５",
        "1.999",
        "两千",
        "2e3",
        "1,00",
        "100000.01",
        "9" * 30,
        "1.2.3",
        "\x00",
        "Infinity",
    ],
)
def test_other_amounts_come_back_with_a_sentence_and_the_words(cast, client, fund, amount):
    answer = ask(client, cast, fund, amount=amount)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["amount"]
    assert ROOF in answer.content.decode()
    assert not FundRequest.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"purpose": "修屋顶，电话13812345678"}, "purpose"),
        ({"purpose": "长" * 201}, "purpose"),
        ({"ticket": "HT-NOTHING"}, "ticket"),
        ({"fund": "999"}, "fund"),
        ({"key": ""}, "key"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(cast, client, fund, changes, field):
    answer = ask(client, cast, fund, **changes)
    assert list(answer.context["form"].errors) == [field]
    assert not FundRequest.objects.exists()


def test_a_second_tap_finds_the_first_request(cast, client, fund):
    first, second = (ask(client, cast, fund) for _ in range(2))
    assert first["Location"] == second["Location"]
    other = ask(client, cast, fund, amount="3000")
    assert other.status_code == 200
    assert other.context["form"]["key"].value() != "tap-one-1"
    assert FundRequest.objects.count() == 1


def test_a_matter_within_reach_stands_with_the_request(cast, client, fund):
    ticket = make_ticket(cast.subarea, make_category())
    page = as_(client, cast.secretary).get(reverse("fund:ask"), {"ticket": ticket.reference})
    assert page.context["form"]["ticket"].value() == ticket.reference
    ask(client, cast, fund, ticket=ticket.reference.lower())
    row = FundRequest.objects.get()
    assert row.ticket == ticket
    assert ticket.title in client.get(reverse("fund:detail", args=[row.pk])).content.decode()
    other = make_ticket(cast.neighbour_subarea, make_category())
    assert (
        "ticket"
        in ask(client, cast, fund, key="tap-two-2", ticket=other.reference).context["form"].errors
    )


def test_without_an_open_fund_there_is_nothing_to_ask(cast, client):
    assert as_(client, cast.secretary).get(reverse("fund:ask")).status_code == 404


# --- a request and its steps


def test_from_asking_to_the_last_yuan(cast, client, fund):
    row = make_request(cast, fund=fund)
    assert take(client, cast.street_secretary, row, "advance", note="情况属实").status_code == 302
    answer = take(client, cast.secretary, row, "repay", amount="５００", key="tap-one-1", note="")
    assert answer.status_code == 302
    take(client, cast.secretary, row, "repay", amount="500", key="tap-one-1", note="")
    row.refresh_from_db()
    assert (row.status, row.repaid_fen) == (R.ADVANCED, 50_000)
    take(client, cast.secretary, row, "repay", amount="1500", key="tap-two-2", note="")
    entry = workflow.entries_of(row).last()
    take(client, cast.street_secretary, row, "correct", entry=entry.pk, note="钱没有到账")
    row.refresh_from_db()
    assert (row.status, row.repaid_fen) == (R.ADVANCED, 50_000)
    shown = client.get(reverse("fund:detail", args=[row.pk])).content.decode()
    for words in ("−2,000", "+500", "钱没有到账", "情况属实"):
        assert words in shown


@pytest.mark.parametrize(
    ("verb", "said", "status"),
    [
        ("repay", {"amount": "abc", "key": "tap-one-1", "note": "一句话"}, 200),
        ("repay", {"amount": "2000.01", "key": "tap-one-1", "note": "一句话"}, 200),
        ("repay", {"amount": "0", "key": "tap-one-1", "note": "一句话"}, 200),
        ("correct", {"entry": "999", "note": "一句话"}, 200),
        ("correct", {"entry": "", "note": "一句话"}, 200),
        ("advance", {"note": "一句话"}, 302),
        ("refuse", {"note": "一句话"}, 409),
        ("sing", {}, 404),
    ],
)
def test_bad_input_keeps_the_words(cast, client, fund, verb, said, status):
    row = make_request(cast, fund=fund, upto=R.ADVANCED)
    answer = take(client, cast.street_secretary, row, verb, **said)
    assert answer.status_code == status
    if status in (200, 409):
        assert "一句话" in answer.content.decode()
    row.refresh_from_db()
    assert (row.status, row.repaid_fen) == (R.ADVANCED, 0)


def test_a_refusal_needs_its_ground(cast, client, fund):
    row = make_request(cast, fund=fund)
    answer = take(client, cast.street_secretary, row, "refuse", note=" ")
    assert list(answer.context["form"].errors) == ["note"]
    assert take(client, cast.street_secretary, row, "refuse", note="另有资金").status_code == 302


def test_beyond_the_fund_is_a_sentence_and_the_note_stays(cast, client):
    fund = make_fund(cast, limit_yuan=3_000)
    one, two = (make_request(cast, fund=fund) for _ in range(2))
    workflow.advance(one, by=cast.street_secretary)
    answer = take(client, cast.street_secretary, two, "advance", note="请先垫付")
    assert answer.status_code == 409
    assert "1,000" in answer.context["notice"]
    assert "请先垫付" in answer.content.decode()
    two.refresh_from_db()
    assert two.status == R.REQUESTED


@pytest.mark.parametrize(("name", "status"), [("secretary", 403), ("neighbour_secretary", 404)])
def test_whoever_asked_does_not_decide(cast, client, fund, name, status):
    row = make_request(cast, fund=fund)
    answer = take(client, getattr(cast, name), row, "advance", note="我自己批")
    assert answer.status_code == status
    row.refresh_from_db()
    assert row.status == R.REQUESTED


def test_the_words_of_a_lost_step_are_shown(cast, client, fund):
    row = make_request(cast, fund=fund, upto=R.WITHDRAWN)
    answer = take(client, cast.street_secretary, row, "advance", note="晚了一步")
    assert (answer.status_code, answer.context["is_lost"]) == (409, True)
    assert "晚了一步" in answer.content.decode()


# --- the list, opening and publishing


def test_the_list_shows_what_is_within_reach(cast, client, fund):
    row = make_request(cast, fund=fund)
    neighbour = make_fund(cast, grid=cast.neighbour)
    for name, funds in (
        ("secretary", [fund]),
        ("street_secretary", [fund, neighbour]),
        ("supervisor", [fund, neighbour]),
        ("neighbour_secretary", [neighbour]),
    ):
        context = as_(client, getattr(cast, name)).get(reverse("fund:home")).context
        assert [each.fund for each in context["figures"]] == funds
        assert list(context["requests"]) == ([row] if fund in funds else [])


@pytest.mark.parametrize("year", ["x", "20267", "２０２６", "-1", ""])
def test_a_year_that_makes_no_sense_is_this_one(cast, client, fund, year):
    answer = as_(client, cast.secretary).get(reverse("fund:home"), {"year": year})
    assert answer.context["year"] == YEAR


def test_the_street_opens_and_publishes_the_year(cast, client):
    as_(client, cast.street_secretary)
    assert client.get(reverse("fund:published", args=[YEAR])).status_code == 404
    client.post(reverse("fund:open"))
    assert set(Fund.objects.values_list("grid", flat=True)) == {
        cast.community.pk,
        cast.neighbour.pk,
    }
    client.post(reverse("fund:publish", args=[YEAR]))
    assert Fund.objects.published().count() == 2
    client.post(reverse("fund:publish", args=[YEAR]))
    assert client.get(reverse("fund:published", args=[YEAR])).status_code == 200


def test_the_community_opens_and_publishes_nothing(cast, client, fund):
    as_(client, cast.secretary)
    client.post(reverse("fund:open"))
    client.post(reverse("fund:publish", args=[YEAR]))
    assert (Fund.objects.count(), Fund.objects.published().count()) == (1, 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_and_request_take_few_queries(cast, client, fund, rows, django_assert_max_num_queries):
    for _number in range(rows):
        row = make_request(cast, fund=fund, upto=R.ADVANCED)
        make_request(cast, fund=fund)
    as_(client, cast.street_secretary).get(reverse("fund:home"))
    with django_assert_max_num_queries(9):
        client.get(reverse("fund:home"))
    with django_assert_max_num_queries(7):
        client.get(reverse("fund:detail", args=[row.pk]))


# --- for everybody


@pytest.fixture
def published(cast, fund):
    make_request(cast, fund=fund, upto=R.REPAID)
    make_request(cast, fund=fund, yuan=500, purpose="=1+1 路灯更换", upto=R.ADVANCED)
    make_request(cast, fund=fund, purpose="还没有批的事")
    make_request(cast, fund=fund, purpose="没有批准的事", upto=R.REFUSED)
    return workflow.publish(fund, by=cast.street_secretary)


def test_everybody_reads_sums_and_purposes_without_names(cast, client, published):
    shown = client.get(reverse("fund:published", args=[YEAR])).content.decode()
    for words in (ROOF, "路灯更换", "2,500", "2,000", "500"):
        assert words in shown
    for hidden in ("还没有批的事", "没有批准的事", cast.secretary.shown_phone, "street_secretary"):
        assert hidden not in shown


def test_the_table_is_safe_for_spreadsheets(client, published):
    answer = client.get(reverse("fund:published_csv", args=[YEAR]))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].endswith(f"{ROOF},2000.00,2000.00,0.00")
    assert lines[2].endswith("'=1+1 路灯更换,500.00,0.00,500.00")


@pytest.mark.parametrize("name", ["fund:published", "fund:published_csv"])
def test_a_year_without_publication_is_not_found(client, fund, name):
    assert client.get(reverse(name, args=[YEAR])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_public_page_takes_few_queries(cast, client, fund, rows, django_assert_max_num_queries):
    for _number in range(rows):
        make_request(cast, fund=fund, upto=R.ADVANCED)
    workflow.publish(fund, by=cast.street_secretary)
    with django_assert_max_num_queries(3):
        client.get(reverse("fund:published", args=[YEAR]))


# --- today's list


def test_requests_wait_for_who_decides(cast, fund):
    row = make_request(cast, fund=fund)
    [line] = todos(cast.street_secretary, now())
    assert (line.title, line.address) == (ROOF, reverse("fund:detail", args=[row.pk]))
    for name in ("secretary", "district_secretary", "worker", "neighbour_secretary"):
        assert todos(getattr(cast, name), now() + timedelta(minutes=1)) == []
    workflow.advance(row, by=cast.street_secretary)
    assert todos(cast.street_secretary, now()) == []


# --- for other programs


def test_figures_are_public_and_requests_are_for_staff(cast, client, published):
    [figures] = client.get(reverse("receptions_api:fund_figures", args=[YEAR])).json()["results"]
    assert (figures["granted_fen"], figures["repaid_fen"]) == (250_000, 200_000)
    assert [each["purpose"] for each in figures["uses"]] == [ROOF, "=1+1 路灯更换"]
    assert client.get(reverse("receptions_api:fund_figures", args=[1999])).status_code == 404
    address = reverse("receptions_api:fund_requests")
    assert client.get(address).status_code == 401
    assert len(as_(client, cast.secretary).get(address).json()["results"]) == 4
    assert as_(client, cast.worker).get(address).json()["results"] == []


def test_duty_is_told_to_staff(cast, client):
    address = reverse("receptions_api:duty")
    assert client.get(address).status_code == 401
    assert as_(client, cast.outsider).get(address).status_code == 403
    [row] = as_(client, cast.worker).get(address).json()["results"]
    assert row == {"organisation": "power", "person": None, "is_substitute": False}
