"""Bookings: one matter in one slot, the people who speak for it, and what came of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import User
from common import crypto
from common.models import Capacity, CapacityQuerySet
from receptions.choices import (
    BOOKING_LIVE,
    HOLDS_A_SLOT,
    BookingSource,
    BookingStatus,
    Outcome,
)
from receptions.models.sessions import Session, Slot
from tickets.models import TEXT_LIMIT, Ticket


class BookingQuerySet(CapacityQuerySet):
    def for_user(self, user):
        """Bookings of the days within this person's reach."""
        return self.filter(session__in=Session.objects.for_user(user).values("pk"))

    def live(self):
        return self.filter(status__in=BOOKING_LIVE)

    def holding(self):
        return self.filter(status__in=HOLDS_A_SLOT)

    def queued(self):
        """The waiting list in the order in which people came."""
        return self.filter(status=BookingStatus.QUEUED).order_by("pk")

    def undecided(self):
        """Matters that were to be heard and have no outcome yet; absence is one."""
        return self.filter(
            status__in=[BookingStatus.HELD, BookingStatus.OFFERED, BookingStatus.ARRIVED]
        )


class Booking(Capacity):
    """A matter booked for a reception day; `taken` of `limit` people speak for it.

    The matter is a ticket, whether it was there before or was filed with the booking. The same
    matter by several people is one booking in one slot.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="bookings")
    slot = models.ForeignKey(Slot, models.PROTECT, null=True, related_name="bookings")
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="bookings", verbose_name=_("matter")
    )
    status = models.CharField(
        _("status"), max_length=12, choices=BookingStatus.choices, editable=False
    )
    source = models.CharField(_("booked by"), max_length=8, choices=BookingSource.choices)
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    booked_at = models.DateTimeField(_("booked at"))
    # Been here before with the same matter.
    is_repeat = models.BooleanField(_("repeat visit"), default=False)
    offered_until = models.DateTimeField(_("offered until"), null=True)
    # In the order of arrival; what the paper says and is called out.
    queue_number = models.PositiveSmallIntegerField(_("queue number"), null=True)
    arrived_at = models.DateTimeField(_("arrived at"), null=True)
    heard_at = models.DateTimeField(_("heard at"), null=True)
    demand = models.CharField(_("what the visitor wants"), max_length=200, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, blank=True)
    # What was answered; for "not accepted" its legal ground.
    words = models.TextField(_("what was answered"), max_length=TEXT_LIMIT, blank=True)
    instruction = models.TextField(_("the host's instruction"), max_length=TEXT_LIMIT, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta(Capacity.Meta):
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["pk"]
        constraints = [
            *Capacity.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status__in=BookingStatus.values),
                name="receptions_booking_status_known",
            ),
            models.UniqueConstraint(
                fields=["session", "ticket"],
                condition=Q(status__in=BOOKING_LIVE),
                name="receptions_booking_once",
                violation_error_message=_("This matter is booked for that day already."),
            ),
            models.UniqueConstraint(
                fields=["session", "queue_number"], name="receptions_booking_queue_once"
            ),
            # A place that is confirmed or offered is a slot; who waits or gave up has none.
            models.CheckConstraint(
                condition=Q(status__in=HOLDS_A_SLOT, slot__isnull=False)
                | ~Q(status__in=HOLDS_A_SLOT),
                name="receptions_booking_held_has_slot",
            ),
            models.CheckConstraint(
                condition=~Q(status=BookingStatus.HEARD) | ~Q(outcome=""),
                name="receptions_booking_heard_has_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["offered_until"],
                condition=Q(status=BookingStatus.OFFERED),
                name="receptions_booking_offers",
            )
        ]

    def __str__(self):
        return f"{self.session_id}/{self.pk}"


class Representative(models.Model):
    """Somebody who speaks for a matter on the day; name and phone sealed to this row."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="representatives")
    seal_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_name = models.TextField(blank=True)
    sealed_phone = models.TextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    # The person behind it, where somebody else booked: how they are related.
    relation = models.CharField(_("relation"), max_length=30, blank=True)
    wants_call = models.BooleanField(_("ring instead of texting"), default=False)

    class Meta:
        verbose_name = _("representative")
        verbose_name_plural = _("representatives")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "phone_index"],
                condition=~Q(phone_index=""),
                name="receptions_representative_once",
            )
        ]

    def __str__(self):
        return pgettext("person on a ticket", "Somebody")

    def seal(self, *, name="", phone=""):
        """Store name and canonical phone sealed, with a fingerprint of the phone for search."""
        self.sealed_name = crypto.seal(name, bound_to=f"visitor:{self.seal_id}:name")
        self.sealed_phone = crypto.seal(phone, bound_to=f"visitor:{self.seal_id}:phone")
        self.phone_index = crypto.blind_index(phone, purpose="phone") if phone else ""

    @property
    def name(self):
        return crypto.unseal(self.sealed_name, bound_to=f"visitor:{self.seal_id}:name")

    @property
    def phone(self):
        return crypto.unseal(self.sealed_phone, bound_to=f"visitor:{self.seal_id}:phone")
