"""Commitments: what was promised with a name and a day, until somebody outside says it is kept."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.reports import day_of
from receptions.choices import CommitmentStatus, StruckBy
from receptions.models.agenda import AgendaItem
from receptions.models.bookings import Booking
from receptions.models.whistles import Whistle
from tickets.models import TEXT_LIMIT, Ticket


class CommitmentQuerySet(models.QuerySet):
    def for_user(self, user):
        """Commitments about matters this person may read, of their meetings, and their own."""
        about = Ticket.objects.for_user(user).values("pk")
        whistles = Whistle.objects.for_user(user).values("pk")
        items = AgendaItem.objects.for_user(user).values("pk")
        return self.filter(
            Q(ticket_id__in=about)
            | Q(whistle_id__in=whistles)
            | Q(item_id__in=items)
            | Q(owner=user)
        )

    def unsettled(self):
        """On the list: open, or said to be done and not confirmed."""
        return self.exclude(status=CommitmentStatus.STRUCK_OFF)

    def overdue(self, at=None):
        return self.filter(status=CommitmentStatus.OPEN, due_on__lt=day_of(at))

    def soonest_first(self):
        return self.order_by("due_on", "pk")


class Commitment(models.Model):
    """One promise made in a meeting; its work is a ticket with clocks, its end is somebody's word.

    It leaves the list with the resident's answer, with that of the secretary who proposed it where
    no resident stands behind it, or after three logged attempts on three days (second look).
    """

    whistle = models.ForeignKey(Whistle, models.PROTECT, null=True, related_name="commitments")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, related_name="commitments")
    item = models.ForeignKey(AgendaItem, models.PROTECT, null=True, related_name="commitments")
    text = models.TextField(_("what is promised"), max_length=TEXT_LIMIT)
    lead = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("lead organisation")
    )
    helpers = models.ManyToManyField(Organisation, related_name="+", blank=True)
    owner = models.ForeignKey(
        User, models.PROTECT, related_name="commitments", verbose_name=_("who answers for it")
    )
    due_on = models.DateField(_("by"))
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="commitments", verbose_name=_("matter")
    )
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made at"))
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=CommitmentStatus.choices,
        default=CommitmentStatus.OPEN,
        editable=False,
    )
    done_at = models.DateTimeField(_("said to be done at"), null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    result = models.TextField(_("result"), max_length=TEXT_LIMIT, blank=True)
    # When somebody last said how it stands; what was said before that is no news.
    heard_at = models.DateTimeField(_("last heard of at"))
    struck_at = models.DateTimeField(_("struck off at"), null=True)
    struck_by = models.CharField(
        _("struck off by"), max_length=12, choices=StruckBy.choices, blank=True
    )
    # How often somebody said that it was not kept after all.
    reopen_count = models.PositiveSmallIntegerField(_("reopened"), default=0)
    # Steps that lateness has climbed: the owner, then whoever leads the organisation.
    level = models.PositiveSmallIntegerField(_("steps passed up"), default=0)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CommitmentStatus.values),
                name="receptions_commitment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(whistle__isnull=False, booking__isnull=True, item__isnull=True)
                | Q(whistle__isnull=True, booking__isnull=False, item__isnull=True)
                | Q(whistle__isnull=True, booking__isnull=True, item__isnull=False),
                name="receptions_commitment_one_meeting",
            ),
            models.CheckConstraint(
                condition=~Q(status=CommitmentStatus.STRUCK_OFF) | ~Q(struck_by=""),
                name="receptions_commitment_struck_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=~Q(status=CommitmentStatus.STRUCK_OFF),
                name="receptions_commitment_list",
            )
        ]

    def __str__(self):
        return self.text[:40]

    def is_overdue(self, at=None):
        return self.status == CommitmentStatus.OPEN and self.due_on < day_of(at)

    @property
    def meeting(self):
        """What it was promised in: a whistle, a booking or an agenda item."""
        return self.whistle or self.booking or self.item


class Attempt(models.Model):
    """One try to hear whether a commitment was kept, by somebody else than who did the work."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="attempts")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)
    # The day in Shanghai: three tries on one day are one.
    day = models.DateField(_("day"))
    was_reached = models.BooleanField(_("reached"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("attempt to reach somebody")
        verbose_name_plural = _("attempts to reach somebody")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.commitment_id} {self.day}"
