"""What the secretaries' days put on somebody's list of today."""

from datetime import timedelta

import pytest
from django.utils import timezone

from receptions.models import AgendaItem
from receptions.tests.factories_agenda import make_commitment, make_day, make_item
from receptions.views.agenda_today import todos
from receptions.workflow import agenda, second_look

pytestmark = pytest.mark.django_db


def kinds(user, at=None):
    return [each.kind for each in todos(user, at or timezone.now())]


def test_promises_that_are_due_stand_on_the_owners_list(cast):
    row, now = make_commitment(cast), timezone.now()
    assert kinds(cast.specialist) == []
    assert kinds(cast.specialist, now + timedelta(days=5)) == ["promise"]
    late = todos(cast.specialist, now + timedelta(days=9))[0]
    assert (late.is_late, late.address) == (True, f"/agenda/commitments/{row.pk}/")


def test_calls_stand_on_the_lists_of_those_who_may_ask(cast):
    second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")
    asked = {name for name, one in cast.people.items() if "ask" in kinds(one)}
    assert asked == {
        "village_head", "secretary", "street_secretary", "street_dispatcher",
        "district_secretary", "dispatcher", "supervisor",
    }  # fmt: skip


def test_a_day_under_way_and_an_opinion_wait_for_those_who_arrange(cast):
    at = timezone.now() + timedelta(minutes=1)
    agenda.schedule(make_item(cast), session=make_day(cast, starts_in=0), by=cast.dispatcher)
    opinion = agenda.write_opinion(by=cast.secretary, topic="money", title="维修资金")
    assert kinds(cast.district_secretary, at) == ["decide"]
    AgendaItem.objects.filter(pk=opinion.pk).update(reply_by=timezone.localdate())
    assert kinds(cast.district_secretary, at) == ["decide", "opinion"]
    assert kinds(cast.secretary, at) == kinds(cast.worker, at) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(cast, count, django_assert_num_queries):
    day = make_day(cast, starts_in=0)
    for _each in range(count):
        second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")
        agenda.schedule(make_item(cast), session=day, by=cast.dispatcher)
    at = timezone.now() + timedelta(minutes=1)
    todos(cast.district_secretary, at)
    with django_assert_num_queries(9):
        todos(cast.district_secretary, at)
