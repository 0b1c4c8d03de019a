"""Calling a department: who is found, by when, who may answer, and how silence climbs."""

from datetime import timedelta

import pytest

from common.errors import NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import EventVerb, SummonsStatus
from receptions.models import Summons
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


def test_an_organisation_without_anybody_is_a_sentence(cast):
    make_calendar()
    with pytest.raises(RuleViolation) as refusal:
        call_to_day(cast, cast.property)
    assert refusal.value.code == "nobody"
