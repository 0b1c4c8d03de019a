"""Everything that is done to people: postings, leave, ending accounts; each act is audited."""

import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import Leave, Posting, User
from accounts.reports import day_of, forget_reach
from common.errors import AlreadyDone, RuleViolation
from common.workflow import record

UNVERIFIED_LIFE = datetime.timedelta(days=1)
_NAME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@transaction.atomic
def post(
    user, role, *, grid=None, organisation=None, by, valid_from=None, valid_to=None
) -> Posting:
    """Give a person a role at a grid or in an organisation, from a day to a day inclusive.

    Raises RuleViolation where role and place do not fit, AlreadyDone where the person has it.
    """
    posting = Posting(
        user=user,
        role=role,
        grid=grid,
        organisation=organisation,
        valid_from=valid_from or day_of(),
        valid_to=valid_to,
    )
    same = Posting.objects.filter(user=user, role=role, grid=grid, organisation=organisation)
    if same.current(posting.valid_from).exists():
        raise AlreadyDone(_("This person has this role here already."))
    _save(posting)
    forget_reach(user)
    record("post", by=by, object=posting, detail=_facts(posting))
    return posting


@transaction.atomic
def change_posting(posting, *, by, **changes) -> Posting:
    """Correct a posting (role, place, days); its holder must sign in again.

    Raises RuleViolation where the result does not fit together.
    """
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    before = _facts(posting)
    for name, value in changes.items():
        setattr(posting, name, value)
    _save(posting)
    end_sessions(posting.user)
    detail = {"before": before, "after": _facts(posting)}
    record("change_posting", by=by, object=posting, detail=detail)
    return posting


@transaction.atomic
def end_posting(posting, *, by, last_day=None) -> Posting:
    """End a posting, by default with yesterday, and with it all sessions of its holder.

    Ended on its first day it is deleted: it never took effect. Raises AlreadyDone if it has ended.
    """
    posting = Posting.objects.select_for_update().get(pk=posting.pk)
    last_day = last_day or day_of() - datetime.timedelta(days=1)
    if posting.valid_to and posting.valid_to <= last_day:
        raise AlreadyDone(_("This posting has ended already."))
    detail = _facts(posting) | {"last_day": last_day.isoformat()}
    if last_day < posting.valid_from:
        record("end_posting", by=by, object=posting, detail=detail)
        posting.delete()
    else:
        posting.valid_to = last_day
        posting.save(update_fields=["valid_to"])
        record("end_posting", by=by, object=posting, detail=detail)
    end_sessions(posting.user)
    return posting


@transaction.atomic
def grant_leave(posting, first_day, last_day, substitute=None, *, by) -> Leave:
    """Note that a posting's holder is away, and who stands in with the same reach meanwhile.

    Raises RuleViolation for days in the wrong order, a second leave on the same days, or a
    substitute who cannot stand in.
    """
    Posting.objects.select_for_update().get(pk=posting.pk)
    check_leave(posting, first_day, last_day, substitute)
    leave = Leave.objects.create(
        posting=posting, first_day=first_day, last_day=last_day, substitute=substitute
    )
    if substitute:
        forget_reach(substitute)
    detail = {
        "posting": posting.pk,
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
        "substitute": substitute.pk if substitute else None,
    }
    record("grant_leave", by=by, object=leave, detail=detail)
    return leave


def check_leave(posting, first_day, last_day, substitute=None, leave=None):
    """Raise RuleViolation unless the posting may have this leave (so far `leave`)."""
    if last_day < first_day:
        raise RuleViolation(_("The last day must not come before the first."), field="last_day")
    if substitute and (substitute == posting.user or not substitute.is_active):
        raise RuleViolation(
            _("The substitute must be somebody else who can sign in."), field="substitute"
        )
    others = posting.leaves.exclude(pk=leave.pk) if leave and leave.pk else posting.leaves
    if others.filter(first_day__lte=last_day, last_day__gte=first_day).exists():
        raise RuleViolation(_("This person is on leave on some of these days already."))


@transaction.atomic
def disable(user, *, by) -> User:
    """Close an account: it can no longer sign in and every session of it ends at once."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise AlreadyDone(_("This account is closed already."))
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user)
    record("disable", by=by, object=user)
    return user


def end_sessions(user):
    """End every session of this person, on all devices, with their next request."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.session_epoch = None
    user.refresh_from_db(fields=["session_epoch"])
    forget_reach(user)


@transaction.atomic
def forget_second_step(user, *, by):
    """Take a person's second step away, after a lost telephone; all their sessions end."""
    user.authenticator_set.all().delete()
    end_sessions(user)
    record("forget_second_step", by=by, object=user)


def resident_for(phone) -> User:
    """Return the person with this canonical phone; make an account that only a code opens."""
    user, _created = User.objects.get_or_create(
        phone=phone,
        defaults={
            "username": "r-" + get_random_string(14, _NAME_ALPHABET),
            "password": make_password(None),
        },
    )
    return user


def forget_unverified(at=None) -> int:
    """Delete accounts that were asked for a day ago and never opened; return how many."""
    before = (at or timezone.now()) - UNVERIFIED_LIFE
    ids = list(User.objects.never_verified(before).values_list("pk", flat=True)[:500])
    with transaction.atomic():
        User.objects.filter(pk__in=ids).delete()
        # The history would keep the phone of somebody who never became a user.
        User.history.filter(id__in=ids).delete()
    return len(ids)


def _save(posting):
    try:
        posting.full_clean()
    except ValidationError as error:
        raise RuleViolation(" ".join(error.messages)) from error
    posting.save()


def _facts(posting):
    return {
        "user": posting.user_id,
        "role": posting.role,
        "grid": posting.grid_id,
        "organisation": posting.organisation_id,
        "valid_from": posting.valid_from.isoformat(),
        "valid_to": posting.valid_to.isoformat() if posting.valid_to else None,
    }
