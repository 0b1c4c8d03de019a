"""Many at once: nothing twice, nothing lost, and the slower one reads a sentence.

One barrier releases the rivals of a race over at most 40 connections. Everything runs on SQLite (a
file, one writer at a time) and on PostgreSQL, where rows are locked; races that only row locks can
lose carry the mark. Each docstring says what was taken out of the code to see the test fail.
"""

from collections import Counter
from copy import deepcopy
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from accounts.tests.factories import make_posting, make_user
from common.errors import AlreadyDone, RuleViolation
from common.tests.factories import run_rivals
from common.workflow import once
from notices.models import Notice
from tickets import workflow
from tickets.choices import LATE, ClockState, Outcome, PersonKind, Status, Verb
from tickets.drafts import Draft
from tickets.models import Clock, Escalation, Person, Ticket, TicketEvent, Told
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
from tickets.tests.residents import say_all
from tickets.tests.test_replay import replayed, rows_of, stored
from tickets.workflow import RESIDENT

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 40
PAIRS = CONNECTIONS // 2
PHONE = "+8610000001234"


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def colleague(cast):
    """A second specialist of the power company, who may do all that the holder may."""
    user = make_user("colleague")
    make_posting(user, Role.SPECIALIST, organisation=cast.power)
    return user


def told_apart(outcomes):
    """Count results as "done" and refusals by their class; any other error is raised again."""
    for each in outcomes:
        if isinstance(each, Exception) and not isinstance(each, RuleViolation):
            raise each
    return Counter(type(o) if isinstance(o, Exception) else "done" for o in outcomes)


def assert_whole(tickets):
    """Every ticket's rows are what its events tell, and the events are numbered without a gap."""
    for ticket in Ticket.objects.filter(pk__in=[each.pk for each in tickets]):
        numbers = list(ticket.events.in_order().values_list("number", flat=True))
        assert numbers == list(range(1, ticket.event_count + 1))
        assert stored(ticket) == rows_of(replayed(ticket))


def count_of(verb):
    return TicketEvent.objects.filter(verb=verb).count()


def acknowledged(ticket):
    return workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))


def resolved(ticket):
    ticket = acknowledged(ticket)
    return workflow.resolve(ticket, by=ticket.holder, note="电缆换好了", at=later(ticket))


def many(grid, category, number, *, at=None, upto=None):
    """File that many tickets and carry each `upto` the state that this function leads to."""
    tickets = [make_receipt(grid, category, at=at).ticket for _ in range(number)]
    return [upto(each) for each in tickets] if upto else tickets


# --- filing


def test_fifty_filings_at_once_are_fifty_tickets(cast, power_cut):
    """No two filings share a row.

    Tried with references drawn from a hundred numbers and no second draw: IntegrityError.
    """

    def file(i):
        return [make_receipt(cast.subarea, power_cut) for _ in range(i, 50, CONNECTIONS)]

    outcomes = run_rivals(file, CONNECTIONS)
    assert told_apart(outcomes) == {"done": CONNECTIONS}
    receipts = [each for some in outcomes for each in some]
    assert len({each.ticket.reference for each in receipts}) == Ticket.objects.count() == 50
    assert len({each.tracking_code for each in receipts}) == 50
    assert (Clock.objects.count(), TicketEvent.objects.count()) == (50, 150)
    assert Notice.objects.filter(kind="handed_over").count() == 50
    assert_whole([each.ticket for each in receipts])


def test_one_draft_sent_by_twenty_taps_is_one_ticket(cast, power_cut):
    """All taps get the one reference and the one code.

    Tried without the unique key of IdempotencyRecord: twenty tickets.
    """

    def produce():
        receipt = make_receipt(cast.subarea, power_cut)
        return 201, {"reference": receipt.ticket.reference, "code": receipt.tracking_code}

    outcomes = run_rivals(lambda i: once("tickets.report", "draft-0001", "", produce), 20)
    assert told_apart(outcomes) == {"done": 20}
    assert sorted(each.is_repeat for each in outcomes) == [False] + [True] * 19
    reference = Ticket.objects.get().reference
    assert {each.data["reference"] for each in outcomes} == {reference}
    assert len({each.data["code"] for each in outcomes}) == 1


def test_one_draft_sent_from_four_windows_leads_to_one_receipt(client, cast, power_cut):
    """A nervous finger on the last page: every tap leads to the same receipt, no draft is left.

    Tried without the unique key of IdempotencyRecord on PostgreSQL: several tickets.
    """
    data = say_all(client, cast) | {"category": power_cut.code}

    def tap(i):
        return same_browser(client).post(reverse("tickets:report_check"), data)

    outcomes = run_rivals(tap, 4)
    assert told_apart(outcomes) == {"done": 4}
    receipt = reverse("tickets:receipt", args=[Ticket.objects.get().reference])
    assert [each.headers.get("Location") for each in outcomes] == [receipt] * 4
    assert client.get(receipt).status_code == 200
    assert Draft.of(client.session).is_new


def test_fifty_filings_by_json_at_once_are_fifty_tickets(cast, power_cut):
    """From fifty addresses, without a key; nobody meets an error page."""

    def send(i):
        return [
            Client(REMOTE_ADDR=f"10.0.{number}.1").post(
                reverse("api:tickets"), matter(cast, power_cut), content_type="application/json"
            )
            for number in range(i, 50, CONNECTIONS)
        ]

    outcomes = run_rivals(send, CONNECTIONS)
    assert told_apart(outcomes) == {"done": CONNECTIONS}
    answers = [each for some in outcomes for each in some]
    assert [each.status_code for each in answers] == [201] * 50
    assert len({each.json()["reference"] for each in answers}) == Ticket.objects.count() == 50


def test_one_key_sent_by_twenty_at_once_is_one_ticket(cast, power_cut):
    """The answers are equal to the byte. Tried without the unique key: twenty references."""
    key = {"Idempotency-Key": "one-phone-one-matter"}

    def send(i):
        return Client().post(
            reverse("api:tickets"),
            matter(cast, power_cut),
            content_type="application/json",
            headers=key,
        )

    outcomes = run_rivals(send, 20)
    assert told_apart(outcomes) == {"done": 20}
    assert {(each.status_code, each.content) for each in outcomes} == {(201, outcomes[0].content)}
    assert Ticket.objects.get().reference == outcomes[0].json()["reference"]


def same_browser(client):
    """Return another window of a client's browser: the same cookies, apart from then on."""
    window = Client()
    window.cookies = deepcopy(client.cookies)
    return window


def matter(cast, category):
    return {
        "description": "吉祥家园三号楼停电了",
        "category": category.code,
        "grid": cast.subarea.code,
    }


# --- two people, one ticket


def test_two_colleagues_press_the_same_button(cast, power_cut, colleague):
    """Both land on the ticket's page; the slower one finds a plain notice there."""
    tickets = many(cast.subarea, power_cut, 10)
    browsers = [Client(), Client()]
    for browser, user in zip(browsers, (cast.specialist, colleague), strict=True):
        browser.force_login(user)

    def press(i):
        ticket = tickets[i // 2]
        address = reverse("tickets:acknowledge", args=[ticket.reference])
        said = {"seen": ticket.event_count}
        return same_browser(browsers[i % 2]).post(address, said, follow=True)

    outcomes = run_rivals(press, 20)
    assert told_apart(outcomes) == {"done": 20}
    assert [each.status_code for each in outcomes] == [200] * 20
    assert count_of(Verb.ACKNOWLEDGE) == 10
    said = [each.content.decode() for each in outcomes]
    assert sum("刚才已经有人办过了" in page for page in said) == 10


@pytest.mark.parametrize(
    ("verb", "upto", "said", "to"),
    [
        ("acknowledge", None, {}, Status.IN_PROGRESS),
        ("resolve", acknowledged, {"note": "修好了"}, Status.RESOLVED),
        ("return_ticket", None, {"note": "不归我们"}, Status.RETURNED),
    ],
)
def test_of_two_colleagues_one_acts_and_the_other_reads_so(
    cast, power_cut, colleague, verb, upto, said, to
):
    """Of each pair one moves the ticket; there is one event and one message to each.

    Tried without `select_for_update` in `acting` on PostgreSQL: the slower one meets
    IntegrityError on the event's number instead of AlreadyDone.
    """
    tickets = many(cast.subarea, power_cut, PAIRS, upto=upto)
    if verb == "return_ticket":
        said = {**said, "suggested": cast.housing}
    people = (cast.specialist, colleague)

    def act(i):
        return getattr(workflow, verb)(tickets[i // 2], by=people[i % 2], **said)

    outcomes = run_rivals(act, CONNECTIONS)
    assert told_apart(outcomes) == {"done": PAIRS, AlreadyDone: PAIRS}
    for first, second in zip(outcomes[::2], outcomes[1::2], strict=True):
        assert isinstance(first, AlreadyDone) != isinstance(second, AlreadyDone)
    assert count_of(verb.removesuffix("_ticket")) == PAIRS
    assert Ticket.objects.filter(status=to).count() == PAIRS
    assert_whole(tickets)


def test_resident_confirms_while_the_community_writes_down_the_call(cast, power_cut):
    """Whoever is first closes the matter; it is confirmed once.

    Tried without `select_for_update` in `acting` on PostgreSQL: IntegrityError.
    """
    tickets = many(cast.subarea, power_cut, PAIRS, upto=resolved)

    def act(i):
        if i % 2:
            return workflow.confirm(tickets[i // 2], by=RESIDENT, satisfied=True)
        return workflow.record_call(
            tickets[i // 2], by=cast.secretary, reached=True, solved=True, satisfied=True
        )

    outcomes = run_rivals(act, CONNECTIONS)
    counts = told_apart(outcomes)
    assert counts["done"] == PAIRS
    assert counts[AlreadyDone] + counts[RuleViolation] == PAIRS
    assert count_of(Verb.CONFIRM) == PAIRS
    assert Ticket.objects.filter(status=Status.CLOSED, outcome=Outcome.SOLVED).count() == PAIRS
    assert_whole(tickets)


def test_of_solved_and_not_solved_at_once_one_counts(cast, power_cut):
    """Two of a family press different buttons: one word counts, one new cycle at most.

    Tried without `select_for_update` in `acting` on PostgreSQL: IntegrityError.
    """
    tickets = many(cast.subarea, power_cut, PAIRS, upto=resolved)

    def act(i):
        said = workflow.confirm if i % 2 else workflow.dispute
        return said(tickets[i // 2], by=RESIDENT)

    outcomes = run_rivals(act, CONNECTIONS)
    assert told_apart(outcomes) == {"done": PAIRS, RuleViolation: PAIRS}
    assert count_of(Verb.CONFIRM) + count_of(Verb.DISPUTE) == PAIRS
    assert Clock.objects.filter(cycle=2).count() == count_of(Verb.DISPUTE)
    assert_whole(tickets)


@pytest.mark.postgres
def test_two_matters_joined_to_each_other_at_once(cast, power_cut):
    """One joins, the other direction is refused; nobody waits for the other for ever.

    Tried with the two tickets locked one after the other: PostgreSQL ends one of each pair with
    "deadlock detected".
    """
    tickets = many(cast.subarea, power_cut, CONNECTIONS)

    def act(i):
        return workflow.merge(tickets[i], by=cast.secretary, into=tickets[i ^ 1])

    outcomes = run_rivals(act, CONNECTIONS)
    assert told_apart(outcomes) == {"done": PAIRS, RuleViolation: PAIRS}
    assert Ticket.objects.filter(status=Status.MERGED).count() == PAIRS
    assert Ticket.objects.filter(supporter_count=1).count() == PAIRS
    assert_whole(tickets)


# --- me too


def test_one_phone_joins_once_however_often_it_is_sent(cast, power_cut):
    """The ticket's lock lets one in; the others read that they are on the list already.

    Tried without `select_for_update` in `acting` on PostgreSQL: IntegrityError.
    """
    ticket = make_ticket(cast.subarea, power_cut)
    contact = workflow.Contact(phone=PHONE)
    outcomes = run_rivals(lambda i: workflow.join(ticket, contact=contact), 20)
    assert told_apart(outcomes) == {"done": 1, AlreadyDone: 19}
    assert Person.objects.filter(kind=PersonKind.SUPPORTER).count() == 1
    ticket.refresh_from_db()
    assert ticket.supporter_count == count_of(Verb.JOIN) == 1


def test_neighbours_who_join_at_once_are_all_counted(cast, power_cut):
    """Nobody is lost on the way.

    Tried without `select_for_update` in `acting` on PostgreSQL: IntegrityError.
    """
    ticket = make_ticket(cast.subarea, power_cut)

    def act(i):
        return workflow.join(ticket, contact=workflow.Contact(phone=f"{PHONE[:-2]}{i:02d}"))

    assert told_apart(run_rivals(act, 20)) == {"done": 20}
    ticket.refresh_from_db()
    assert ticket.supporter_count == count_of(Verb.JOIN) == 20
    assert Person.objects.filter(kind=PersonKind.SUPPORTER).count() == 20
    assert_whole([ticket])


# --- the sweep


def long_ago():
    """Late since half an hour: the first card, before the ladder's next step."""
    return workflow.now() - timedelta(hours=24, minutes=30)


def test_two_sweepers_tell_of_200_late_tickets_once(cast, power_cut):
    """Each ticket is passed up once, to the secretary and to the holder's manager.

    Both get one message for all. Tried with the unique key of escalations and without the locks
    on PostgreSQL: each clock is counted by both sweepers.
    """
    tickets = many(cast.subarea, power_cut, 200, at=long_ago())
    outcomes = run_rivals(lambda i: workflow.sweep(), 2)
    told_apart(outcomes)
    # A sweeper that finds its whole batch taken leaves the rest to the other one.
    assert sum(outcomes) == 200
    assert workflow.sweep() == 0
    late = Escalation.objects.filter(level=LATE)
    assert Counter(late.values_list("delivery", flat=True)) == {"told": 200}
    told = Counter(Told.objects.filter(told_at__isnull=False).values_list("user_id", flat=True))
    assert told == {cast.secretary.pk: 200, cast.manager.pk: 200}
    messages = Notice.objects.filter(kind="late_digest")
    assert sorted(messages.values_list("recipient_id", flat=True)) == sorted(told)
    assert_whole(tickets[::10])


def test_resolving_while_the_sweep_passes_by(cast, power_cut):
    """A late ticket that is resolved in this moment is told of once or not at all.

    Tried with `Story.of` reading the clocks without a lock: some frozen clock keeps the level of
    the running one.
    """
    tickets = many(cast.subarea, power_cut, 36, at=long_ago(), upto=acknowledged)

    def act(i):
        if i >= len(tickets):
            return workflow.sweep()
        return workflow.resolve(tickets[i], by=cast.specialist, note="修好了")

    outcomes = run_rivals(act, CONNECTIONS)
    assert told_apart(outcomes) == {"done": CONNECTIONS}
    assert Ticket.objects.filter(status=Status.RESOLVED).count() == len(tickets)
    assert Clock.objects.filter(stage="resolve", state=ClockState.MISSED).count() == len(tickets)
    found = Escalation.objects.filter(level=LATE)
    assert found.count() <= sum(outcomes[len(tickets) :])
    told = Told.objects.filter(told_at__isnull=False).values_list("escalation", "user")
    assert len(told) == len(set(told)) <= 2 * found.count()
    assert not Clock.objects.filter(stopped_at__isnull=False, next_check_at__isnull=False).exists()
    assert_whole(tickets)
