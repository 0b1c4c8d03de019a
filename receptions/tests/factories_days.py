"""Reception days and bookings for tests: plain functions, through the same verbs as the pages."""

from datetime import datetime, timedelta

from django.utils import timezone

from receptions.choices import BookingSource, SessionKind
from receptions.workflow import bookings, sessions
from tickets.models import Category
from tickets.tests.factories import make_category
from tickets.workflow import Contact, Filing


def nine(days=7, at=None):
    """Return nine in the morning so many days from now."""
    day = timezone.localtime(at).date() + timedelta(days=days)
    return timezone.make_aware(datetime(day.year, day.month, day.day, 9))


def plan(cast, **fields):
    """Return a residents' day of the first community: nine o'clock in a week, 13 places."""
    starts_at = fields.pop("starts_at", None) or nine()
    length = timedelta(minutes=15 * fields.pop("places", 13))
    given = {
        "kind": SessionKind.COMMUNITY_DAY,
        "grid": cast.community,
        "host": cast.secretary,
        "host_title": "社区党委书记",
        "place": "锦绣社区一楼议事厅",
        "starts_at": starts_at,
        "ends_at": starts_at + length,
        "by": cast.secretary,
    }
    return sessions.plan_session(**given | fields)


def publish(cast, **fields):
    """Return a published residents' day."""
    session = plan(cast, **fields)
    return sessions.publish(session, by=cast.secretary, at=fields.get("at"))


def run(session, at=None):
    """Return the day after it was opened on its morning."""
    return sessions.open(session, by=session.host, at=at or session.starts_at)


def visitor(number=1, **fields):
    """Return somebody with a name and a mobile phone of their own."""
    return Contact(**{"name": f"居民{number}", "phone": f"+8610000{number:06d}"} | fields)


def filing(cast, words="楼道灯坏了三天。", *, number=1, grid=None, category=None):
    """Return the Filing of a matter in the estate of the first community."""
    category = category or Category.objects.filter(parent__isnull=False).first() or make_category()
    return Filing(
        description=words,
        category_id=category.pk,
        grid=grid or cast.village,
        resident=visitor(number),
    )


def book(cast, session, number=1, *, words=None, source=BookingSource.WEB, by=None, **said):
    """Return a Booked: one visitor, one matter of their own words."""
    if "ticket" not in said:
        words = words or f"第{number}件事：楼道灯坏了。"
        said["filing"] = said.pop("filing", None) or filing(cast, words, number=number)
    people = said.pop("people", None) or [visitor(number)]
    return bookings.book(session, people=people, source=source, by=by, **said)
