"""Calling a department: who is found, by when, who may answer, and how silence climbs."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Posting
from common.errors import AlreadyDone, NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import EventVerb, SessionStatus, SummonsStatus
from receptions.models import Session, Summons
from receptions.tests.factories_whistles import call_to_day, make_session, moment
from receptions.workflow import summonses
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db


def told(user, kind="summons_silent"):
    return Notice.objects.filter(recipient=user, kind=kind).count()


def test_roll_call_finds_the_contact_and_tells_them_once(cast):
    session = make_session(cast)
    summons = call_to_day(cast, session=session)
    assert summons.person == cast.specialist
    assert summons.reason["code"] == "contact"
    assert summons.answer_by == session.starts_at - timedelta(hours=24)
    assert summons.arrive_by == session.starts_at
    assert call_to_day(cast, session=session) == summons
    assert told(cast.specialist, "summons") == 1


def test_answers_by_the_house_only(cast):
    summons = call_to_day(cast)
    with pytest.raises(NotAllowed):
        summonses.acknowledge(summons, by=cast.own_specialist)
    summons = summonses.acknowledge(summons, by=cast.manager, note="派张工来")
    assert (summons.status, summons.next_check_at) == ("acknowledged", summons.arrive_by)
    summons = summonses.arrive(summons, by=cast.worker)
    assert (summons.status, summons.arrival_told_by) == (SummonsStatus.ON_SITE, cast.worker)


def test_silence_climbs_both_ladders_each_level_once(cast):
    summons = call_to_day(cast)
    due = summons.answer_by
    assert summonses.climb(due - timedelta(seconds=1)) == 0
    for level, people in (
        (1, (cast.manager, cast.secretary)),
        (2, (cast.leader, cast.street_secretary)),
        (3, (cast.leader, cast.district_secretary)),
    ):
        assert summonses.climb(due + timedelta(days=level - 1)) == 1
        assert summonses.climb(due + timedelta(days=level - 1)) == 0
        assert [told(user) for user in people] == [2 if level == 3 else 1, 1]
    assert Summons.objects.get().next_check_at is None


def test_after_an_outage_each_person_reads_one_message(cast):
    summons = call_to_day(cast)
    summonses.climb(summons.answer_by + timedelta(days=30))
    people = [cast.manager, cast.leader, cast.secretary, cast.street_secretary]
    assert [told(user) for user in [*people, cast.district_secretary]] == [1] * 5
    assert summons.session.events.filter(verb=EventVerb.CLIMB).count() == 1


def test_a_refusal_needs_words_and_climbs_at_once(cast):
    summons = call_to_day(cast)
    with pytest.raises(RuleViolation) as refusal:
        summonses.decline(summons, by=cast.specialist, note=" ")
    assert refusal.value.field == "note"
    summonses.decline(summons, by=cast.specialist, note="当天停电检修")
    assert [told(user) for user in (cast.manager, cast.secretary, cast.leader)] == [1, 1, 0]
    again = call_to_day(cast, session=summons.session, at=moment() + timedelta(minutes=1))
    assert (again.pk, again.status, again.answer) == (summons.pk, SummonsStatus.CALLED, "")


def test_an_organisation_without_anybody_is_taken_for_by_the_district(cast):
    make_calendar()
    summons = call_to_day(cast, cast.property)
    assert (summons.person, summons.reason["code"]) == (cast.dispatcher, "district")


# --- Status x verb --------------------------------------------------------------------------------


S = SummonsStatus
DO = {
    EventVerb.CALL: lambda row, cast: call_to_day(cast, session=row.session, at=LATER),
    EventVerb.ACKNOWLEDGE: lambda row, cast: summonses.acknowledge(row, by=cast.specialist),
    EventVerb.ARRIVE: lambda row, cast: summonses.arrive(row, by=cast.secretary),
    EventVerb.DECLINE: lambda row, cast: summonses.decline(row, by=cast.leader, note="没人"),
    EventVerb.RELEASE: lambda row, cast: summonses.release(row, by=cast.secretary),
}
LATER = moment() + timedelta(minutes=1)
ALLOWED = {
    # Calling again is no error: the summons that is there comes back as it is.
    EventVerb.CALL: {
        S.CALLED: S.CALLED,
        S.ACKNOWLEDGED: S.ACKNOWLEDGED,
        S.ON_SITE: S.ON_SITE,
        S.DECLINED: S.CALLED,
        S.RELEASED: S.CALLED,
    },
    EventVerb.ACKNOWLEDGE: dict.fromkeys([S.CALLED, S.DECLINED], S.ACKNOWLEDGED),
    EventVerb.ARRIVE: dict.fromkeys([S.CALLED, S.ACKNOWLEDGED, S.DECLINED], S.ON_SITE),
    EventVerb.DECLINE: dict.fromkeys([S.CALLED, S.ACKNOWLEDGED], S.DECLINED),
    EventVerb.RELEASE: dict.fromkeys([S.CALLED, S.ACKNOWLEDGED, S.DECLINED], S.RELEASED),
}


def in_state(cast, status):
    """Return a roll-call brought to a status by the verbs."""
    row = call_to_day(cast)
    verbs = {
        S.ACKNOWLEDGED: EventVerb.ACKNOWLEDGE,
        S.DECLINED: EventVerb.DECLINE,
        S.ON_SITE: EventVerb.ARRIVE,
        S.RELEASED: EventVerb.RELEASE,
    }
    return DO[verbs[status]](row, cast) if status in verbs else row


@pytest.mark.parametrize("status", SummonsStatus.values)
def test_every_verb_in_every_status(cast, status):
    row, found = in_state(cast, status), {}
    for verb, do in DO.items():
        point = transaction.savepoint()
        try:
            do(Summons.objects.get(pk=row.pk), cast)
            found[verb] = Summons.objects.get(pk=row.pk).status
        except RuleViolation:
            pass
        transaction.savepoint_rollback(point)
    assert found == {verb: moves[status] for verb, moves in ALLOWED.items() if status in moves}
    assert {*DO, EventVerb.SCORE} == set(summonses.SUMMONS_MOVES)


@pytest.mark.parametrize("verb", [EventVerb.ACKNOWLEDGE, EventVerb.ARRIVE, EventVerb.RELEASE])
def test_the_same_tap_twice_is_news_and_happens_once(cast, verb):
    row = call_to_day(cast)
    DO[verb](row, cast)
    with pytest.raises(AlreadyDone):
        DO[verb](row, cast)
    assert row.session.events.filter(verb=verb).count() == 1


def test_who_may_do_what(cast):
    row = call_to_day(cast)
    found = {}
    for name, user in {**cast.people, **cast.neighbours, "admin": cast.admin}.items():
        if steps := summonses.steps_on(row, user):
            found[name] = set(steps)
    house = {EventVerb.ACKNOWLEDGE, EventVerb.ARRIVE, EventVerb.DECLINE}
    ground = {EventVerb.ARRIVE, EventVerb.RELEASE}
    assert found == dict.fromkeys(["specialist", "manager", "leader"], house) | dict.fromkeys(
        ["worker", "head", "village_head", "secretary"], ground
    )


def test_a_second_promise_climbs_anew(cast):
    """Who answers after two steps and then does not come is passed up from the first step."""
    row = call_to_day(cast)
    summonses.climb(row.answer_by + timedelta(days=1))
    row = summonses.acknowledge(Summons.objects.get(), by=cast.specialist)
    assert (row.level, row.next_check_at) == (0, row.arrive_by)
    before = told(cast.secretary)
    assert summonses.climb(row.arrive_by) == 1
    assert (told(cast.secretary), Summons.objects.get().level) == (before + 1, 1)


def test_a_day_that_is_over_waits_for_nobody(cast):
    row = call_to_day(cast)
    Session.objects.filter(pk=row.session_id).update(status=SessionStatus.CANCELLED)
    with pytest.raises(RuleViolation) as refusal:
        summonses.acknowledge(row, by=cast.specialist)
    assert refusal.value.code == "over"
    assert summonses.steps_on(Summons.objects.get(), cast.specialist) == []


def test_without_anybody_above_the_supervisors_hear(cast):
    Posting.objects.filter(user__in=[cast.manager, cast.leader]).delete()
    Posting.objects.filter(role__in=["community_secretary", "street_secretary"]).delete()
    row = call_to_day(cast)
    summonses.climb(row.answer_by + timedelta(days=1))
    assert told(cast.district_secretary) == 1
    assert told(cast.supervisor) == 1
