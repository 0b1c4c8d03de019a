"""The working calendar as data: versions of the opening hours, and the table of days."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.history import reference_history


class WorkDayQuerySet(models.QuerySet):
    """What imports, reports and the calendar ask about days."""

    def in_years(self, *years):
        spans = (Q(date__gte=f"{year}-01-01", date__lte=f"{year}-12-31") for year in years)
        wanted = Q(pk__in=[])
        for span in spans:
            wanted |= span
        return self.filter(wanted)

    def working(self):
        return self.filter(is_working=True)

    def closed(self):
        return self.filter(is_working=False)

    def provisional(self):
        """Days that rest on a guess or on sources that disagree."""
        return self.filter(is_provisional=True)

    def unconfirmed(self):
        """Days that no person has compared with the notice."""
        return self.filter(confirmed_at=None)

    def years(self):
        """The years that have days, in order."""
        return [first.year for first in self.order_by().dates("date", "year")]


class WorkDay(models.Model):
    """Whether one day is worked; changed only through `worktime.workflow`.

    The table decides *which* days are worked, the calendar version *at what hours*. Source: the
    State Council's yearly notice on public holidays, by way of two libraries that must agree.
    """

    date = models.DateField(_("date"), unique=True)
    is_working = models.BooleanField(_("worked"))
    label = models.CharField(_("name of the day"), max_length=60, blank=True)
    source = models.CharField(_("source"), max_length=200)
    is_provisional = models.BooleanField(_("provisional"), default=False)
    confirmed_by = models.CharField(_("confirmed by"), max_length=150, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    history = reference_history()
    objects = WorkDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of the calendar")
        verbose_name_plural = _("days of the calendar")
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="")
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by="")),
                name="worktime_workday_confirmed_by_somebody",
                violation_error_message=_("A confirmed day names who confirmed it."),
            ),
            models.CheckConstraint(
                condition=Q(is_provisional=False) | Q(confirmed_at=None),
                name="worktime_workday_provisional_or_confirmed",
                violation_error_message=_("A confirmed day is no longer provisional."),
            ),
        ]

    def __str__(self):
        return self.date.isoformat()


class CalendarVersionQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class CalendarVersion(models.Model):
    """The district's opening hours from one publication to the next.

    A published version is never edited: other hours are another version. `weekly` and `seasons`
    have the form that `worktime.arithmetic.WorkCalendar.from_spec` reads.
    """

    number = models.PositiveIntegerField(_("number"), unique=True)
    weekly = models.JSONField(_("weekly hours"))
    seasons = models.JSONField(_("seasons"), default=list, blank=True)
    is_active = models.BooleanField(_("in force"), default=False)
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.CharField(_("published by"), max_length=150)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = CalendarVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the opening hours")
        verbose_name_plural = _("versions of the opening hours")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"],
                condition=Q(is_active=True),
                name="worktime_calendarversion_one_active",
                violation_error_message=_("Only one version of the hours can be in force."),
            )
        ]

    def __str__(self):
        return str(self.number)
