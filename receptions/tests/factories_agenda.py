"""Meetings, items and commitments for tests: plain functions, through the verbs where they are."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from receptions.choices import (
    BookingSource,
    BookingStatus,
    ItemGround,
    SessionForm,
    SessionKind,
    SessionStatus,
    WhistleKind,
)
from receptions.models import Booking, Session, Slot, Whistle
from receptions.workflow.agenda import propose
from receptions.workflow.commitments import commit
from tickets.tests.factories import make_category, make_ticket

_numbers = count(1)


def make_matter(cast, **said):
    """Return an open ticket of the cast's village, filed by a resident, with its community."""
    category = said.pop("category", None) or make_category()
    return make_ticket(said.pop("grid", cast.village), category, **said)


def make_item(cast, *, by=None, ticket=None, ground=ItemGround.SECRETARY, **said):
    """Return a matter proposed for the district's agenda by its secretary."""
    ticket = ticket or make_matter(cast)
    return propose(ticket=ticket, ground=ground, by=by or cast.district_secretary, **said)


def make_day(cast, *, kind=SessionKind.DISTRICT_DAY, starts_in=7, **fields):
    """Return a published secretaries' day of the district, a week ahead unless told otherwise."""
    starts = timezone.now().replace(microsecond=0) + timedelta(days=starts_in)
    values = {
        "kind": kind,
        "form": SessionForm.TALK,
        "grid": cast.street if kind == SessionKind.STREET_DAY else cast.district,
        "host": cast.district_secretary,
        "place": "区会议中心",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=3),
        "status": SessionStatus.PUBLISHED,
        "planned_by": cast.dispatcher,
    }
    return Session.objects.create(**values | fields)


def make_whistle(cast, ticket=None):
    """Return a whistle that the community's secretary has blown."""
    return Whistle.objects.create(
        number=f"W{next(_numbers):08d}",
        ticket=ticket or make_matter(cast),
        kind=WhistleKind.TOUGH,
        facts="三家单位的管线在一条沟里",
        ground="社区没有权限",
        status="blown",
        written_by=cast.secretary,
        created_at=timezone.now(),
        blown_at=timezone.now(),
    )


def make_booking(cast, ticket=None):
    """Return a matter booked for a residents' day of the community, hosted by its secretary."""
    day = make_day(
        cast,
        kind=SessionKind.COMMUNITY_DAY,
        form="",
        grid=cast.community,
        host=cast.secretary,
    )
    slot = Slot.objects.create(session=day, number=1, starts_at=day.starts_at, limit=1, taken=1)
    return Booking.objects.create(
        session=day,
        slot=slot,
        ticket=ticket or make_matter(cast),
        status=BookingStatus.HELD,
        source=BookingSource.COUNTER,
        booked_at=timezone.now(),
        limit=5,
        taken=1,
    )


def make_commitment(cast, item=None, **said):
    """Return what the power company has promised for a week from now, at an item."""
    values = {
        "by": cast.district_secretary,
        "text": "更换单元楼的电缆",
        "lead": cast.power,
        "due_on": timezone.localdate() + timedelta(days=7),
    }
    if not said.keys() & {"whistle", "booking"}:
        values["item"] = item or make_item(cast)
    return commit(**values | said)
