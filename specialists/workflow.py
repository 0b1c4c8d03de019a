"""Binding a specialist's posting to a place, and ending that."""

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
from specialists.models import Assignment


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


def _save(assignment):
    try:
        assignment.full_clean()
    except ValidationError as error:
        raise RuleViolation(" ".join(error.messages)) from error
    assignment.save()


def _facts(assignment):
    return {
        "posting": assignment.posting_id,
        "grid": assignment.grid_id,
        "kind": assignment.kind,
        "valid_from": assignment.valid_from.isoformat(),
        "valid_to": assignment.valid_to.isoformat() if assignment.valid_to else None,
    }
