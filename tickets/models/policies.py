"""What is promised: time limits by category, priority and stage, as rows that are never edited."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.choices import ClockMode, LimitUnit, Priority, Stage
from tickets.models.categories import Category

LONGEST_SECONDS = 180 * 86_400
LONGEST_DAYS = 120


class PolicyQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(until=None)


class Policy(models.Model):
    """One time limit from its publication to the next one's; another limit is another row.

    The most specific row counts: category before its top before all, a priority before any
    (`tickets.policies.limit_of`). Limits of single cities: domain notes, hotline time limits.
    """

    stage = models.CharField(_("stage"), max_length=8, choices=Stage.choices)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("category"),
    )
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority.choices, blank=True, default=""
    )
    mode = models.CharField(_("clock"), max_length=8, choices=ClockMode.choices)
    amount = models.PositiveIntegerField(_("limit"))
    unit = models.CharField(_("unit of the limit"), max_length=12, choices=LimitUnit.choices)
    since = models.DateTimeField(_("in force since"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True, editable=False)
    published_by = models.CharField(_("published by"), max_length=150)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("time limit")
        verbose_name_plural = _("time limits")
        ordering = ["stage", "category__code", "priority", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "category", "priority"],
                condition=Q(until=None, category__isnull=False),
                name="tickets_policy_one_for_category",
            ),
            models.UniqueConstraint(
                fields=["stage", "priority"],
                condition=Q(until=None, category=None),
                name="tickets_policy_one_for_all",
            ),
            models.CheckConstraint(
                condition=Q(unit=LimitUnit.SECONDS, amount__range=(60, LONGEST_SECONDS))
                | Q(unit=LimitUnit.WORKING_DAYS, amount__range=(1, LONGEST_DAYS)),
                name="tickets_policy_amount_sensible",
                violation_error_message=_(
                    "A limit is between one minute and 180 days, or 1 to 120 working days."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(unit=LimitUnit.WORKING_DAYS) | Q(mode=ClockMode.BUSINESS),
                name="tickets_policy_days_need_calendar",
                violation_error_message=_("Working days need the clock of working hours."),
            ),
        ]

    def __str__(self):
        return f"{self.stage} {self.category or '*'} {self.priority or '*'}"

    @property
    def limit(self):
        """The promise as an event stores it: mode, amount, unit, and whose word it was."""
        return {
            "mode": self.mode,
            "amount": self.amount,
            "unit": self.unit,
            "policy": self.pk,
        }
