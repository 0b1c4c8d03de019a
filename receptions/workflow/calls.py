"""Calling departments to a reception day: the roll-call, and calls that many bookings make."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Organisation
from common.errors import RuleViolation
from grids import directory
from receptions.choices import EventVerb, SessionKind, SessionStatus
from receptions.models import Session, SessionPolicy
from receptions.workflow.bookings import holding
from receptions.workflow.moves import check, now
from receptions.workflow.sessions import SESSION_MOVES, answer_due
from receptions.workflow.summonses import summon
from receptions.workflow.telling import say
from tickets.catalogue import categories
from tickets.models import Ticket

# A department that is called early shall have at least so long before the day.
EARLY = timedelta(hours=48)
_EARLY_NOTE = gettext_noop("%(number)d people come about “%(cause)s” (%(place)s)")


def call_roll(session, *, organisations, by, note="", at=None):
    """Call departments to the day (点卯) and return their summonses; twice is once.

    They answer by the policy's lead before the day; silence then climbs (summonses).
    """
    organisations = list(organisations)
    if not organisations:
        raise RuleViolation(_("Please choose at least one department."), field="organisations")
    with holding(session.pk) as day:
        at = at or now()
        check(day, SESSION_MOVES[EventVerb.CALL], by)
        return [_summon(day, each, by, note, at) for each in organisations]


def _summon(day, organisation, by, note, at):
    return summon(
        session=day,
        organisation=organisation,
        by=by,
        at=at,
        note=note,
        answer_by=max(answer_due(day), at),
        arrive_by=day.starts_at,
    )


def causes_of(session, policy):
    """Return {(category, village): number of people's matters} that are worth an early call.

    Enough bookings on one cause, or enough open matters of the place on it.
    """
    found = {}
    booked = session.bookings.live().values_list("ticket__category", "ticket__village")
    for category, village, number in booked.annotate(number=Count("pk")):
        if number >= policy.early_call_bookings:
            found[category, village] = number
    matters = Ticket.objects.open().filter(community=session.grid_id)
    matters = matters.filter(is_confidential=False).values_list("category_id", "village_id")
    for category, village, number in matters.annotate(number=Count("pk")):
        if number >= policy.early_call_tickets:
            found[category, village] = max(number, found.get((category, village), 0))
    return found


def call_early(at):
    """Call the departments of frequent causes while there is time; return how many were called.

    Each department is called once a day: whoever is called already, for whatever reason, is not
    called again.
    """
    policy, called = SessionPolicy.objects.of(SessionKind.COMMUNITY_DAY), 0
    days = Session.objects.filter(
        kind=SessionKind.COMMUNITY_DAY, status=SessionStatus.PUBLISHED, starts_at__gte=at + EARLY
    )
    for day in days.order_by("pk"):
        wanted = {}
        for (category, village), number in causes_of(day, policy).items():
            wanted.setdefault(categories[category].department_id, (category, village, number))
        wanted.pop(None, None)
        for organisation_id in set(day.summonses.values_list("organisation", flat=True)):
            wanted.pop(organisation_id, None)
        for organisation in Organisation.objects.active().filter(pk__in=wanted).order_by("pk"):
            called += _call_one(day, organisation, wanted[organisation.pk], at)
    return called


def _call_one(day, organisation, cause, at):
    """Call one department in a transaction of its own; one that has nobody stops no other."""
    category, village, number = cause
    note = say(
        _EARLY_NOTE,
        number=number,
        cause=categories[category],
        place=directory.name(village) or day.grid,
    )
    try:
        with transaction.atomic():
            _summon(day, organisation, None, note[:200], at)
    except RuleViolation:
        return 0
    return 1
