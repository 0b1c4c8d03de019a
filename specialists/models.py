"""Service specialists: who answers for which organisation in which grid, from when to when."""

from django.db import models
from django.db.models import Q
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
