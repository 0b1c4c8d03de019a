"""Promises are made with a name and a day, become tickets, and stay on the list till kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import make_organisation
from common.errors import NotAllowed, RuleViolation
from notices.models import Notice
from receptions.models import Commitment
from receptions.tests.factories_agenda import (
    make_booking,
    make_commitment,
    make_item,
    make_matter,
    make_whistle,
)
from tickets import workflow as tickets
from tickets.choices import Source, Status
from tickets.models import Ticket
from tickets.tests.factories import make_category

pytestmark = pytest.mark.django_db


def test_commit_takes_the_meetings_ticket_to_its_lead_and_tells_the_owner(cast):
    matter = make_matter(cast)
    made = make_commitment(cast, make_item(cast, ticket=matter))
    assert (made.ticket, made.owner, made.made_by) == (
        matter,
        cast.specialist,
        cast.district_secretary,
    )
    matter.refresh_from_db()
    assert (matter.status, matter.organisation, matter.holder) == (
        Status.DISPATCHED,
        cast.power,
        cast.specialist,
    )
    told = Notice.objects.get(unique_key=f"commitment:{made.pk}:made:{made.owner_id}")
    assert (told.recipient, made.text in told.title) == (cast.specialist, True)


def test_commit_leaves_a_ticket_that_the_lead_has_already_where_it_is(cast):
    matter = make_matter(cast, category=make_category(cast.power, is_immediate=True))
    before = matter.event_count
    assert make_commitment(cast, make_item(cast, ticket=matter)).ticket == matter
    matter.refresh_from_db()
    assert matter.event_count == before


@pytest.mark.parametrize("make", [make_whistle, make_booking])
def test_commit_works_for_whistles_and_residents_days(cast, make):
    meeting = make(cast)
    said = {"whistle" if make is make_whistle else "booking": meeting}
    made = make_commitment(cast, by=cast.secretary, **said)
    assert (made.meeting, made.ticket) == (meeting, meeting.ticket)


def test_a_second_lead_gets_a_ticket_of_its_own_with_clocks(cast):
    item = make_item(cast)
    first = make_commitment(cast, item)
    second = make_commitment(
        cast, item, lead=cast.housing, owner=cast.own_specialist, text="补修楼道墙面"
    )
    assert second.ticket != first.ticket
    work = second.ticket
    assert (work.source, work.grid, work.category, work.filed_by) == (
        Source.MEETING,
        item.ticket.grid,
        item.ticket.category,
        cast.district_secretary,
    )
    assert (work.status, work.organisation, work.holder, work.title) == (
        Status.DISPATCHED,
        cast.housing,
        cast.own_specialist,
        "补修楼道墙面",
    )
    assert work.due_at is not None


@pytest.mark.parametrize("lead", ["power", "housing"])
def test_a_matter_that_is_over_gets_a_new_ticket(cast, lead):
    matter = make_matter(cast)
    tickets.resolve_on_spot(matter, by=cast.secretary, note="修好了")
    made = make_commitment(
        cast,
        make_item(cast, ticket=matter),
        lead=getattr(cast, lead),
        owner=cast.specialist,
    )
    assert made.ticket != matter
    assert made.ticket.organisation == getattr(cast, lead)


def test_a_matter_that_cannot_move_gets_a_new_ticket(cast):
    matter = make_matter(cast, category=make_category(cast.power, is_immediate=True))
    tickets.acknowledge(matter, by=cast.specialist)
    until = timezone.now() + timedelta(days=2)
    tickets.hold(matter, by=cast.specialist, reason="parts", until=until)
    made = make_commitment(
        cast, make_item(cast, ticket=matter), lead=cast.housing, owner=cast.own_specialist
    )
    assert made.ticket != matter
    assert made.ticket.organisation == cast.housing


def test_a_matter_in_other_hands_is_passed_on(cast):
    matter = make_matter(cast, category=make_category(cast.power, is_immediate=True))
    made = make_commitment(
        cast, make_item(cast, ticket=matter), lead=cast.housing, owner=cast.own_specialist
    )
    matter.refresh_from_db()
    assert (made.ticket, matter.organisation) == (matter, cast.housing)


def test_a_tip_off_stays_a_tip_off_with_few_readers(cast):
    matter = make_matter(cast, kind="tip_off")
    tickets.resolve_on_spot(matter, by=cast.secretary, note="查过了")
    assert make_commitment(cast, make_item(cast, ticket=matter)).ticket.is_confidential


def test_helpers_are_kept_without_the_lead(cast):
    made = make_commitment(cast, helpers=[cast.power, cast.housing])
    assert list(made.helpers.all()) == [cast.housing]
    legs = made.ticket.legs.filter(part="co").values_list("organisation", flat=True)
    assert list(legs) == [cast.housing.pk]


def test_the_same_promise_twice_is_one(cast):
    item = make_item(cast)
    assert make_commitment(cast, item) == make_commitment(cast, item)
    assert (Commitment.objects.count(), Ticket.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "  "}, "text"),
        ({"lead": None}, "lead"),
        ({"due_on": None}, "due_on"),
        ({"due_on": timezone.localdate() - timedelta(days=1)}, "due_on"),
        ({"due_on": timezone.localdate() + timedelta(days=367)}, "due_on"),
    ],
)
def test_a_promise_that_lacks_something_is_refused_beside_its_field(cast, said, field):
    item = make_item(cast)
    with pytest.raises(RuleViolation) as refused:
        make_commitment(cast, item, **said)
    assert (refused.value.field, Commitment.objects.count()) == (field, 0)


def test_an_organisation_without_anybody_needs_a_name(cast):
    with pytest.raises(RuleViolation) as refused:
        make_commitment(cast, lead=make_organisation("区房管中心"))
    assert refused.value.field == "owner"


def test_who_works_nowhere_cannot_answer_for_a_promise(cast):
    with pytest.raises(RuleViolation) as refused:
        make_commitment(cast, owner=cast.outsider)
    assert refused.value.field == "owner"


def test_a_stranger_to_the_place_promises_nothing(cast):
    item = make_item(cast)
    for stranger in (cast.neighbour_secretary, cast.specialist, cast.outsider):
        with pytest.raises(NotAllowed):
            make_commitment(cast, item, by=stranger)
