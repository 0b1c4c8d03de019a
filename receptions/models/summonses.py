"""Summonses: one department that is called, by a whistle to the spot or by roll-call to a day."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.reports import reach
from receptions.choices import SUMMONS_WAITING, SummonsStatus

WORST, BEST = 1, 5


class SummonsQuerySet(models.QuerySet):
    def for_user(self, user):
        """What calls this person or an organisation of theirs."""
        seen = reach(user)
        if seen.is_admin:
            return self
        return self.filter(Q(person=user) | Q(organisation_id__in=seen.organisations))

    def waiting(self):
        return self.filter(status__in=SUMMONS_WAITING)

    def silent(self, at):
        """Waiting ones whose next step up has come, the longest silent first."""
        return self.waiting().filter(next_check_at__lte=at).order_by("next_check_at", "pk")


def score(label):
    return models.PositiveSmallIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(WORST), MaxValueValidator(BEST)],
    )


class Summons(models.Model):
    """A call to one organisation and the person there, with two promises: to answer, to be there.

    Arrival is told by whoever was called or confirmed by the community; no position and no photo
    is asked. `level` counts the steps that silence has climbed; `next_check_at` is when it climbs
    again, None when nothing is owed.
    """

    whistle = models.ForeignKey(
        "receptions.Whistle", models.CASCADE, null=True, related_name="summonses"
    )
    session = models.ForeignKey(
        "receptions.Session", models.CASCADE, null=True, related_name="summonses"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    person = models.ForeignKey(
        User, models.PROTECT, related_name="summonses", verbose_name=_("person")
    )
    # How the person was found, as `specialists` says it: {"code": …, "params": {…}}.
    reason = models.JSONField(default=dict)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=SummonsStatus.choices,
        default=SummonsStatus.CALLED,
        editable=False,
    )
    note = models.CharField(_("what for"), max_length=200, blank=True)
    called_at = models.DateTimeField(_("called at"))
    answer_by = models.DateTimeField(_("answer due"))
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    arrive_by = models.DateTimeField(_("arrival due"))
    arrived_at = models.DateTimeField(_("arrived at"), null=True)
    # The person called, a colleague, or somebody of the community who saw them arrive.
    arrival_told_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    level = models.PositiveSmallIntegerField(_("steps passed up"), default=0)
    next_check_at = models.DateTimeField(null=True)
    # Both ways, of the work and never of a person: 1 to 5, with a word.
    score_by_community = score(_("the community's score"))
    community_words = models.CharField(_("the community's words"), max_length=200, blank=True)
    score_by_organisation = score(_("the department's score"))
    organisation_words = models.CharField(_("the department's words"), max_length=200, blank=True)

    objects = SummonsQuerySet.as_manager()

    class Meta:
        verbose_name = _("summons")
        verbose_name_plural = _("summonses")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(whistle__isnull=False, session__isnull=True)
                | Q(whistle__isnull=True, session__isnull=False),
                name="receptions_summons_one_cause",
            ),
            models.UniqueConstraint(
                fields=["whistle", "organisation"], name="receptions_summons_once_a_whistle"
            ),
            models.UniqueConstraint(
                fields=["session", "organisation"], name="receptions_summons_once_a_session"
            ),
            models.CheckConstraint(
                condition=Q(score_by_community=None) | Q(score_by_community__range=(WORST, BEST)),
                name="receptions_summons_community_score_range",
            ),
            models.CheckConstraint(
                condition=Q(score_by_organisation=None)
                | Q(score_by_organisation__range=(WORST, BEST)),
                name="receptions_summons_organisation_score_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="receptions_summons_check",
            )
        ]

    def __str__(self):
        return f"{self.organisation}"

    @property
    def is_waiting(self):
        return self.status in SUMMONS_WAITING

    @property
    def due_at(self):
        """What is owed next: the answer, then the arrival; None when nothing is."""
        if self.status == SummonsStatus.CALLED:
            return self.answer_by
        return self.arrive_by if self.status == SummonsStatus.ACKNOWLEDGED else None

    def is_late(self, at):
        return bool(self.due_at and self.due_at < at)

    @property
    def was_late(self):
        """Whether answer or arrival came after its time."""
        return bool(
            (self.answered_at and self.answered_at > self.answer_by)
            or (self.arrived_at and self.arrived_at > self.arrive_by)
        )
