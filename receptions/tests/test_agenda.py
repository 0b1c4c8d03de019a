"""What is proposed for the secretaries: once each, by whoever may, in an order with reasons."""

import pytest

from common.errors import NotAllowed, RuleViolation
from receptions.choices import ItemGround, ItemStatus
from receptions.models import AgendaItem
from receptions.tests.factories_agenda import make_booking, make_item, make_matter, make_whistle
from receptions.workflow.agenda import propose

pytestmark = pytest.mark.django_db


def test_propose_puts_a_matter_before_the_district_once(cast):
    matter = make_matter(cast)
    first = make_item(cast, ticket=matter, text="三家单位都说不归自己管")
    again = make_item(cast, ticket=matter, by=cast.secretary, ground=ItemGround.WHISTLE)
    assert (again, AgendaItem.objects.count()) == (first, 1)
    assert (first.grid, first.status, first.title) == (
        cast.district,
        ItemStatus.PROPOSED,
        matter.title,
    )
    assert list(first.events.values_list("verb", "by")) == [("propose", cast.district_secretary.pk)]


def test_propose_keeps_street_and_district_apart(cast):
    matter = make_matter(cast)
    assert make_item(cast, ticket=matter) != make_item(cast, ticket=matter, grid=cast.street)


@pytest.mark.parametrize(
    ("said", "field"), [({"ground": "no"}, "ground"), ({"ground": "opinion"}, "ground")]
)
def test_propose_needs_a_ground_of_a_matter(cast, said, field):
    with pytest.raises(RuleViolation) as refused:
        make_item(cast, **said)
    assert refused.value.field == field


def test_propose_only_where_secretaries_meet_for_the_matter(cast):
    with pytest.raises(RuleViolation) as refused:
        make_item(cast, grid=cast.community)
    assert refused.value.field == "grid"


def test_who_may_propose(cast):
    allowed = set()
    for name, person in (cast.people | cast.neighbours).items():
        try:
            make_item(cast, by=person)
        except NotAllowed:
            continue
        allowed.add(name)
    assert allowed == {
        "secretary", "street_secretary", "street_dispatcher", "district_secretary", "dispatcher",
        "supervisor",
    }  # fmt: skip


def test_meetings_send_on_what_they_could_not_settle(cast):
    whistle, booking = make_whistle(cast), make_booking(cast)
    one = propose(
        ticket=whistle.ticket, ground=ItemGround.WHISTLE, by=cast.secretary, whistle=whistle
    )
    two = propose(
        ticket=booking.ticket, ground=ItemGround.COMMUNITY_DAY, by=cast.secretary, booking=booking
    )
    assert (one.whistle, two.booking) == (whistle, booking)


def test_the_clocks_propose_without_a_name(cast):
    item = propose(ticket=make_matter(cast), ground=ItemGround.LATE, by=None)
    assert (item.proposed_by, item.ground) == (None, ItemGround.LATE)
