"""Promises of a ticket and what was told when they were not kept."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.choices import ClockMode, ClockState, LimitUnit, Stage
from tickets.models.tickets import Ticket


class ClockQuerySet(models.QuerySet):
    def needing_a_look(self, at):
        """Clocks whose next moment (limit, end of a pause, expiry) has come."""
        return self.filter(next_check_at__lte=at).order_by("next_check_at")


class Clock(models.Model):
    """One promise of one cycle. Due time and level are caches; the events are the truth."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks")
    stage = models.CharField(max_length=8, choices=Stage.choices)
    cycle = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    mode = models.CharField(max_length=8, choices=ClockMode.choices)
    limit_amount = models.PositiveIntegerField()
    limit_unit = models.CharField(max_length=12, choices=LimitUnit.choices)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    # [[from, to], …] as ISO text; an open pause ends with its latest end.
    pauses = models.JSONField(default=list)
    paused_until = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    target_revision = models.PositiveSmallIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "stage", "cycle"], name="tickets_clock_once_a_cycle"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="tickets_clock_next_check",
            )
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.stage} {self.cycle}"


class Escalation(models.Model):
    """A late ticket told to one person; the unique key is why nobody is told twice."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="escalations")
    target_revision = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    addressee = models.ForeignKey(User, models.PROTECT, related_name="+")
    crossed_at = models.DateTimeField()
    noticed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "target_revision", "level", "addressee"],
                name="tickets_escalation_once",
            )
        ]

    def __str__(self):
        return f"{self.clock_id} {self.level} {self.addressee_id}"
