"""Reception days and their slots: when, where, with whom, and how many can be heard."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reports import reach
from common.models import Capacity, CapacityQuerySet
from grids.models import Grid
from receptions.choices import (
    SECRETARY_DAYS,
    SessionForm,
    SessionKind,
    SessionStatus,
)
from receptions.models.events import Event
from receptions.models.summonses import Summons


class SessionQuerySet(models.QuerySet):
    def for_user(self, user):
        """Days of the person's grids and of those around them, hosted, or called to."""
        seen = reach(user)
        if seen.is_admin:
            return self
        around = set()
        for path in seen.paths:
            around |= {path[:end] for end in range(4, len(path) + 1, 4)}
        below = Q(pk__in=[])
        for path in seen.paths:
            below |= Q(grid__path__startswith=path)
        called = Summons.objects.for_user(user).filter(session__isnull=False).values("session")
        return self.filter(
            below | Q(grid__path__in=around) | Q(host=user) | Q(co_hosts=user) | Q(pk__in=called)
        ).distinct()

    def public(self):
        """What everybody may read: published residents' days, and those that were held."""
        return self.filter(
            kind=SessionKind.COMMUNITY_DAY,
            status__in=[SessionStatus.PUBLISHED, SessionStatus.RUNNING, SessionStatus.CLOSED],
        )

    def coming(self, at):
        return self.filter(ends_at__gt=at).exclude(
            status__in=[SessionStatus.CLOSED, SessionStatus.CANCELLED]
        )

    def secretaries(self):
        return self.filter(kind__in=SECRETARY_DAYS)

    def held(self):
        """Days that took place."""
        return self.filter(status=SessionStatus.CLOSED)

    def soonest_first(self):
        return self.order_by("starts_at", "pk")


class Session(models.Model):
    """One reception day at one place: the residents' of a community, or the secretaries'."""

    kind = models.CharField(_("kind"), max_length=16, choices=SessionKind.choices)
    # Secretaries' days only.
    form = models.CharField(_("form"), max_length=12, choices=SessionForm.choices, blank=True)
    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="sessions", verbose_name=_("for the people of")
    )
    host = models.ForeignKey(
        User, models.PROTECT, related_name="sessions_hosted", verbose_name=_("host")
    )
    host_title = models.CharField(_("the host's post"), max_length=60, blank=True)
    co_hosts = models.ManyToManyField(User, related_name="+", blank=True)
    place = models.CharField(_("place"), max_length=120)
    subject = models.CharField(_("what the day is about"), max_length=120, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    slot_minutes = models.PositiveSmallIntegerField(_("minutes for a matter"), default=15)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=SessionStatus.choices,
        default=SessionStatus.PLANNED,
        editable=False,
    )
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)
    # Why it was published later than the rule asks.
    late_reason = models.CharField(_("why so late"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("opened at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    cancel_reason = models.CharField(_("why it does not take place"), max_length=200, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("reception day")
        verbose_name_plural = _("reception days")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=SessionStatus.values),
                name="receptions_session_status_known",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="receptions_session_ends_after_start",
                violation_error_message=_("The end must come after the beginning."),
            ),
            models.CheckConstraint(
                condition=Q(kind=SessionKind.COMMUNITY_DAY, form="")
                | ~Q(kind=SessionKind.COMMUNITY_DAY) & ~Q(form=""),
                name="receptions_session_secretaries_have_form",
                violation_error_message=_("A secretaries' day is a report, a visit or a talk."),
            ),
        ]
        indexes = [
            models.Index(fields=["grid", "starts_at"], name="receptions_session_grid"),
            models.Index(fields=["starts_at"], name="receptions_session_starts"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.starts_at:%Y-%m-%d}"

    @property
    def day(self):
        """The date in Shanghai, as papers say it."""
        return timezone.localtime(self.starts_at).date()

    @property
    def is_for_residents(self):
        return self.kind == SessionKind.COMMUNITY_DAY

    def slot_times(self):
        """Return when each slot begins; what is left at the end and too short is no slot."""
        length, found = timedelta(minutes=self.slot_minutes), []
        start = self.starts_at
        while start + length <= self.ends_at:
            found.append(start)
            start += length
        return found


class SlotQuerySet(CapacityQuerySet):
    def free(self):
        return self.filter(taken__lt=F("limit")).order_by("number")


class Slot(Capacity):
    """One stretch of a day in which one matter is heard."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField(_("number"))
    starts_at = models.DateTimeField(_("begins"))

    objects = SlotQuerySet.as_manager()

    class Meta(Capacity.Meta):
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["session", "number"]
        constraints = [
            *Capacity.Meta.constraints,
            models.UniqueConstraint(
                fields=["session", "number"], name="receptions_slot_number_once"
            ),
        ]

    def __str__(self):
        return f"{self.number}"

    @property
    def day(self):
        """The date in Shanghai, as papers say it."""
        return timezone.localtime(self.starts_at).date()


class SessionEvent(Event):
    session = models.ForeignKey(Session, models.CASCADE, related_name="events")
    booking = models.ForeignKey(
        "receptions.Booking", models.CASCADE, null=True, related_name="events"
    )

    class Meta(Event.Meta):
        verbose_name = _("event of a reception day")
        verbose_name_plural = _("events of reception days")
