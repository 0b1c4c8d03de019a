"""Publishing time limits, and what they do to matters that are open already."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import RuleViolation
from common.models import Version
from common.workflow import record
from tickets import policies
from tickets.catalogue import categories
from tickets.choices import OPEN, ClockMode, LimitUnit, Stage, Verb
from tickets.models import LONGEST_DAYS, LONGEST_SECONDS, Policy, Ticket
from tickets.workflow import clockwork
from tickets.workflow.promises import change_policy, changed_limits
from tickets.workflow.recompute import Moves


def publish_policy(*, stage, mode, amount, unit, by, category=None, priority="", note="", at=None):
    """Put another time limit in force; the one before ends, open matters keep theirs.

    Returns the new Policy. Raises RuleViolation for a limit of nothing or of years, and for
    working days on a wall clock.
    """
    _check_limit(stage, mode, amount, unit)
    with transaction.atomic():
        at = at or timezone.now()
        # Publishers of one limit queue here; the first two ever meet at the unique key.
        same = Policy.objects.in_force().filter(stage=stage, category=category, priority=priority)
        list(same.select_for_update(of=("self",)))
        same.update(until=at)
        policy = Policy(
            stage=stage,
            category=category,
            priority=priority,
            mode=mode,
            amount=amount,
            unit=unit,
            since=at,
            published_by=_name(by),
            note=note.strip(),
        )
        policy.full_clean()
        policy.save(force_insert=True)
        _announce()
        detail = {"stage": stage, "amount": amount, "unit": unit, "mode": mode}
        record("publish_policy", by=by, object=policy, detail=detail, at=at)
    return policy


def withdraw_policy(policy, *, by, at=None):
    """End a limit; the next wider one counts from now. Raises RuleViolation for the widest ones."""
    if policy.category_id is None and not policy.priority:
        raise RuleViolation(_("The limit for everything else cannot be withdrawn."))
    with transaction.atomic():
        at = at or timezone.now()
        if not Policy.objects.in_force().filter(pk=policy.pk).update(until=at):
            raise RuleViolation(_("This limit is no longer in force."))
        _announce()
        record("withdraw_policy", by=by, object=policy, at=at)


def _check_limit(stage, mode, amount, unit):
    if stage not in Stage.values or mode not in ClockMode.values or unit not in LimitUnit.values:
        raise RuleViolation(_("Please choose from the lists."))
    if unit == LimitUnit.WORKING_DAYS and mode != ClockMode.BUSINESS:
        raise RuleViolation(_("Working days need the clock of working hours."), field="unit")
    least, most = (1, LONGEST_DAYS) if unit == LimitUnit.WORKING_DAYS else (60, LONGEST_SECONDS)
    if not least <= amount <= most:
        raise RuleViolation(
            _("A limit is between one minute and 180 days, or 1 to 120 working days."),
            field="amount",
        )


def _announce():
    Version.objects.bump(policies.VERSION_NAME)
    policies.policies.clear()
    transaction.on_commit(policies.policies.clear)


def _name(by):
    return by if isinstance(by, str) else by.get_username()


def preview_policies(at=None):
    """Return the Moves of giving every open ticket the limits of now; stores nothing."""
    at, moves = at or timezone.now(), Moves()
    for ticket, clocks, limits in _outdated():
        for clock in clocks:
            if clock.stage == Stage.RESOLVE and limits.get(clock.stage):
                before = clock.due_at
                clockwork.retarget(clock, limits[clock.stage], at, because=Verb.CHANGE_POLICY)
                if clock.due_at != before:
                    moves.add(ticket.reference, before, clock.due_at, at)
    return moves


def apply_policies(*, by, at=None):
    """Give every open ticket the limits of now; return how many tickets changed.

    An event for each, so that its history tells it and its replay gives the same rows. Safe to run
    again after it has died half-way.
    """
    changed = 0
    for ticket, _clocks, _limits in _outdated():
        changed += change_policy(ticket, categories[ticket.category_id], at=at)
    record("apply_policies", by=by, object=("policies", "all"), detail={"tickets": changed}, at=at)
    return changed


def _outdated():
    """Yield (ticket, its running clocks, {stage: limit}) of open tickets promised otherwise."""
    tickets = Ticket.objects.filter(status__in=OPEN).order_by("pk").prefetch_related("clocks")
    for ticket in tickets.iterator(chunk_size=500):
        clocks = [each for each in ticket.clocks.all() if each.stopped_at is None]
        limits = changed_limits(clocks, policies.limits_of(categories[ticket.category_id]))
        if limits:
            yield ticket, clocks, limits
