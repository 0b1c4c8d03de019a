"""Whistles and summonses for tests, through the same verbs as the pages."""

from datetime import timedelta

from django.utils import timezone

from receptions.choices import SessionKind
from receptions.models import Session
from receptions.workflow import summonses


def moment(**before):
    """Return the present to the second, or so much before it."""
    return timezone.now().replace(microsecond=0) - timedelta(**before)


def make_session(cast, **fields):
    """Return a residents' day of the first community in three days, planned by its secretary."""
    starts_at = fields.pop("starts_at", moment() + timedelta(days=3))
    values = {
        "kind": SessionKind.COMMUNITY_DAY,
        "grid": cast.community,
        "host": cast.secretary,
        "planned_by": cast.secretary,
        "place": "党群服务中心",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
    }
    return Session.objects.create(**values | fields)


def call_to_day(cast, organisation=None, **said):
    """Return the summons of an organisation (the power company) to a residents' day."""
    said.setdefault("session", None)
    session = said.pop("session") or make_session(cast)
    return summonses.summon(
        session=session, organisation=organisation or cast.power, by=cast.secretary, **said
    )
