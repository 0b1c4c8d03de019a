"""Promises of a ticket, what was told when they ran out, and orders to act (督办)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from tickets.choices import (
    ClockMode,
    ClockState,
    Delivery,
    LimitUnit,
    OrderGround,
    OrderState,
    Stage,
    Verb,
)
from tickets.models.policies import Policy
from tickets.models.tickets import TEXT_LIMIT, Ticket


class ClockQuerySet(models.QuerySet):
    def needing_a_look(self, at):
        """Clocks whose next moment (level, end of a pause, expiry) has come."""
        return self.filter(next_check_at__lte=at).order_by("next_check_at")

    def unfinished(self):
        return self.filter(stopped_at=None)

    def with_request(self):
        """Clocks of which somebody has asked for more time and nobody has decided."""
        return self.filter(asked_at__isnull=False)


class Clock(models.Model):
    """One promise of one cycle. The events are the truth; everything here is rebuilt from them.

    `thresholds` holds the instants at which the levels are reached, as [level, epoch seconds] in
    order of time (docs/adr/0012): arithmetic on write, comparison on sweep. `level` is the highest
    one that has been told or overtaken.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks")
    stage = models.CharField(_("stage"), max_length=8, choices=Stage.choices)
    cycle = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    mode = models.CharField(max_length=8, choices=ClockMode.choices)
    limit_amount = models.PositiveIntegerField()
    limit_unit = models.CharField(max_length=12, choices=LimitUnit.choices)
    # None: a promise that no policy made, such as what is left for a matter opened again.
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="+", db_index=False)
    # Granted on top of the limit, in the limit's own unit.
    extra_amount = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    # The first promise, and by which verb (or "calendar") it was moved last.
    first_due_at = models.DateTimeField(null=True)
    moved_by = models.CharField(max_length=20, blank=True)
    thresholds = models.JSONField(default=list)
    # [[from, to, reason], …] as ISO text; an open pause ends with its latest end.
    pauses = models.JSONField(default=list)
    paused_until = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    target_revision = models.PositiveSmallIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    # A request for more time that waits for a decision.
    asked_at = models.DateTimeField(null=True)
    asked_amount = models.PositiveIntegerField(null=True)
    # Frozen when the clock stops, in seconds of its own time.
    stopped_at = models.DateTimeField(null=True)
    elapsed_seconds = models.PositiveIntegerField(null=True)
    late_seconds = models.PositiveIntegerField(null=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "stage", "cycle"], name="tickets_clock_once_a_cycle"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(next_check_at=None),
                name="tickets_clock_stopped_is_quiet",
            ),
            models.CheckConstraint(
                condition=Q(asked_at=None, asked_amount=None)
                | Q(asked_at__isnull=False, asked_amount__isnull=False),
                name="tickets_clock_request_is_whole",
            ),
        ]
        indexes = [
            # Not "state is running": the end of a pause must be seen too (sla.md, tables).
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="tickets_clock_next_check",
            ),
            models.Index(
                fields=["asked_at"],
                condition=Q(asked_at__isnull=False),
                name="tickets_clock_asked",
            ),
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.get_stage_display()} {self.cycle}"

    def is_late(self, at):
        """Whether the promise is broken: the one predicate of sweep, page and report."""
        return self.due_at is not None and (self.stopped_at or at) > self.due_at

    @property
    def was_moved(self):
        """Whether the date promised today is another one than the first."""
        return bool(self.moved_by) and self.due_at != self.first_due_at

    def get_moved_by_display(self):
        return Verb(self.moved_by).label if self.moved_by in Verb.values else self.moved_by


class EscalationQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(delivery=Delivery.PENDING)


class Escalation(models.Model):
    """One level of one clock, reached once; the unique key is why nothing is told twice.

    `crossed_at` is when the level was reached, `noticed_at` when the sweep saw it: after an outage
    they differ, and reports count the first.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="escalations", db_index=False)
    target_revision = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField(_("level"))
    crossed_at = models.DateTimeField(_("reached at"))
    noticed_at = models.DateTimeField(_("noticed at"))
    delivery = models.CharField(
        _("what became of it"), max_length=10, choices=Delivery.choices, default=Delivery.PENDING
    )

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "target_revision", "level"], name="tickets_escalation_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(delivery="pending"), name="tickets_escalation_pending"
            )
        ]

    def __str__(self):
        return f"{self.clock}, {self.level}"


class ToldQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(told_at=None)


class Told(models.Model):
    """One person who is to hear of an escalation; `told_at` is when it went into the outbox."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="told", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    told_at = models.DateTimeField(_("told at"), null=True)

    objects = ToldQuerySet.as_manager()

    class Meta:
        verbose_name = _("person told")
        verbose_name_plural = _("persons told")
        constraints = [
            models.UniqueConstraint(fields=["escalation", "user"], name="tickets_told_once")
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(told_at=None), name="tickets_told_waiting")
        ]

    def __str__(self):
        return f"{self.escalation_id} {self.user_id}"


class OrderQuerySet(models.QuerySet):
    def unanswered(self):
        return self.filter(state=OrderState.OPEN)

    def unfinished(self):
        return self.exclude(state=OrderState.CLOSED)

    def late(self, at):
        return self.unanswered().filter(due_at__lt=at)


class SupervisionOrder(models.Model):
    """An order to act on a ticket (督办单): who must answer by when, and what came of it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="orders")
    ground = models.CharField(_("ground"), max_length=12, choices=OrderGround.choices)
    # None: issued by a rule.
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued at"))
    addressee = models.ForeignKey(
        User, models.PROTECT, related_name="orders", verbose_name=_("addressee")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    text = models.TextField(_("what is ordered"), max_length=TEXT_LIMIT)
    due_at = models.DateTimeField(_("answer by"))
    state = models.CharField(
        _("state"), max_length=8, choices=OrderState.choices, default=OrderState.OPEN
    )
    answer = models.TextField(_("answer"), max_length=TEXT_LIMIT, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    result = models.TextField(_("result"), max_length=TEXT_LIMIT, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # Set once, when a late answer has been told to whoever issued the order.
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("supervision order")
        verbose_name_plural = _("supervision orders")
        ordering = ["due_at", "pk"]
        constraints = [
            # A rule orders once a ground and ticket; a secretary may order again.
            models.UniqueConstraint(
                fields=["ticket", "ground"],
                condition=Q(issued_by=None),
                name="tickets_order_once_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("issued_at")), name="tickets_order_due_after_issue"
            ),
            models.CheckConstraint(
                condition=Q(state=OrderState.OPEN)
                | Q(answered_at__isnull=False)
                | Q(state=OrderState.CLOSED),
                name="tickets_order_answered_has_answer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="open"), name="tickets_order_unanswered"
            )
        ]

    def __str__(self):
        return f"{self.ticket}, {self.get_ground_display()}"

    def is_late(self, at):
        return self.state == OrderState.OPEN and at > self.due_at
