"""The fund: every status with every verb, two pairs of eyes, and money that always adds up."""

from contextlib import suppress
from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Leave
from accounts.tests.factories import make_posting, make_user
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from common.models import LedgerEntry
from common.tests.factories import run_rivals
from notices.models import Notice
from receptions.choices import EventVerb, RequestStatus
from receptions.models import Fund, FundRequest
from receptions.tests.factories_fund import YEAR, make_fund, make_request
from receptions.workflow import fund as workflow
from receptions.workflow.fund import FUND_MOVES, yuan
from receptions.workflow.moves import available, now

pytestmark = pytest.mark.django_db
ROOF = 200_000


def money(row):
    """Return (left, balance of the account, owed by the request) after checking that they agree."""
    fund = Fund.objects.get(pk=row.fund_id)
    assert LedgerEntry.objects.balance(fund.account) == fund.left
    return fund.left, FundRequest.objects.get(pk=row.pk).outstanding_fen


def verbs_of(row):
    return list(row.events.values_list("verb", flat=True))


# --- the year


def test_a_fund_is_opened_once_with_its_sum_in_the_book(cast):
    fund = workflow.open_fund(cast.community, YEAR, by=cast.street_secretary)
    assert workflow.open_fund(cast.community, YEAR, by=cast.supervisor) == fund
    assert (fund.limit, fund.left) == (10_000_000, 10_000_000)
    assert LedgerEntry.objects.balance(fund.account) == 10_000_000


@pytest.mark.parametrize("name", ["secretary", "dispatcher", "worker", "outsider", "specialist"])
def test_others_do_not_open_or_publish_it(cast, name):
    with pytest.raises(NotAllowed):
        workflow.open_fund(cast.community, YEAR, by=getattr(cast, name))
    with pytest.raises(NotAllowed):
        workflow.publish(make_fund(cast), by=getattr(cast, name))


def test_only_a_community_has_one(cast):
    for grid in (cast.street, cast.village):
        with pytest.raises(RuleViolation):
            workflow.open_fund(grid, YEAR)


def test_publishing_happens_once(cast):
    fund = workflow.publish(make_fund(cast), by=cast.street_secretary)
    assert list(Fund.objects.published()) == [fund]
    with pytest.raises(AlreadyDone):
        workflow.publish(fund, by=cast.supervisor)


# --- asking


def test_the_roof_of_building_three(cast):
    """The model story: 2,000 yuan until the maintenance fund has paid (domain notes §2.2)."""
    row = make_request(cast, repaid_from="住宅专项维修资金")
    assert (row.status, money(row)) == (RequestStatus.REQUESTED, (10_000_000, 0))
    row = workflow.advance(row, by=cast.street_secretary, note="情况属实")
    assert (row.status, row.decided_by) == (RequestStatus.ADVANCED, cast.street_secretary)
    assert money(row) == (10_000_000 - ROOF, ROOF)
    row = workflow.repay(row, by=cast.secretary, amount_fen=50_000, key="one")
    assert (row.status, money(row)) == (RequestStatus.ADVANCED, (10_000_000 - 150_000, 150_000))
    row = workflow.repay(row, by=cast.secretary, amount_fen=150_000, key="two")
    assert (row.status, money(row)) == (RequestStatus.REPAID, (10_000_000, 0))
    assert verbs_of(row) == ["request", "advance", "repay", "repay"]
    booked = list(workflow.entries_of(row).values_list("amount_fen", "cause"))
    assert booked == [(-ROOF, "advance"), (50_000, "repayment"), (150_000, "repayment")]


@pytest.mark.parametrize(
    "name", ["street_secretary", "neighbour_secretary", "worker", "specialist"]
)
def test_only_the_community_s_secretary_asks(cast, name):
    with pytest.raises(NotAllowed):
        workflow.request(make_fund(cast), by=getattr(cast, name), amount_fen=ROOF, purpose="修屋顶")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_fen": 0}, "amount"),
        ({"amount_fen": -1}, "amount"),
        ({"amount_fen": 10_000_001}, "amount"),
        ({"purpose": " "}, "purpose"),
        ({"purpose": "修屋顶，找王师傅13812345678"}, "purpose"),
        ({"purpose": "长" * 201}, None),
    ],
)
def test_what_cannot_be_asked(cast, changes, field):
    said = {"amount_fen": ROOF, "purpose": "修屋顶"} | changes
    with pytest.raises(RuleViolation) as refusal:
        workflow.request(make_fund(cast), by=cast.secretary, **said)
    assert refusal.value.field == field
    assert not FundRequest.objects.exists()


def test_the_fund_of_another_year_is_not_asked(cast):
    with pytest.raises(RuleViolation) as refusal:
        make_request(cast, fund=make_fund(cast, year=YEAR - 1))
    assert refusal.value.code == "year"


def test_the_nearest_secretary_is_asked_and_the_answer_goes_back(cast):
    row = make_request(cast)
    asked = Notice.objects.filter(kind="fund")
    assert [each.recipient for each in asked] == [cast.street_secretary]
    workflow.advance(row, by=cast.street_secretary)
    assert asked.filter(recipient=cast.secretary).count() == 1


def test_who_asked_as_a_stand_in_is_not_asked_to_decide(cast):
    for posting in cast.street_secretary.postings.all():
        today = now().date()
        Leave.objects.create(
            posting=posting,
            first_day=today - timedelta(days=1),
            last_day=today + timedelta(days=1),
            substitute=cast.secretary,
        )
    row = make_request(cast)
    assert workflow.deciders(row, now()) == [cast.district_secretary]
    with pytest.raises(NotAllowed):
        workflow.advance(row, by=cast.secretary)


# --- two pairs of eyes

DECIDERS = {"street_secretary", "district_secretary", "supervisor"}


def test_who_decides(cast):
    row = make_request(cast)
    everybody = cast.people | cast.neighbours | {"admin": cast.admin, "outsider": cast.outsider}
    may = {
        n for n, who in everybody.items() if EventVerb.ADVANCE in available(row, who, FUND_MOVES)
    }
    assert may == DECIDERS
    colleague = make_user()
    make_posting(colleague, "community_secretary", grid=cast.community)
    assert EventVerb.ADVANCE in available(row, colleague, FUND_MOVES)


def test_the_database_wants_two_people(cast):
    row = make_request(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        FundRequest.objects.filter(pk=row.pk).update(decided_by=cast.secretary)


# --- every status with every verb

DO = {
    EventVerb.ADVANCE: lambda row, cast: workflow.advance(row, by=cast.street_secretary),
    EventVerb.REFUSE: lambda row, cast: workflow.refuse(
        row, by=cast.street_secretary, note="不合规定"
    ),
    EventVerb.WITHDRAW: lambda row, cast: workflow.withdraw(row, by=cast.secretary),
    EventVerb.REPAY: lambda row, cast: workflow.repay(
        row, by=cast.secretary, amount_fen=ROOF, key="product"
    ),
    EventVerb.CORRECT: lambda row, cast: workflow.correct(
        row,
        entry=workflow.entries_of(row).last() or LedgerEntry.objects.first(),
        by=cast.street_secretary,
        note="记错了",
    ),
}
R = RequestStatus
# (status, verb) -> status after it; every other pair is refused and changes nothing.
ALLOWED = {
    (R.REQUESTED, EventVerb.ADVANCE): R.ADVANCED,
    (R.REQUESTED, EventVerb.REFUSE): R.REFUSED,
    (R.REQUESTED, EventVerb.WITHDRAW): R.WITHDRAWN,
    (R.ADVANCED, EventVerb.REPAY): R.REPAID,
    (R.ADVANCED, EventVerb.CORRECT): R.WITHDRAWN,
    (R.REPAID, EventVerb.CORRECT): R.ADVANCED,
}


@pytest.mark.parametrize(("status", "verb"), list(product(RequestStatus, DO)))
def test_every_status_with_every_verb(cast, status, verb):
    row = make_request(cast, upto=status)
    assert row.status == status
    before, history = money(row), verbs_of(row)
    to = ALLOWED.get((status, verb))
    if to is None:
        with pytest.raises(RuleViolation):
            DO[verb](row, cast)
        assert money(row) == before
        assert verbs_of(row) == history
        assert FundRequest.objects.get().status == status
        return
    done = DO[verb](row, cast)
    assert done.status == to
    assert verbs_of(row) == [*history, verb]
    money(row)


def test_a_verb_done_twice_is_news(cast):
    for status, verb in [(R.ADVANCED, EventVerb.ADVANCE), (R.REFUSED, EventVerb.REFUSE)]:
        row = make_request(cast, upto=status)
        with pytest.raises(AlreadyDone):
            DO[verb](row, cast)


# --- beyond the fund, back and mistakes


def test_an_advance_beyond_the_fund_is_a_sentence_and_nothing_is_lost(cast):
    fund = make_fund(cast, limit_yuan=3_000)
    one, two = (make_request(cast, fund=fund) for _ in range(2))
    workflow.advance(one, by=cast.street_secretary)
    with pytest.raises(RuleViolation) as refusal:
        workflow.advance(two, by=cast.street_secretary)
    assert refusal.value.code == "beyond"
    assert "1,000" in str(refusal.value)
    assert (FundRequest.objects.get(pk=two.pk).status, money(two)) == (R.REQUESTED, (100_000, 0))
    workflow.repay(one, by=cast.secretary, amount_fen=ROOF, key="all")
    assert workflow.advance(two, by=cast.street_secretary).status == R.ADVANCED


def test_the_same_repayment_twice_counts_once(cast):
    row = make_request(cast, upto=R.ADVANCED)
    for amount in (50_000, 50_000, 150_000):
        with suppress(AlreadyDone):
            workflow.repay(row, by=cast.secretary, amount_fen=amount, key="tap")
    assert money(row)[1] == 150_000
    workflow.repay(row, by=cast.secretary, amount_fen=150_000, key="rest")
    with pytest.raises(AlreadyDone):
        workflow.repay(row, by=cast.secretary, amount_fen=150_000, key="rest")


@pytest.mark.parametrize(("amount", "code"), [(0, "rule"), (-5, "rule"), (ROOF + 1, "beyond")])
def test_what_cannot_be_paid_back(cast, amount, code):
    row = make_request(cast, upto=R.ADVANCED)
    with pytest.raises(RuleViolation) as refusal:
        workflow.repay(row, by=cast.secretary, amount_fen=amount, key="x")
    assert (refusal.value.field, refusal.value.code) == ("amount", code)
    assert money(row)[1] == ROOF


def test_a_mistaken_repayment_is_taken_back_by_its_opposite(cast):
    row = make_request(cast, upto=R.REPAID)
    entry = workflow.entries_of(row).last()
    row = workflow.correct(row, entry=entry, by=cast.street_secretary, note="钱没有到账")
    assert (row.status, money(row)) == (R.ADVANCED, (10_000_000 - ROOF, ROOF))
    assert [each.amount_fen for each in workflow.entries_of(row)] == [-ROOF, ROOF, -ROOF]
    with pytest.raises(AlreadyDone):
        workflow.correct(row, entry=entry, by=cast.street_secretary, note="再来一次")


def test_an_advance_with_repayments_is_not_taken_back(cast):
    row = make_request(cast, upto=R.ADVANCED)
    workflow.repay(row, by=cast.secretary, amount_fen=1, key="one")
    first = workflow.entries_of(row).first()
    with pytest.raises(RuleViolation) as refusal:
        workflow.correct(row, entry=first, by=cast.street_secretary, note="没有付出去")
    assert refusal.value.code == "repaid"
    assert money(row)[1] == ROOF - 1


def test_a_correction_that_the_fund_cannot_carry_waits(cast):
    fund = make_fund(cast, limit_yuan=2_000)
    row = make_request(cast, fund=fund, upto=R.REPAID)
    make_request(cast, fund=fund, upto=R.ADVANCED)
    entry = workflow.entries_of(row).last()
    with pytest.raises(RuleViolation) as refusal:
        workflow.correct(row, entry=entry, by=cast.street_secretary, note="钱没有到账")
    assert refusal.value.code == "beyond"
    assert FundRequest.objects.get(pk=row.pk).status == R.REPAID


def test_another_request_s_booking_is_not_corrected_here(cast):
    one, two = (make_request(cast, upto=R.ADVANCED) for _ in range(2))
    with pytest.raises(RuleViolation):
        workflow.correct(
            one, entry=workflow.entries_of(two).get(), by=cast.street_secretary, note="错"
        )


@pytest.mark.parametrize("verb", ["refuse", "correct"])
def test_a_ground_is_needed(cast, verb):
    row = make_request(cast, upto=R.REQUESTED if verb == "refuse" else R.ADVANCED)
    more = {"entry": workflow.entries_of(row).last()} if verb == "correct" else {}
    with pytest.raises(RuleViolation) as refusal:
        getattr(workflow, verb)(row, by=cast.street_secretary, note=" ", **more)
    assert refusal.value.field == "note"


@given(
    st.lists(
        st.tuples(st.sampled_from(["ask", "repay", "correct"]), st.integers(1, 60)), max_size=12
    )
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_money_adds_up_whatever_is_done(cast, steps):
    """A fund of 100 yuan: its balance is what is left, and what is out is what requests owe."""
    with transaction.atomic():
        fund, rows = make_fund(cast, limit_yuan=100), []
        for number, (verb, count) in enumerate(steps):
            try:
                if verb == "ask":
                    row = make_request(cast, fund=fund, yuan=count)
                    rows.append(workflow.advance(row, by=cast.street_secretary))
                elif rows and verb == "repay":
                    row = rows[count % len(rows)]
                    workflow.repay(row, by=cast.secretary, amount_fen=count * 100, key=str(number))
                elif rows:
                    row = rows[count % len(rows)]
                    entry = workflow.entries_of(row).order_by("-pk").first()
                    workflow.correct(row, entry=entry, by=cast.street_secretary, note="错")
            except RuleViolation:
                pass
            fund.refresh_from_db()
            owed = sum(each.outstanding_fen for each in fund.requests.all())
            assert fund.taken == owed
            assert LedgerEntry.objects.balance(fund.account) == fund.left
        transaction.set_rollback(True)


# --- rivals


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_decisions_on_one_request_are_one_advance(cast):
    row = make_request(cast)
    outcomes = run_rivals(lambda i: workflow.advance(row, by=cast.street_secretary), 20)
    assert sorted(type(each).__name__ for each in outcomes) == ["AlreadyDone"] * 19 + [
        "FundRequest"
    ]
    assert money(row) == (10_000_000 - ROOF, ROOF)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_requests_share_a_fund_for_five(cast):
    fund = make_fund(cast, limit_yuan=10_000)
    rows = [make_request(cast, fund=fund) for _ in range(20)]
    outcomes = run_rivals(lambda i: workflow.advance(rows[i], by=cast.street_secretary), 20)
    assert sum(isinstance(each, FundRequest) for each in outcomes) == 5
    assert {each.code for each in outcomes if isinstance(each, Exception)} == {"beyond"}
    assert money(rows[0])[0] == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_taps_on_one_repayment_count_once(cast):
    row = make_request(cast, upto=R.ADVANCED)
    outcomes = run_rivals(
        lambda i: workflow.repay(row, by=cast.secretary, amount_fen=ROOF, key="tap"), 20
    )
    assert sum(isinstance(each, FundRequest) for each in outcomes) == 1
    assert money(row) == (10_000_000, 0)


def test_yuan_is_written_without_needless_zeros():
    assert [yuan(each) for each in (0, 1, 200_000, 199_950)] == ["0", "0.01", "2,000", "1,999.50"]
