"""Minutes typed in afterwards: the days held and what was settled, as a figure with its rows."""

import pytest

from common.errors import NotAllowed, RuleViolation
from receptions.models import AgendaEvent, Session
from receptions.reports.agenda import days_held, settled_items
from receptions.tests.factories_agenda import make_day, make_matter
from receptions.workflow.decisions import enter_minutes

pytestmark = pytest.mark.django_db


def test_the_articles_figures_fall_out_of_the_rows(cast):
    """Eight days with 107 matters (domain notes §2.2), replayed: the figure equals the rows."""
    ticket = make_matter(cast)
    for number, count in enumerate((14, 12, 15, 13, 11, 16, 12, 14)):
        day = make_day(cast, starts_in=-20 * number, status="running")
        settled = [(ticket, "当场办结")] * count
        assert enter_minutes(day, settled=settled, by=cast.district_secretary) == count
        Session.objects.filter(pk=day.pk).update(status="closed")
    days = days_held(cast.district)
    print(len(days), sum(day.settled_count for day in days))
    assert (len(days), sum(day.settled_count for day in days)) == (8, 107)
    assert settled_items(cast.district).count() == AgendaEvent.objects.count() == 107


def test_minutes_ask_four_questions_for_any_number(cast, django_assert_num_queries):
    day, ticket = make_day(cast, status="running"), make_matter(cast)
    enter_minutes(day, settled=[(ticket, "办结")], by=cast.district_secretary)
    for count in (1, 30):
        with django_assert_num_queries(7):
            enter_minutes(day, settled=[(ticket, "办结")] * count, by=cast.district_secretary)
    assert list(day.items.order_by("position").values_list("position", flat=True)) == [
        *range(1, 33)
    ]


def test_minutes_are_typed_in_by_who_arranges_while_the_day_runs(cast):
    ticket = make_matter(cast)
    with pytest.raises(NotAllowed):
        enter_minutes(make_day(cast, status="running"), settled=[(ticket, "办")], by=cast.secretary)
    for status in ("planned", "published", "closed", "cancelled"):
        day = make_day(cast, status=status)
        with pytest.raises(RuleViolation):
            enter_minutes(day, settled=[(ticket, "办")], by=cast.district_secretary)
        assert day.items.count() == 0
