"""The community secretary's fund for serving the people: asked, seen by a second, paid back."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reports import reach
from common.models import Capacity, CapacityQuerySet
from grids.models import Grid
from receptions.choices import RequestStatus
from tickets.models import Ticket

# 100,000 yuan a year for each community (domain notes §2.2).
YEARLY_FEN = 100_000 * 100


class FundQuerySet(CapacityQuerySet):
    def for_user(self, user):
        seen = reach(user)
        if seen.is_admin:
            return self
        below = Q(pk__in=[])
        for path in seen.paths:
            below |= Q(grid__path__startswith=path)
        return self.filter(below)


class Fund(Capacity):
    """One community's fund of one year in fen; `taken` is what is advanced and not paid back."""

    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="funds", verbose_name=_("community")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = FundQuerySet.as_manager()

    class Meta(Capacity.Meta):
        verbose_name = _("fund for serving the people")
        verbose_name_plural = _("funds for serving the people")
        ordering = ["-year", "grid"]
        constraints = [
            *Capacity.Meta.constraints,
            models.UniqueConstraint(fields=["grid", "year"], name="receptions_fund_once_a_year"),
        ]

    def __str__(self):
        return f"{self.grid} {self.year}"

    @property
    def account(self):
        """The name of its account in the ledger."""
        return f"fund:{self.grid.code}:{self.year}"


class FundRequest(models.Model):
    """A sum asked for a matter that cannot wait for its own money."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="requests")
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("matter")
    )
    purpose = models.CharField(_("what for"), max_length=200)
    amount_fen = models.PositiveBigIntegerField(_("amount in fen"))
    # Which money pays it back, such as the maintenance fund of the estate.
    repaid_from = models.CharField(_("paid back from"), max_length=120, blank=True)
    repaid_fen = models.PositiveBigIntegerField(_("paid back so far"), default=0)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=RequestStatus.choices,
        default=RequestStatus.REQUESTED,
        editable=False,
    )
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("asked at"))
    # The second pair of eyes.
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("request to the fund")
        verbose_name_plural = _("requests to the fund")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0),
                name="receptions_fundrequest_amount",
                violation_error_message=_("Please give an amount above zero."),
            ),
            models.CheckConstraint(
                condition=Q(repaid_fen__lte=F("amount_fen")),
                name="receptions_fundrequest_repaid_within",
                violation_error_message=_("No more is paid back than was advanced."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="receptions_fundrequest_two_people",
                violation_error_message=_("Whoever asked cannot be the second pair of eyes."),
            ),
        ]

    def __str__(self):
        return self.purpose
