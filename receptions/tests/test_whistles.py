"""Whistles: who may, what they need, whom they call, and how they end."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import EventVerb, ItemGround, SummonsStatus, WhistleKind, WhistleStatus
from receptions.models import AgendaItem, Commitment, Summons, Whistle
from receptions.tests.factories_whistles import (
    GROUND,
    ask_the_street,
    blown,
    called,
    draft,
    in_state,
    make_matter,
    moment,
    settled,
)
from receptions.workflow import summonses, whistles
from tickets import workflow as tickets
from tickets.choices import Kind, Verb
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def calendar(db):
    make_calendar()


def told(user, kind):
    return Notice.objects.filter(recipient=user, kind=kind, channel="site").count()


def notes_of(ticket):
    return [e.data["note"] for e in ticket.events.filter(verb=Verb.NOTE).order_by("number")]


# --- Status x verb --------------------------------------------------------------------------------


DO = {
    EventVerb.BLOW: lambda row, cast: whistles.blow(row, by=cast.street_secretary),
    EventVerb.ASK_APPROVAL: lambda row, cast: whistles.ask_approval(row, by=cast.secretary),
    EventVerb.CHANGE: lambda row, cast: whistles.change(
        row,
        by=cast.secretary,
        kind=row.kind,
        ground="缺设备",
        facts="漏水",
        organisations=[cast.power],
    ),
    EventVerb.CALL: lambda row, cast: whistles.call(
        row, by=cast.worker, organisation=cast.property
    ),
    EventVerb.RESOLVE: lambda row, cast: whistles.resolve(row, by=cast.secretary, minutes="修好了"),
    EventVerb.HAND_OVER: lambda row, cast: whistles.hand_over(
        row, by=cast.secretary, minutes="没谈拢"
    ),
    EventVerb.COMMIT: lambda row, cast: whistles.commit(
        row,
        by=cast.secretary,
        text="更换电缆",
        lead=cast.power,
        due_on=timezone.localdate() + timedelta(days=7),
    ),
    EventVerb.REJECT: lambda row, cast: whistles.reject(
        row, by=cast.street_secretary, note="社区能办"
    ),
    EventVerb.WITHDRAW: lambda row, cast: whistles.withdraw(
        row, by=cast.secretary, note="已经好了"
    ),
    EventVerb.CLOSE: lambda row, cast: whistles.close(
        row, by=cast.secretary, at=moment() + timedelta(days=8)
    ),
}
S = WhistleStatus
ALLOWED = {
    EventVerb.BLOW: {S.DRAFT: S.BLOWN, S.PENDING: S.BLOWN},
    EventVerb.ASK_APPROVAL: {S.DRAFT: S.PENDING},
    EventVerb.CHANGE: {S.DRAFT: S.DRAFT},
    EventVerb.CALL: {S.BLOWN: S.BLOWN},
    EventVerb.RESOLVE: {S.BLOWN: S.RESOLVED},
    EventVerb.HAND_OVER: {S.BLOWN: S.HANDED_OVER},
    EventVerb.COMMIT: dict.fromkeys([S.BLOWN], S.BLOWN)
    | {S.RESOLVED: S.RESOLVED, S.HANDED_OVER: S.HANDED_OVER},
    EventVerb.REJECT: {S.DRAFT: S.REJECTED, S.PENDING: S.REJECTED},
    EventVerb.WITHDRAW: dict.fromkeys([S.DRAFT, S.PENDING, S.BLOWN], S.WITHDRAWN),
    EventVerb.CLOSE: {S.RESOLVED: S.CLOSED, S.HANDED_OVER: S.CLOSED},
}


@pytest.mark.parametrize("status", WhistleStatus.values)
def test_every_verb_in_every_status(cast, status):
    row = in_state(cast, status)
    assert row.status == status
    ask_the_street()
    found = {}
    for verb, do in DO.items():
        sid = transaction.savepoint()
        try:
            do(row, cast)
            found[verb] = Whistle.objects.get(pk=row.pk).status
        except RuleViolation:
            pass
        transaction.savepoint_rollback(sid)
    expected = {verb: moves[status] for verb, moves in ALLOWED.items() if status in moves}
    assert found == expected
    assert set(DO) == set(whistles.WHISTLE_MOVES)


# --- Who may --------------------------------------------------------------------------------------


def test_who_may_write_about_a_matter(cast):
    ticket = make_matter(cast)
    people = {**cast.people, **cast.neighbours, "outsider": cast.outsider, "admin": cast.admin}
    may = {name for name, user in people.items() if whistles.may_write(ticket, user)}
    assert may == {"worker", "head", "village_head", "secretary"}


@pytest.mark.parametrize("needs_approval", [False, True])
def test_who_may_blow(cast, needs_approval):
    if needs_approval:
        ask_the_street()
    whistle = draft(cast)
    people = {**cast.people, **cast.neighbours, "admin": cast.admin}
    may = {n for n, user in people.items() if EventVerb.BLOW in whistles.steps_on(whistle, user)}
    street = {"street_secretary", "street_dispatcher", "dispatcher"}
    assert may == street | (set() if needs_approval else {"secretary"})


def test_steps_of_the_called_are_none_of_the_whistles_own(cast):
    whistle = blown(cast)
    for name in ("specialist", "manager", "leader", "own_specialist", "steward"):
        assert whistles.steps_on(whistle, getattr(cast, name)) == []
    with pytest.raises(NotAllowed):
        whistles.resolve(whistle, by=cast.specialist, minutes="好了")


# --- Writing and blowing --------------------------------------------------------------------------


def test_a_workers_draft_waits_for_the_secretary(cast):
    whistle = draft(cast, by=cast.worker)
    assert told(cast.secretary, "whistle") == 1
    assert not Summons.objects.exists()
    with pytest.raises(NotAllowed):
        whistles.blow(whistle, by=cast.worker)
    whistle = whistles.blow(whistle, by=cast.secretary)
    assert (whistle.status, whistle.approved_by) == (S.BLOWN, cast.secretary)
    assert told(cast.worker, "whistle") == 1


def test_the_street_blows_where_the_policy_asks_for_it(cast):
    ask_the_street()
    whistle = whistles.ask_approval(draft(cast), by=cast.secretary)
    assert [told(u, "whistle") for u in (cast.street_secretary, cast.street_dispatcher)] == [1, 1]
    with pytest.raises(NotAllowed):
        whistles.blow(whistle, by=cast.secretary)
    assert whistles.approve(whistle, by=cast.street_dispatcher).status == S.BLOWN


@pytest.mark.parametrize("field", ["ground", "kind", "facts"])
def test_what_is_missing_is_said_beside_its_field(cast, field):
    said = {"kind": WhistleKind.TOUGH, "ground": GROUND, "facts": "漏水"} | {field: "  "}
    if field == "facts":
        ticket = make_matter(cast)
        whistle = whistles.write(ticket, by=cast.secretary, kind="tough", ground=GROUND)
        with pytest.raises(RuleViolation) as refusal:
            whistles.change(whistle, by=cast.secretary, organisations=[cast.power], **said)
    else:
        with pytest.raises(RuleViolation) as refusal:
            whistles.write(make_matter(cast), by=cast.secretary, **said)
    assert refusal.value.field == field


def test_no_department_no_whistle(cast):
    ticket = make_matter(cast)
    whistle = whistles.write(ticket, by=cast.secretary, kind="tough", ground=GROUND)
    with pytest.raises(RuleViolation) as refusal:
        whistles.blow(whistle, by=cast.secretary)
    assert refusal.value.field == "organisations"
    assert Whistle.objects.get().status == S.DRAFT


def test_one_open_whistle_about_a_matter(cast):
    whistle = draft(cast)
    with pytest.raises(AlreadyDone):
        draft(cast, ticket=whistle.ticket)
    whistles.withdraw(whistle, by=cast.secretary)
    second = draft(cast, ticket=whistle.ticket)
    numbers = [whistle.number, second.number]
    assert numbers == [f"{whistle.ticket.reference}-{n}" for n in (1, 2)]


def test_the_unit_complained_of_is_not_called(cast):
    ticket = make_matter(cast, kind=Kind.COMPLAINT, accused=cast.power)
    with pytest.raises(RuleViolation) as refusal:
        draft(cast, ticket=ticket)
    assert refusal.value.field == "organisations"


def test_blowing_calls_each_department_and_the_matter_tells_of_it(cast):
    at = moment()
    whistle = blown(cast, at=at)
    power = called(whistle, cast.power)
    assert (power.answer_by, power.arrive_by) == (
        at + timedelta(minutes=30),
        at + timedelta(hours=2),
    )
    assert {each.status for each in whistle.summonses.all()} == {SummonsStatus.CALLED}
    assert any(whistle.number in note and "区供电公司" in note for note in notes_of(whistle.ticket))
    sms = Notice.objects.filter(kind="summons", channel="sms")
    assert all(notice.urgent for notice in sms)


def test_calm_whistles_give_a_day_and_three_working_days(cast):
    at = moment()
    power = called(blown(cast, kind=WhistleKind.TOUGH, at=at), cast.power)
    assert power.answer_by == at + timedelta(hours=24)
    assert power.arrive_by > at + timedelta(days=2)
    assert power.person == cast.specialist


def test_a_department_with_nobody_goes_on_to_the_district_and_says_so(cast):
    whistle = blown(cast, organisations=[cast.property], kind=WhistleKind.TOUGH)
    summons = whistle.summonses.get()
    assert summons.reason["code"] == "district"
    assert "锦绣物业" in summons.reason["params"]["organisation"]


def test_a_person_may_be_named(cast):
    whistle = draft(cast, organisations=[cast.power])
    whistle = whistles.blow(whistle, by=cast.secretary, persons={cast.power.pk: cast.leader})
    assert whistle.summonses.get().person == cast.leader


def test_blowing_twice_calls_once(cast):
    whistle = blown(cast)
    with pytest.raises(AlreadyDone):
        whistles.blow(whistle, by=cast.secretary)
    assert Summons.objects.count() == 2


def test_a_settled_matter_is_not_blown_for(cast):
    whistle = draft(cast)
    tickets.withdraw(whistle.ticket)
    with pytest.raises(RuleViolation) as refusal:
        whistles.blow(whistle, by=cast.secretary)
    assert refusal.value.code == "ended"


# --- The meeting and after ------------------------------------------------------------------------


def test_rejected_it_goes_on_as_an_ordinary_matter(cast):
    whistle = in_state(cast, S.REJECTED)
    ticket = whistle.ticket
    ticket.refresh_from_db()
    assert ticket.is_open
    assert any("按普通工单办" in note for note in notes_of(ticket))
    assert told(cast.secretary, "whistle") == 1


def test_taken_back_the_called_are_told(cast):
    whistle = blown(cast)
    with pytest.raises(RuleViolation) as refusal:
        whistles.withdraw(whistle, by=cast.secretary)
    assert refusal.value.field == "note"
    whistles.withdraw(whistle, by=cast.secretary, note="误报")
    assert {each.status for each in whistle.summonses.all()} == {SummonsStatus.RELEASED}
    assert Summons.objects.filter(next_check_at__isnull=False).count() == 0


def test_another_department_later_and_one_that_declined_again(cast):
    whistle = blown(cast)
    power = summonses.decline(called(whistle, cast.power), by=cast.specialist, note="人手不够")
    again = whistles.call(whistle, by=cast.worker, organisation=cast.power, note="必须来人")
    assert (again.pk, again.status, again.note) == (power.pk, SummonsStatus.CALLED, "必须来人")
    whistles.call(whistle, by=cast.worker, organisation=cast.property)
    assert whistle.summonses.count() == 3


def test_promises_become_matters_with_clocks(cast):
    whistle = blown(cast)
    decision = {"text": "更换主电缆", "lead": cast.power}
    decision["due_on"] = timezone.localdate() + timedelta(days=7)
    whistles.resolve(whistle, by=cast.secretary, minutes="查明原因", decisions=[decision])
    promise = Commitment.objects.get()
    assert (promise.whistle_id, promise.lead) == (whistle.pk, cast.power)
    assert promise.ticket.is_open
    assert promise.ticket.clocks.filter(stopped_at=None).exists()


def test_nothing_climbs_once_the_meeting_is_over(cast):
    whistle = settled(cast)
    housing = called(whistle, cast.housing)
    assert (housing.status, housing.next_check_at) == (SummonsStatus.CALLED, None)
    assert summonses.climb(moment() + timedelta(days=9)) == 0
    with pytest.raises(RuleViolation):
        summonses.arrive(housing, by=cast.own_specialist)


def test_handed_to_a_meeting_it_is_on_the_agenda(cast):
    whistle = in_state(cast, S.HANDED_OVER)
    item = AgendaItem.objects.get()
    assert (item.ground, item.whistle_id, item.ticket_id) == (
        ItemGround.WHISTLE, whistle.pk, whistle.ticket_id,
    )  # fmt: skip
    assert item.text == "三家意见不一。"


def test_both_sides_give_points_once_and_it_closes(cast):
    whistle = settled(cast)
    with pytest.raises(RuleViolation) as refusal:
        whistles.close(whistle, by=cast.secretary)
    assert refusal.value.code == "scores_missing"
    for organisation, user in ((cast.power, cast.specialist), (cast.housing, cast.own_specialist)):
        summons = called(whistle, organisation)
        with pytest.raises(RuleViolation):
            summonses.score(summons, by=user, score=6)
        summonses.score(summons, by=user, score=4, words="情况讲得清楚")
        with pytest.raises(AlreadyDone):
            summonses.score(summons, by=user, score=5)
        summonses.score(summons, by=cast.secretary, score=5)
    assert whistles.close_ripe(moment()) == 1
    assert Whistle.objects.get().status == S.CLOSED


def test_points_come_after_the_meeting(cast):
    with pytest.raises(RuleViolation) as refusal:
        summonses.score(called(blown(cast), cast.power), by=cast.secretary, score=3)
    assert refusal.value.code == "not_met"


def test_seven_days_later_it_closes_without_points(cast):
    whistle = settled(cast)
    assert whistles.close_ripe(whistle.met_at + timedelta(days=7, seconds=-1)) == 0
    assert whistles.close_ripe(whistle.met_at + timedelta(days=7)) == 1
    assert whistle.events.last().by is None
