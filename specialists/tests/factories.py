"""Specialists and their duty shifts for tests."""

import datetime

from accounts.choices import Role
from accounts.tests.factories import make_organisation, make_posting, make_user
from specialists.choices import SpecialistKind
from specialists.models import Assignment, DutyShift


def make_contact(organisation, grid, *, user=None, kind=SpecialistKind.CONTACT, **fields):
    """Return a saved assignment: a person of the organisation who answers for the grid."""
    user = user or make_user()
    posting = user.postings.filter(role=Role.SPECIALIST, organisation=organisation).first()
    posting = posting or make_posting(user, Role.SPECIALIST, organisation=organisation)
    fields.setdefault("valid_from", "2024-01-01")
    return Assignment.objects.create(posting=posting, grid=grid, kind=kind, **fields)


def make_own_specialist(community, *, user=None, organisation=None, **fields):
    """Return a saved assignment: the community's own specialist, lent by an organisation."""
    return make_contact(
        organisation or make_organisation(),
        community,
        user=user,
        kind=SpecialistKind.COMMUNITY,
        **fields,
    )


def make_shift(posting, starts_at, ends_at, *, weekdays="1234567", **fields):
    """Return a saved duty shift of a posting; times as "17:30", days as "67" (Monday is 1)."""
    fields.setdefault("valid_from", datetime.date(2024, 1, 1))
    return DutyShift.objects.create(
        posting=posting,
        weekdays=weekdays,
        starts_at=datetime.time.fromisoformat(starts_at),
        ends_at=datetime.time.fromisoformat(ends_at),
        **fields,
    )
