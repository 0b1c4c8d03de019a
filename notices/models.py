"""The outbox: one row per message to a person; the row is the promise, delivery follows."""

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common import crypto
from common.text import mask_text
from notices.choices import Channel, State

ERROR_CHARACTERS = 300


class NoticeQuerySet(models.QuerySet):
    def for_user(self, user):
        """What this person finds on the notices page: own, delivered, not folded into a digest."""
        return self.filter(
            recipient=user, channel=Channel.SITE, state=State.SENT, digest__isnull=True
        )

    def unread(self):
        return self.filter(read_at__isnull=True)

    def unread_first(self):
        return self.order_by(
            ExpressionWrapper(Q(read_at__isnull=True), BooleanField()).desc(), "-created_at", "-pk"
        )

    def due(self, at):
        """Waiting rows whose time has come and that no worker holds."""
        return self.filter(
            Q(claimed_until__isnull=True) | Q(claimed_until__lte=at),
            state=State.PENDING,
            deliver_after__lte=at,
        )

    def pending(self):
        """Waiting rows, held by a worker or not."""
        return self.filter(state=State.PENDING)

    def failed(self):
        """Rows that were given up; a person may send them again."""
        return self.filter(state=State.FAILED)


class Notice(models.Model):
    """A message to one person by one channel, written in the transaction of its cause.

    The addressee is a user, or a resident's phone sealed for this row (the sealed number is deleted
    on delivery, its fingerprint stays for grouping). `unique_key` names the cause, so that a
    repeated cause adds nothing. More than three waiting at once become one message: `digest` points
    to it.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("recipient"),
    )
    sealed_phone = models.TextField(_("sealed phone"), blank=True)
    phone_index = models.CharField(_("phone's fingerprint"), max_length=64, blank=True)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    kind = models.SlugField(_("kind"), max_length=60)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    link = models.CharField(_("link"), max_length=300, blank=True)
    urgent = models.BooleanField(_("urgent"), default=False)
    unique_key = models.CharField(_("key"), max_length=200, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.PENDING, editable=False
    )
    deliver_after = models.DateTimeField(_("not before"))
    claimed_by = models.CharField(_("held by"), max_length=32, blank=True, db_index=True)
    claimed_until = models.DateTimeField(_("held until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=ERROR_CHARACTERS, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    digest = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("digest"),
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["deliver_after", "id"],
                condition=Q(state=State.PENDING),
                name="notices_notice_pending",
            ),
            models.Index(
                fields=["recipient", "read_at", "-created_at"],
                condition=Q(channel=Channel.SITE, state=State.SENT, digest__isnull=True),
                name="notices_notice_page",
            ),
            models.Index(
                fields=["id"], condition=Q(state=State.FAILED), name="notices_notice_failed"
            ),
            models.Index(
                fields=["delivered_at"], condition=Q(state=State.SENT), name="notices_notice_sent"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False)
                | (Q(channel=Channel.SMS) & ~Q(phone_index="")),
                name="notices_notice_has_addressee",
                violation_error_message=_("A notice needs a person, or a phone by text message."),
            ),
        ]

    def __str__(self):
        return mask_text(self.title) or self.kind

    @property
    def addressee(self):
        """What one delivery is grouped by."""
        return self.channel, self.recipient_id, self.phone_index

    def phone(self):
        """Return the number to send to, "" where there is none."""
        if self.recipient_id:
            return self.recipient.phone or ""
        return crypto.unseal(self.sealed_phone, bound_to=bound_to(self.unique_key))


class SmsDayQuerySet(models.QuerySet):
    def take(self, day, limit):
        """Count one text message of this day; False where `limit` (0: none) is reached.

        One conditional update: however many workers send at once, no more than `limit` pass.
        """
        room = self.filter(day=day)
        if limit:
            room = room.filter(sent__lt=limit)
        if room.update(sent=F("sent") + 1):
            return True
        self.bulk_create([self.model(day=day)], ignore_conflicts=True)
        return bool(room.update(sent=F("sent") + 1))

    def give_back(self, day):
        """Take one message off the count again: the provider did not accept it."""
        self.filter(day=day, sent__gt=0).update(sent=F("sent") - 1)

    def sent_on(self, day):
        """Return how many were counted on that day."""
        return self.filter(day=day).values_list("sent", flat=True).first() or 0


class SmsDay(models.Model):
    """How many text messages the outbox has sent on one day, against settings.SMS_DAILY_BUDGET.

    Counted before sending and given back when the provider refuses: a worker that dies between the
    two leaves one too many, never one too few. `told_percent` is the highest alarm already given.
    """

    day = models.DateField(_("date"), unique=True)
    sent = models.PositiveIntegerField(_("text messages sent"), default=0)
    told_percent = models.PositiveSmallIntegerField(_("alarm given at percent"), default=0)

    objects = SmsDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("text messages of a day")
        verbose_name_plural = _("text messages by day")

    def __str__(self):
        return f"{self.day}: {self.sent}"


def bound_to(unique_key):
    """What a notice's phone is sealed to: known before the row has an id."""
    return f"notices.notice:{unique_key}"
