"""Binding a specialist's posting to a place; putting people on the duty roster; ending both."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.reports import day_of
from common.errors import AlreadyDone, RuleViolation
from common.workflow import record
from grids.choices import GridLevel
from specialists.choices import SpecialistKind
from specialists.models import Assignment, DutyShift

# A week and the days around it hold every way in which two weekly shifts can meet.
LOOKED_AT = 15


@transaction.atomic
def assign(posting, grid, kind=SpecialistKind.CONTACT, *, by, valid_from=None, valid_to=None):
    """Make a specialist answer for a place, as its own specialist or as a contact.

    Raises RuleViolation where the posting is no specialist's, where a place other than a community
    would get an own specialist, or where the community has one already.
    """
    check(posting, grid, kind)
    assignment = Assignment(
        posting=posting,
        grid=grid,
        kind=kind,
        valid_from=valid_from or day_of(),
        valid_to=valid_to,
    )
    _save(assignment)
    record("assign_specialist", by=by, object=assignment, detail=_facts(assignment))
    return assignment


def check(posting, grid, kind):
    """Raise RuleViolation unless this posting may be bound to this place in this way."""
    if posting.role != Role.SPECIALIST:
        raise RuleViolation(
            _("Only a service specialist can be bound to a place."), field="posting"
        )
    if kind == SpecialistKind.COMMUNITY and grid.level != GridLevel.COMMUNITY:
        raise RuleViolation(_("Only a community has a specialist of its own."), field="grid")


@transaction.atomic
def end_assignment(assignment, *, by, last_day=None):
    """End it, by default with yesterday; ended on its first day it is deleted.

    Raises AlreadyDone if it has ended by then.
    """
    assignment = Assignment.objects.select_for_update().get(pk=assignment.pk)
    last_day = last_day or day_of() - datetime.timedelta(days=1)
    if assignment.valid_to and assignment.valid_to <= last_day:
        raise AlreadyDone(_("This has ended already."))
    detail = _facts(assignment) | {"last_day": last_day.isoformat()}
    record("end_specialist", by=by, object=assignment, detail=detail)
    if last_day < assignment.valid_from:
        assignment.delete()
    else:
        assignment.valid_to = last_day
        assignment.save(update_fields=["valid_to"])
    return assignment


# --- Duty roster ---------------------------------------------------------------------------


@transaction.atomic
def add_shift(posting, *, by, starts_at, ends_at, weekdays="", valid_from=None, **fields):
    """Put a person of an organisation on its duty roster.

    Raises RuleViolation where two would be on duty at once, or neither days nor dates are named.
    """
    shift = DutyShift(
        posting=posting,
        starts_at=starts_at,
        ends_at=ends_at,
        weekdays=weekdays,
        valid_from=valid_from or day_of(),
        **fields,
    )
    check_shift(shift)
    _save(shift)
    record("add_duty", by=by, object=shift, detail=_facts_of_shift(shift))
    return shift


@transaction.atomic
def change_shift(shift, *, by):
    """Store a changed shift under the rules of a new one."""
    check_shift(shift)
    _save(shift)
    record("change_duty", by=by, object=shift, detail=_facts_of_shift(shift))
    return shift


@transaction.atomic
def end_shift(shift, *, by, last_day=None):
    """End a shift, by default with yesterday; ended on its first day it is deleted."""
    shift = DutyShift.objects.select_for_update().get(pk=shift.pk)
    last_day = last_day or day_of() - datetime.timedelta(days=1)
    if shift.valid_to and shift.valid_to <= last_day:
        raise AlreadyDone(_("This has ended already."))
    detail = _facts_of_shift(shift) | {"last_day": last_day.isoformat()}
    record("end_duty", by=by, object=shift, detail=detail)
    if last_day < shift.valid_from:
        shift.delete()
    else:
        shift.valid_to = last_day
        shift.save(update_fields=["valid_to"])
    return shift


def check_shift(shift):
    """Raise RuleViolation unless this shift fits into its organisation's roster.

    What is agreed for certain days may lie over the weekly rule; two of one sort may not meet.
    """
    if shift.posting.organisation_id is None:
        raise RuleViolation(_("Only who works for an organisation is on duty."), field="posting")
    if shift.valid_to and shift.valid_to < shift.valid_from:
        raise RuleViolation(_("The last day must not come before the first."), field="valid_to")
    if not shift.weekdays and shift.valid_to is None:
        raise RuleViolation(
            _("Please choose days of the week, or give a last day."), field="weekdays"
        )
    last = shift.valid_to or datetime.date.max - datetime.timedelta(days=LOOKED_AT)
    others = DutyShift.objects.between(
        shift.valid_from - datetime.timedelta(days=1), last + datetime.timedelta(days=1)
    ).filter(posting__organisation=shift.posting.organisation_id)
    for other in others.exclude(pk=shift.pk).select_related("posting__user"):
        if other.is_dated == shift.is_dated and _meet(shift, other):
            raise RuleViolation(
                _("Then somebody is on duty already: %(shift)s.") % {"shift": other},
                field="starts_at",
                code="overlap",
            )


def _meet(one, other):
    """Whether two shifts ever run at the same time."""
    first = max(one.valid_from, other.valid_from) - datetime.timedelta(days=1)
    days = [first + datetime.timedelta(days=number) for number in range(LOOKED_AT + 1)]
    ours = [one.span(day) for day in days if one.begins_on(day)]
    theirs = [other.span(day) for day in days if other.begins_on(day)]
    return any(a < end and start < b for a, b in ours for start, end in theirs)


def _facts_of_shift(shift):
    return {
        "posting": shift.posting_id,
        "weekdays": shift.weekdays,
        "starts_at": shift.starts_at.isoformat("minutes"),
        "ends_at": shift.ends_at.isoformat("minutes"),
        "valid_from": shift.valid_from.isoformat(),
        "valid_to": shift.valid_to.isoformat() if shift.valid_to else None,
    }


def _save(row):
    try:
        row.full_clean()
    except ValidationError as error:
        raise RuleViolation(" ".join(error.messages)) from error
    row.save()


def _facts(assignment):
    return {
        "posting": assignment.posting_id,
        "grid": assignment.grid_id,
        "kind": assignment.kind,
        "valid_from": assignment.valid_from.isoformat(),
        "valid_to": assignment.valid_to.isoformat() if assignment.valid_to else None,
    }
