"""Service specialists: who answers for which organisation in which grid, and who at night."""

import datetime

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Posting
from grids.models import Grid
from specialists.choices import SpecialistKind


class AssignmentQuerySet(models.QuerySet):
    def current(self, on=None):
        """Assignments that run on the day, of postings that run too."""
        on = on or timezone.localdate()
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gte=on),
            Q(posting__valid_to=None) | Q(posting__valid_to__gte=on),
            valid_from__lte=on,
            posting__valid_from__lte=on,
            posting__user__is_active=True,
        )

    def for_user(self, user):
        """The directory of specialists is public: that is what it is for."""
        return self


class Assignment(models.Model):
    """A specialist's posting bound to a grid, as its own specialist or as a contact."""

    posting = models.ForeignKey(
        Posting, models.CASCADE, related_name="assignments", verbose_name=_("posting")
    )
    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="specialists", verbose_name=_("grid")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=SpecialistKind.choices)
    valid_from = models.DateField(_("from"), default=timezone.localdate)
    valid_to = models.DateField(_("last day"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("specialist")
        verbose_name_plural = _("specialists")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(kind=SpecialistKind.COMMUNITY, valid_to=None),
                name="specialists_assignment_one_own",
                violation_error_message=_("This community has its own specialist already."),
            ),
            models.UniqueConstraint(
                fields=["posting", "grid", "kind"],
                condition=Q(valid_to=None),
                name="specialists_assignment_once",
                violation_error_message=_("This person is bound to this grid already."),
            ),
        ]

    def __str__(self):
        return f"{self.posting.user} · {self.grid}"


# --- Duty roster ---------------------------------------------------------------------------


# Ends at or before it begins: at that time of the next day.
_PAST_MIDNIGHT = Q(ends_at__lte=F("starts_at"))


class DutyShiftQuerySet(models.QuerySet):
    def between(self, first, last):
        """Shifts that may begin on a day between these, both included."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=first), valid_from__lte=last)

    def at(self, moment):
        """Shifts that run at a moment; those that began the evening before are among them."""
        local = timezone.localtime(moment)
        today, time = local.date(), local.time()
        yesterday = today - datetime.timedelta(days=1)
        begun = self._on(today) & Q(starts_at__lte=time) & (Q(ends_at__gt=time) | _PAST_MIDNIGHT)
        running = self._on(yesterday) & _PAST_MIDNIGHT & Q(ends_at__gt=time)
        return self.filter(begun | running)

    def dated_first(self):
        """What was agreed for certain days comes before what holds every week."""
        is_dated = ExpressionWrapper(Q(weekdays=""), models.BooleanField())
        return self.alias(for_dates=is_dated).order_by("-for_dates", "-valid_from", "pk")

    def _on(self, day):
        runs = Q(valid_to=None) | Q(valid_to__gte=day)
        on_day = Q(weekdays="") | Q(weekdays__contains=str(day.isoweekday()))
        return runs & on_day & Q(valid_from__lte=day)


class DutyShift(models.Model):
    """Hours for which one person of an organisation can be reached outside office hours.

    `weekdays` holds the days on which it begins ("67": every Saturday and Sunday); empty means
    every day from the first to the last, which goes before the weekly rule. Who is on leave on the
    day it begins is replaced by the substitute.
    """

    posting = models.ForeignKey(
        Posting, models.CASCADE, related_name="duty_shifts", verbose_name=_("posting")
    )
    weekdays = models.CharField(_("days of the week"), max_length=7, blank=True)
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(
        _("until"), help_text=_("Up to this time of the next day if it is not later.")
    )
    # For colleagues at night; the public pages show the numbers of the day.
    phone = models.CharField(_("phone at night"), max_length=20, blank=True)
    valid_from = models.DateField(_("first day"), default=timezone.localdate)
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = DutyShiftQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("duty shift")
        verbose_name_plural = _("duty roster")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(weekdays="") | Q(valid_to__isnull=False),
                name="specialists_dutyshift_days_or_dates",
                violation_error_message=_("Please choose days of the week, or give a last day."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="specialists_dutyshift_ends_after_start",
                violation_error_message=_("The last day must not come before the first."),
            ),
        ]

    def __str__(self):
        return f"{self.posting.user} · {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"

    @property
    def is_dated(self):
        """Whether it was agreed for certain days and not for every week."""
        return not self.weekdays

    def begins_on(self, day):
        """Whether it begins on this day."""
        if day < self.valid_from or (self.valid_to and day > self.valid_to):
            return False
        return self.is_dated or str(day.isoweekday()) in self.weekdays

    def began_on(self, moment):
        """Return the day on which the shift that runs at this moment began."""
        local = timezone.localtime(moment)
        if self.starts_at <= local.time():
            return local.date()
        return local.date() - datetime.timedelta(days=1)

    def span(self, day):
        """Return from when to when it lasts if it begins on this day."""
        zone = timezone.get_default_timezone()
        last = day if self.ends_at > self.starts_at else day + datetime.timedelta(days=1)
        return (
            datetime.datetime.combine(day, self.starts_at, zone),
            datetime.datetime.combine(last, self.ends_at, zone),
        )
