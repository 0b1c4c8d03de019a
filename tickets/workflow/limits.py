"""Publishing time limits, and what they do to matters that are open already."""

import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from time import monotonic

from celery import signature
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import AlreadyDone, RuleViolation, StalePage
from common.models import Version
from common.text import tidy
from common.workflow import record
from tickets import policies
from tickets.catalogue import categories
from tickets.choices import OPEN, ClockMode, LimitUnit, Priority, Stage, Verb
from tickets.models import LONGEST_DAYS, LONGEST_SECONDS, Clock, Policy, Ticket
from tickets.workflow import clockwork
from tickets.workflow.promises import change_policy
from tickets.workflow.recompute import Moves

logger = logging.getLogger(__name__)

# A matter must be promised an end, and the wait for the resident's word one too.
NEVER_WITHOUT = (Stage.RESOLVE, Stage.CONFIRM)
NOTE_LIMIT = Policy._meta.get_field("note").max_length
# Which revision of the limits somebody has asked to apply; 0 when nothing is asked for.
ASKED = "policies.asked"
EVERY_POLICY = ("policies", "all")
PAGE = 500
RUN_SECONDS = 45


# --- Publishing ----------------------------------------------------------------------------


def publish_policy(*, stage, mode, amount, unit, by, category=None, priority="", note="", at=None):
    """Put another time limit in force; the one before ends, open matters keep theirs.

    Returns the new Policy. Raises RuleViolation for a limit of nothing or of years, working days
    on a wall clock and words that are none of ours, AlreadyDone when the same is in force.
    """
    _check_limit(stage, mode, amount, unit, priority)
    note = tidy(note, NOTE_LIMIT, one_line=True)
    with transaction.atomic():
        _queue()
        key = {"stage": stage, "category": category, "priority": priority}
        terms = {"mode": mode, "amount": amount, "unit": unit}
        before = Policy.objects.in_force().filter(**key).first()
        if before is not None and _terms_of(before) == terms:
            raise AlreadyDone(_("This limit is in force already."))
        at = at or timezone.now()
        if before is not None:
            Policy.objects.filter(pk=before.pk).update(until=at)
        policy = Policy.objects.create(**key, **terms, since=at, published_by=_name(by), note=note)
        _forget()
        detail = {"stage": stage, "category": getattr(category, "code", ""), "priority": priority}
        record("publish_policy", by=by, object=policy, detail=detail | terms, at=at)
    return policy


def withdraw_policy(policy, *, by, at=None):
    """End a limit; the next wider one counts from now.

    Raises RuleViolation for the widest ones, and where nothing wider would promise an end;
    AlreadyDone when it is no longer in force.
    """
    if policy.category_id is None and not policy.priority:
        raise RuleViolation(_("The limit for everything else cannot be withdrawn."))
    with transaction.atomic():
        _queue()
        widest = Policy.objects.in_force().filter(stage=policy.stage, category=None, priority="")
        if policy.stage in NEVER_WITHOUT and not widest.exists():
            raise RuleViolation(_("Publish a limit for every category and priority first."))
        at = at or timezone.now()
        if not Policy.objects.in_force().filter(pk=policy.pk).update(until=at):
            raise AlreadyDone(_("This limit is no longer in force."))
        _forget()
        record("withdraw_policy", by=by, object=policy, at=at)


def _check_limit(stage, mode, amount, unit, priority):
    known = (
        (stage, Stage.values, "stage"),
        (priority, ["", *Priority.values], "priority"),
        (mode, ClockMode.values, "mode"),
        (unit, LimitUnit.values, "unit"),
    )
    for word, words, name in known:
        if word not in words:
            raise RuleViolation(_("Please choose from the lists."), field=name)
    if unit == LimitUnit.WORKING_DAYS and mode != ClockMode.BUSINESS:
        raise RuleViolation(_("Working days need the clock of working hours."), field="unit")
    least, most = (1, LONGEST_DAYS) if unit == LimitUnit.WORKING_DAYS else (60, LONGEST_SECONDS)
    if type(amount) is not int or not least <= amount <= most:
        raise RuleViolation(
            _("A limit is between one minute and 180 days, or 1 to 120 working days."),
            field="amount",
        )


def _queue():
    """Let publishers pass one at a time: they meet at the row that counts the changes."""
    Version.objects.bump(policies.VERSION_NAME)


def _forget():
    policies.policies.clear()
    transaction.on_commit(policies.policies.clear)


def _terms_of(policy):
    return {"mode": policy.mode, "amount": policy.amount, "unit": policy.unit}


def _name(by):
    return by if isinstance(by, str) else by.get_username()


# --- Open matters: what would move ---------------------------------------------------------


@dataclass
class Proposal(Moves):
    """What applying the limits would do; the Moves are those of the promised dates.

    `revision` says which limits were looked at, `tickets` how many matters would change at all,
    `stages` for how many of them the limit of a stage, `ended` how many promises would be made no
    longer, `stuck` for how many the calendar holds no days.
    """

    revision: int = 0
    tickets: int = 0
    ended: int = 0
    stuck: int = 0
    stages: Counter = field(default_factory=Counter)


def limits_revision():
    """Return a number that moves with every change of the limits and of whom they count for."""
    return sum(Version.objects.current(name) for name in (policies.VERSION_NAME, "categories"))


def preview_policies(at=None):
    """Return the Proposal of giving every open ticket the limits of now; stores nothing."""
    at, found, last = at or timezone.now(), Proposal(revision=limits_revision()), None
    _read_again()
    # Two columns of the ticket instead of all: there may be many.
    clocks = _outdated().annotate(
        reference=F("ticket__reference"), category_id=F("ticket__category")
    )
    for clock in clocks.order_by("ticket_id", "pk").iterator(chunk_size=PAGE):
        found.tickets += clock.ticket_id != last
        last = clock.ticket_id
        found.stages[clock.stage] += 1
        limit = policies.limit_of(clock.stage, categories[clock.category_id])
        _foresee(found, clock, limit, at)
    return found


def _foresee(found, clock, limit, at):
    before = clock.due_at
    if limit is None:
        found.ended += 1
        return
    try:
        clockwork.retarget(clock, limit, at, because=Verb.CHANGE_POLICY)
    except RuleViolation:
        found.stuck += 1
        return
    if clock.stage == Stage.RESOLVE and clock.due_at != before:
        found.add(clock.reference, before, clock.due_at, at)


def _outdated():
    """Return the running clocks of open tickets that the limits of now would promise otherwise."""
    running = Clock.objects.unfinished().filter(
        ticket__status__in=OPEN, stage__in=policies.FROM_THE_START, policy__isnull=False
    )
    pairs = running.order_by().values_list("policy_id", "ticket__category_id").distinct()
    made = Policy.objects.in_bulk({policy_id for policy_id, _category in pairs})
    concerned = defaultdict(list)
    for policy_id, category_id in pairs:
        before = made[policy_id]
        limit = policies.limit_of(before.stage, categories[category_id])
        if limit is None or not _terms_of(before).items() <= limit.items():
            concerned[policy_id].append(category_id)
    wanted = Q(pk__in=[])
    for policy_id, category_ids in concerned.items():
        wanted |= Q(policy=policy_id, ticket__category__in=category_ids)
    return running.filter(wanted)


def _read_again():
    """Look at limits and categories as they are now, not as some seconds ago."""
    policies.policies.clear()
    categories.clear()


# --- Open matters: applying ----------------------------------------------------------------


@dataclass
class Applied:
    """What a run did: tickets changed, tickets that could not be, and whether all were seen."""

    changed: int = 0
    stuck: int = 0
    is_complete: bool = False


def apply_policies(*, by, at=None):
    """Give every open ticket the limits of now; return how many tickets changed.

    An event for each, so that its history tells it and its replay gives the same rows. Safe to run
    again after it has died half-way, and beside another run.
    """
    return _apply(limits_revision(), by=by, at=at).changed


def ask_to_apply(*, seen, by, at=None):
    """Have the worker give open tickets the limits that a preview showed (`seen` its revision).

    Raises StalePage when they have changed since, AlreadyDone while the worker is at it.
    """
    with transaction.atomic():
        _hold_limits()
        if seen != limits_revision():
            raise StalePage(
                _("The time limits have changed since this preview. Please look again.")
            )
        if is_being_applied():
            raise AlreadyDone(_("The time limits are being applied already."))
        Version.objects.update_or_create(name=ASKED, defaults={"number": seen})
        detail = {"revision": seen}
        record("ask_to_apply_policies", by=by, object=EVERY_POLICY, detail=detail, at=at)
        transaction.on_commit(_nudge)


def is_being_applied():
    """Whether the limits of now are on their way to open tickets."""
    return Version.objects.current(ASKED) == limits_revision() > 0


def apply_if_asked(at=None):
    """Go on with what an administrator has asked for; return how many tickets changed.

    Ends for good when all are done or when the limits have changed since: nobody has seen what
    those would do. A run that took its time asks for the next one.
    """
    asked = Version.objects.current(ASKED)
    if not asked:
        return 0
    run = _apply(asked, by="system", at=at, end=monotonic() + RUN_SECONDS)
    if run.is_complete or asked != limits_revision():
        Version.objects.filter(name=ASKED, number=asked).update(number=0)
    else:
        _nudge()
    return run.changed


def _apply(revision, *, by, at=None, end=float("inf")):
    """Change open tickets one by one until all are done, `end` has come or the limits move."""
    _read_again()
    run = Applied()
    for pk in _tickets_of(_outdated()):
        if monotonic() > end or not _apply_one(pk, revision, run, at):
            break
    else:
        run.is_complete = True
    if run.changed or run.is_complete:
        detail = {"revision": revision, "tickets": run.changed, "stuck": run.stuck}
        record("apply_policies", by=by, object=EVERY_POLICY, detail=detail, at=at)
    return run


def _tickets_of(clocks):
    """Yield the tickets of these clocks, a page at a time: each is written to before the next."""
    last = 0
    while last is not None:
        rows = clocks.filter(ticket__gt=last).order_by("ticket_id")
        pks = list(rows.values_list("ticket_id", flat=True).distinct()[:PAGE])
        yield from pks
        last = pks[-1] if pks else None


def _apply_one(pk, revision, run, at):
    """Change one ticket under the limits of this revision; return False when they have moved."""
    try:
        with transaction.atomic():
            _hold_limits()
            if limits_revision() != revision:
                return False
            # Locked before its category is read: it may just get another one.
            ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=pk)
            if ticket.status in OPEN:
                run.changed += change_policy(ticket, categories[ticket.category_id], at=at)
    except Exception:
        # One that cannot be dealt with stands in nobody's way.
        logger.exception("Ticket %s could not be given other limits", pk)
        run.stuck += 1
    return True


def _hold_limits():
    """Let nobody publish until the end of this transaction."""
    rows = Version.objects.filter(name=policies.VERSION_NAME)
    list(rows.select_for_update())


def _nudge():
    """Ask the worker to begin now; without a broker the row waits for the next minute."""
    try:
        signature("tickets.apply_policies").apply_async(retry=False)
    except Exception:
        logger.warning("applying time limits could not be nudged", exc_info=True)
