"""Arranging the secretaries' days: every verb in every status, opinions, order, decisions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import EventVerb, ItemGround, ItemStatus, SessionKind, SessionStatus
from receptions.models import AgendaItem, Commitment
from receptions.tests.factories_agenda import make_day, make_item, make_matter
from receptions.workflow import agenda
from receptions.workflow.decisions import decide
from tickets.choices import Status
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
S, V = ItemStatus, EventVerb


def make_opinion(cast, **said):
    values = {"by": cast.secretary, "topic": "money", "title": "老旧小区维修资金预拨到社区"}
    return agenda.write_opinion(**values | said)


def today(cast):
    return make_day(cast, starts_in=0)


def in_status(cast, status, make=make_item):
    item, by = make(cast), cast.district_secretary
    if status in (S.SCHEDULED, S.DECIDED):
        item = agenda.schedule(item, session=today(cast), by=by)
    if status == S.DECIDED:
        item = decide(item, by=by, decision="当场定了", is_settled_on_spot=True)
    if status == S.DROPPED:
        item = agenda.drop(item, by=by, reason="已经办好")
    if status == S.ANSWERED:
        item = agenda.answer(item, by=by, reply="明年列入预算")
    return item


DO = {
    V.SCHEDULE: lambda item, by, cast: agenda.schedule(item, by=by, session=today(cast)),
    V.UNSCHEDULE: lambda item, by, cast: agenda.unschedule(item, by=by),
    V.REORDER: lambda item, by, cast: agenda.reorder(item, by=by, position=1),
    V.DECIDE: lambda item, by, cast: decide(
        item, by=by, decision="当场定了", is_settled_on_spot=True
    ),
    V.ANSWER: lambda item, by, cast: agenda.answer(item, by=by, reply="明年列入预算"),
    V.CHANGE: lambda item, by, cast: agenda.promise_reply(
        item, by=by, reply_by=timezone.localdate() + timedelta(days=3)
    ),
    V.DROP: lambda item, by, cast: agenda.drop(item, by=by, reason="已经办好"),
}
OF_MATTERS = (S.PROPOSED, S.SCHEDULED, S.DECIDED, S.DROPPED)
OF_OPINIONS = (S.PROPOSED, S.SCHEDULED, S.ANSWERED)


@pytest.mark.parametrize("status", OF_MATTERS)
@pytest.mark.parametrize("verb", DO)
def test_every_verb_on_a_matter_in_every_status(cast, status, verb):
    product(cast, in_status(cast, status), verb, not_for=(V.ANSWER, V.CHANGE))


@pytest.mark.parametrize("status", OF_OPINIONS)
@pytest.mark.parametrize("verb", DO)
def test_every_verb_on_an_opinion_in_every_status(cast, status, verb):
    product(cast, in_status(cast, status, make_opinion), verb, not_for=(V.DECIDE, V.DROP))


def product(cast, item, verb, not_for):
    status, move = item.status, agenda.ITEM_MOVES[verb]
    if status in move.sources and verb not in not_for:
        assert DO[verb](item, cast.district_secretary, cast).status == (move.to or status)
        return
    with pytest.raises(RuleViolation) as refused:
        DO[verb](item, cast.district_secretary, cast)
    if status in move.sources:
        assert isinstance(refused.value, NotAllowed)
    elif verb != V.REORDER:
        assert isinstance(refused.value, AlreadyDone) == (status == move.to)
    item.refresh_from_db()
    assert item.status == status


def test_the_products_hold_every_status_and_verb():
    assert {*OF_MATTERS, *OF_OPINIONS} == set(S.values)
    assert set(DO) == set(agenda.ITEM_MOVES)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("district", {"district_secretary", "dispatcher", "supervisor"}),
        (
            "street",
            {
                "street_secretary", "street_dispatcher", "district_secretary", "dispatcher",
                "supervisor",
            },
        ),
    ],
)  # fmt: skip
def test_who_arranges(cast, place, names):
    item = make_item(cast, grid=getattr(cast, place))
    people = cast.people | cast.neighbours
    assert {name for name, one in people.items() if agenda.arranges(item, one)} == names


def test_hosts_arrange_their_own_day(cast):
    item, day = make_item(cast), make_day(cast, host=cast.leader)
    item = agenda.schedule(item, session=day, by=cast.dispatcher)
    assert agenda.arranges(item, cast.leader)


@pytest.mark.parametrize(
    "day",
    [
        {"kind": SessionKind.STREET_DAY},
        {"status": SessionStatus.CLOSED},
        {"status": SessionStatus.CANCELLED},
        {"kind": SessionKind.COMMUNITY_DAY, "form": ""},
    ],
)
def test_schedule_refuses_a_day_of_others_or_one_that_is_over(cast, day):
    with pytest.raises(RuleViolation) as refused:
        agenda.schedule(make_item(cast), session=make_day(cast, **day), by=cast.district_secretary)
    assert refused.value.field == "session"


def test_reorder_moves_one_and_the_others_close_up(cast):
    day, by = make_day(cast), cast.district_secretary
    items = [agenda.schedule(make_item(cast), session=day, by=by) for _each in range(4)]
    for position, expected in ((1, [3, 0, 1, 2]), (99, [0, 1, 2, 3]), (2, [0, 3, 1, 2])):
        agenda.reorder(items[3], position=position, by=by)
        found = day.items.order_by("position")
        assert list(found.values_list("pk", "position")) == [
            (items[number].pk, place) for place, number in enumerate(expected, 1)
        ]


def test_an_opinion_comes_from_a_community_and_gets_a_day(cast):
    item = make_opinion(cast)
    assert (item.grid, item.reply_by, make_opinion(cast)) == (
        cast.district,
        timezone.localdate() + timedelta(days=15),
        item,
    )
    for person in (cast.street_secretary, cast.worker, cast.specialist, cast.outsider):
        with pytest.raises(NotAllowed):
            make_opinion(cast, by=person)


@pytest.mark.parametrize(("said", "field"), [({"topic": ""}, "topic"), ({"title": " "}, "title")])
def test_an_opinion_lacking_something_is_refused(cast, said, field):
    with pytest.raises(RuleViolation) as refused:
        make_opinion(cast, **said)
    assert refused.value.field == field


def test_a_reply_reaches_its_writer(cast):
    item = agenda.answer(make_opinion(cast), by=cast.district_secretary, reply="列入明年预算")
    told = Notice.objects.get(unique_key=f"agenda:{item.pk}:answer")
    assert (told.recipient, told.body) == (cast.secretary, "列入明年预算")


@pytest.mark.parametrize("days", [-1, 184])
def test_a_reply_is_promised_for_a_day_to_come(cast, days):
    with pytest.raises(RuleViolation) as refused:
        agenda.promise_reply(
            make_opinion(cast),
            by=cast.district_secretary,
            reply_by=timezone.localdate() + timedelta(days=days),
        )
    assert refused.value.field == "reply_by"


# --- Deciding ------------------------------------------------------------------------------


def promise(cast, **said):
    values = {
        "text": "更换电缆",
        "lead": cast.power,
        "due_on": timezone.localdate() + timedelta(days=9),
    }
    return values | said


def test_decide_makes_promises_of_what_was_decided(cast):
    item = in_status(cast, S.SCHEDULED)
    item = decide(item, by=cast.dispatcher, decision="供电公司牵头", promises=[promise(cast)])
    assert (item.status, item.is_settled_on_spot) == (S.DECIDED, False)
    made = Commitment.objects.get()
    assert (made.item, made.ticket, made.made_by) == (item, item.ticket, cast.dispatcher)


def test_settled_on_the_spot_settles_the_ticket_within_the_grid(cast):
    item = in_status(cast, S.DECIDED)
    assert item.is_settled_on_spot
    assert Ticket.objects.get(pk=item.ticket_id).status == Status.RESOLVED


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"decision": " ", "is_settled_on_spot": True}, "decision"),
        ({"decision": "再研究"}, "is_settled_on_spot"),
    ],
)
def test_a_decision_says_what_and_how(cast, said, field):
    with pytest.raises(RuleViolation) as refused:
        decide(in_status(cast, S.SCHEDULED), by=cast.dispatcher, **said)
    assert refused.value.field == field


def test_a_decision_with_one_bad_promise_stores_nothing(cast):
    item = in_status(cast, S.SCHEDULED)
    bad = promise(cast, due_on=None)
    with pytest.raises(RuleViolation) as refused:
        decide(item, by=cast.dispatcher, decision="定了", promises=[promise(cast), bad])
    item.refresh_from_db()
    assert (refused.value.field, item.status, Commitment.objects.count()) == (
        "due_on",
        S.SCHEDULED,
        0,
    )


def test_nothing_is_decided_before_the_day(cast):
    item = agenda.schedule(make_item(cast), session=make_day(cast), by=cast.dispatcher)
    with pytest.raises(RuleViolation):
        decide(item, by=cast.dispatcher, decision="定了", is_settled_on_spot=True)


# --- What the clocks propose ---------------------------------------------------------------


def test_pull_takes_each_proposal_of_the_clocks_once(cast):
    late, plain, redone = make_matter(cast), make_matter(cast), make_matter(cast)
    at = timezone.now()
    Ticket.objects.filter(pk=late.pk).update(agenda_at=at, agenda_ground="late")
    Ticket.objects.filter(pk=redone.pk).update(reopen_count=2)
    later = at + timedelta(minutes=1)
    assert (agenda.pull(later), agenda.pull(later)) == (2, 0)
    assert set(AgendaItem.objects.values_list("ticket", "ground", "grid", "proposed_by")) == {
        (late.pk, ItemGround.LATE, cast.district.pk, None),
        (redone.pk, ItemGround.REOPENED, cast.district.pk, None),
    }
    assert not AgendaItem.objects.filter(ticket=plain).exists()


def test_pull_brings_back_only_what_the_clocks_propose_anew(cast):
    ticket, at = make_matter(cast), timezone.now()
    Ticket.objects.filter(pk=ticket.pk).update(agenda_at=at, agenda_ground="repeated")
    assert agenda.pull(at) == 1
    agenda.drop(AgendaItem.objects.get(), by=cast.dispatcher, reason="已经办好")
    assert agenda.pull(at + timedelta(days=1)) == 0
    Ticket.objects.filter(pk=ticket.pk).update(agenda_at=at + timedelta(days=2))
    assert agenda.pull(at + timedelta(days=3)) == 1


def test_pull_leaves_alone_what_a_secretary_has_proposed(cast):
    item = make_item(cast)
    Ticket.objects.filter(pk=item.ticket_id).update(
        agenda_at=timezone.now() + timedelta(minutes=5), agenda_ground="late"
    )
    assert agenda.pull(timezone.now() + timedelta(days=1)) == 0
