"""The people behind tickets, kept apart and sealed; their photos; remarks about the portal."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import User
from common import crypto
from tickets.choices import PersonKind
from tickets.models.tickets import Ticket, TicketEvent


class Person(models.Model):
    """A resident behind a ticket; name and phone are sealed and bound to this row."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="people")
    kind = models.CharField(max_length=10, choices=PersonKind.choices)
    seal_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_name = models.TextField(blank=True)
    sealed_phone = models.TextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    relation = models.CharField(max_length=30, blank=True)
    wants_call = models.BooleanField(default=False)
    is_anonymous = models.BooleanField(default=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="tickets_of")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("person on a ticket")
        verbose_name_plural = _("people on tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "kind", "phone_index"],
                condition=~Q(phone_index=""),
                name="tickets_person_once",
            )
        ]

    def __str__(self):
        return pgettext("person on a ticket", "Somebody")

    def seal(self, *, name="", phone=""):
        """Store name and canonical phone sealed, with a fingerprint of the phone for search."""
        self.sealed_name = crypto.seal(name, bound_to=f"person:{self.seal_id}:name")
        self.sealed_phone = crypto.seal(phone, bound_to=f"person:{self.seal_id}:phone")
        self.phone_index = crypto.blind_index(phone, purpose="phone") if phone else ""

    @property
    def name(self):
        return crypto.unseal(self.sealed_name, bound_to=f"person:{self.seal_id}:name")

    @property
    def phone(self):
        return crypto.unseal(self.sealed_phone, bound_to=f"person:{self.seal_id}:phone")


class Attachment(models.Model):
    """A photo, re-encoded from its pixels; served only through a view that checks the reader."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="attachments")
    event = models.ForeignKey(TicketEvent, models.CASCADE, null=True, related_name="attachments")
    file = models.FileField(upload_to="photos/%Y/%m")
    thumbnail = models.FileField(upload_to="photos/%Y/%m")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    is_released = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "sha256"], name="tickets_attachment_once")
        ]

    def __str__(self):
        return f"{self.ticket_id} {self.pk}"


class PortalRemark(models.Model):
    """Complaint or praise about the portal itself, answered by staff (国办函〔2026〕12号)."""

    text = models.TextField(max_length=2_000)
    page = models.CharField(max_length=200, blank=True)
    sealed_phone = models.TextField(blank=True)
    seal_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(max_length=2_000, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    # Words and answer may be read by everybody.
    is_released = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("remark about the portal")
        verbose_name_plural = _("remarks about the portal")
        ordering = ["-created_at"]

    def __str__(self):
        return self.text[:40]
