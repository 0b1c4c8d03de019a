"""The numbers a district may change: time limits of summonses, rules of reception days."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from receptions.choices import SessionKind, SummonsKind
from tickets.choices import ClockMode, LimitUnit


class SummonsPolicyQuerySet(models.QuerySet):
    def of(self, kind):
        """Return the row of a kind of summons, its defaults where an administrator set none."""
        return self.filter(kind=kind).first() or SummonsPolicy(kind=kind, **SUMMONS_DEFAULTS[kind])


class SummonsPolicy(models.Model):
    """How fast a called department has to answer and to be there (domain notes §2.1).

    Amounts are seconds or working days, as in tickets' time limits. Silence climbs one step of
    both ladders at the limit and one more after every `step_seconds`.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=SummonsKind.choices, unique=True)
    needs_approval = models.BooleanField(_("the street approves first"), default=False)
    mode = models.CharField(_("clock"), max_length=8, choices=ClockMode.choices)
    acknowledge_amount = models.PositiveIntegerField(_("limit for the answer"))
    acknowledge_unit = models.CharField(
        _("unit"), max_length=12, choices=LimitUnit.choices, default=LimitUnit.SECONDS
    )
    arrive_amount = models.PositiveIntegerField(_("limit for the arrival"))
    arrive_unit = models.CharField(
        _("unit"), max_length=12, choices=LimitUnit.choices, default=LimitUnit.SECONDS
    )
    step_seconds = models.PositiveIntegerField(
        _("seconds between two steps up"), default=3600, validators=[MinValueValidator(60)]
    )

    objects = SummonsPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("time limit of a summons")
        verbose_name_plural = _("time limits of summonses")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    acknowledge_amount__gt=0, arrive_amount__gt=0, step_seconds__gte=60
                ),
                name="receptions_summonspolicy_amounts_sensible",
                violation_error_message=_("A limit is at least one, a step at least a minute."),
            )
        ]

    def __str__(self):
        return str(self.get_kind_display())


# Emergency: 30 minutes to answer, 2 hours to be there; others 24 hours and 3 working days.
_CALM = {
    "mode": ClockMode.WALL,
    "acknowledge_amount": 24 * 3600,
    "arrive_amount": 3,
    "arrive_unit": LimitUnit.WORKING_DAYS,
    "step_seconds": 24 * 3600,
}
SUMMONS_DEFAULTS = {
    SummonsKind.EMERGENCY: {
        "mode": ClockMode.WALL,
        "acknowledge_amount": 30 * 60,
        "arrive_amount": 2 * 3600,
        "step_seconds": 30 * 60,
    },
    SummonsKind.ENFORCEMENT: _CALM,
    SummonsKind.TOUGH: _CALM,
    # A roll-call's limits follow from the day itself (SessionPolicy.call_lead_hours).
    SummonsKind.ROLL_CALL: _CALM,
}


class SessionPolicyQuerySet(models.QuerySet):
    def of(self, kind):
        """Return the row of a kind of session, the defaults where an administrator set none."""
        return self.filter(kind=kind).first() or SessionPolicy(kind=kind)


class SessionPolicy(models.Model):
    """Rules of one kind of reception day; the defaults stand in the fields."""

    kind = models.CharField(_("kind"), max_length=16, choices=SessionKind.choices, unique=True)
    notice_days = models.PositiveSmallIntegerField(_("published so many days before"), default=3)
    slot_minutes = models.PositiveSmallIntegerField(
        _("minutes for a matter"), default=15, validators=[MinValueValidator(5)]
    )
    # Above this, one matter is heard through people who speak for the others.
    most_representatives = models.PositiveSmallIntegerField(_("representatives"), default=5)
    offer_minutes = models.PositiveIntegerField(
        _("minutes for which an offered place is kept"), default=12 * 60
    )
    # A department that has not answered the roll-call by then climbs.
    call_lead_hours = models.PositiveSmallIntegerField(
        _("hours before the day by which a called department answers"), default=24
    )
    # So many bookings on one cause, or open matters, call its department early.
    early_call_bookings = models.PositiveSmallIntegerField(_("bookings on one cause"), default=3)
    early_call_tickets = models.PositiveSmallIntegerField(_("matters on one cause"), default=5)

    objects = SessionPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("rules of a reception day")
        verbose_name_plural = _("rules of reception days")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slot_minutes__gte=5, most_representatives__gte=1),
                name="receptions_sessionpolicy_sensible",
                violation_error_message=_("A matter takes at least five minutes and one person."),
            )
        ]

    def __str__(self):
        return str(self.get_kind_display())
