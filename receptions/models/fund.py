"""The community secretary's fund for serving the people: asked, seen by a second, paid back."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from accounts.models import User
from accounts.reports import SECRETARIES, reach
from common.models import Capacity, CapacityQuerySet
from grids.models import Grid
from receptions.choices import FUND_ENDED, RequestStatus
from receptions.models.events import Event
from tickets.models import Ticket

# 100,000 yuan a year for each community (domain notes §2.2).
YEARLY_FEN = 100_000 * 100


# Money is their business: the secretaries of the three levels and who supervises them.
FUND_ROLES = frozenset({*SECRETARIES, Role.SUPERVISOR})


def within_reach(user, path="grid__path"):
    """Return the condition for funds that this person may see; `path` leads to their place."""
    below = Q(pk__in=[])
    for posting in reach(user).postings:
        if posting.role in FUND_ROLES:
            below |= Q(**{f"{path}__startswith": posting.grid.path})
    return below


class FundQuerySet(CapacityQuerySet):
    def for_user(self, user):
        """Funds of the places this person is secretary or supervisor of."""
        return self if reach(user).is_admin else self.filter(within_reach(user))

    def published(self):
        """Those whose figures everybody may read."""
        return self.filter(published_at__isnull=False)


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


class FundRequestQuerySet(models.QuerySet):
    def for_user(self, user):
        """Requests to the funds of the places this person is secretary or supervisor of."""
        return self if reach(user).is_admin else self.filter(within_reach(user, "fund__grid__path"))

    def waiting_first(self):
        """Those to decide, then those to be paid back, then the rest; the newest first."""
        order = models.Case(
            models.When(status=RequestStatus.REQUESTED, then=0),
            models.When(status=RequestStatus.ADVANCED, then=1),
            default=2,
        )
        return self.order_by(order, "-pk")

    def paid(self):
        """Those for which money went out, paid back or not."""
        return self.filter(status__in=[RequestStatus.ADVANCED, RequestStatus.REPAID])


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

    objects = FundRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to the fund")
        verbose_name_plural = _("requests to the fund")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["fund", "status"], name="receptions_fundrequest_fund")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RequestStatus.values),
                name="receptions_fundrequest_status_known",
            ),
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

    @property
    def outstanding_fen(self):
        """What is advanced and not paid back; nothing while no money went out."""
        is_out = self.status in (RequestStatus.ADVANCED, RequestStatus.REPAID)
        return self.amount_fen - self.repaid_fen if is_out else 0

    @property
    def is_ended(self):
        return self.status in FUND_ENDED

    def key(self, cause):
        """Return the key under which one of its bookings stands in the ledger."""
        return f"fundrequest:{self.pk}:{cause}"


class FundEvent(Event):
    """What happened to a request; the money itself stands in the ledger."""

    request = models.ForeignKey(FundRequest, models.CASCADE, related_name="events")

    class Meta(Event.Meta):
        verbose_name = _("event of a request to the fund")
        verbose_name_plural = _("events of requests to the fund")
