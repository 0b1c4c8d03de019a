"""Rows that every app stands on: stored answers, audit trail, versions, heartbeats, counters."""

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CHAIN_START = "0" * 64


class IdempotencyRecord(models.Model):
    """The sealed answer to a write that a phone may send twice; kept for 24 hours."""

    scope = models.CharField(_("scope"), max_length=100)
    key = models.CharField(_("key"), max_length=200)
    body_digest = models.CharField(_("digest of the body"), max_length=64)
    sealed_answer = models.TextField(_("sealed answer"), blank=True)
    status_code = models.PositiveSmallIntegerField(_("status code"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key"], name="common_idempotencyrecord_one_per_key"
            )
        ]

    def __str__(self):
        return f"{self.scope} {self.key}"


class AppendOnly(Exception):
    """Somebody tried to change or delete a row of an append-only table."""


class AuditQuerySet(models.QuerySet):
    def update(self, **values):
        raise AppendOnly("audit entries are never changed")

    def delete(self):
        raise AppendOnly("audit entries are never deleted")


class AuditEntry(models.Model):
    """One act worth remembering: sign-in, read of personal data, export, change of reference data.

    `number` counts without gaps; `hash` is HMAC(AUDIT_KEY, previous hash and canonical JSON), so a
    changed, missing or swapped row is found by `workflow.verify_chain`. `detail` is masked and
    holds references, never personal data: what stands in a chain cannot be deleted.
    """

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    who_id = models.BigIntegerField(_("person's number"), null=True, blank=True, db_index=True)
    who = models.CharField(_("person"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=40, blank=True)
    verb = models.CharField(_("act"), max_length=60)
    kind = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_id = models.CharField(_("object"), max_length=60, blank=True)
    detail = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), db_index=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    previous_hash = models.CharField(_("hash before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-number"]
        indexes = [models.Index(fields=["kind", "object_id"], name="common_auditentry_object")]

    def __str__(self):
        return f"{self.number} {self.verb}"

    def save(self, *args, **options):
        if not self._state.adding:
            raise AppendOnly("audit entries are never changed")
        super().save(*args, **options)

    def delete(self, *args, **options):
        raise AppendOnly("audit entries are never deleted")


class VersionQuerySet(models.QuerySet):
    def current(self, name):
        """Return the number of `name`, 0 before its first change."""
        return self.filter(name=name).values_list("number", flat=True).first() or 0

    def bump(self, name):
        """Count one change of `name`, in the transaction of that change."""
        if not self.filter(name=name).update(number=F("number") + 1):
            self.bulk_create([self.model(name=name, number=0)], ignore_conflicts=True)
            self.filter(name=name).update(number=F("number") + 1)


class Version(models.Model):
    """How often a set of reference data has changed; in-process maps reload when it moves."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    number = models.PositiveBigIntegerField(_("number"), default=0)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")

    def __str__(self):
        return f"{self.name} {self.number}"


class HeartbeatQuerySet(models.QuerySet):
    def beat(self, name, *, at=None):
        """Note that the work called `name` has just run."""
        self.update_or_create(name=name, defaults={"beat_at": at or timezone.now()})

    def lag_s(self, name, *, at=None):
        """Return the seconds since `name` last ran, None when it never did."""
        beat_at = self.filter(name=name).values_list("beat_at", flat=True).first()
        return beat_at and ((at or timezone.now()) - beat_at).total_seconds()


class Heartbeat(models.Model):
    """When a background job last ran; read by health checks that do not trust the queue."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    beat_at = models.DateTimeField(_("last run"))

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self):
        return self.name


class RateCount(models.Model):
    """A counter of the rate limits where the cache cannot count or is down; see common.limits."""

    key = models.CharField(_("key"), max_length=64, unique=True)
    taken = models.PositiveIntegerField(_("taken"), default=0)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("rate counter")
        verbose_name_plural = _("rate counters")

    def __str__(self):
        return self.key


class CapacityQuerySet(models.QuerySet):
    """Claiming and giving back what can run out: one conditional update, no lock, no count."""

    def claim(self, pk, count=1):
        """Take `count` of what is left in this row; False, and nothing taken, where too few are.

        The CHECK under it makes overselling impossible whoever writes; the condition in the
        update makes it a plain answer instead of an error.
        """
        room = self.filter(pk=pk, taken__lte=F("limit") - count)
        return bool(room.update(taken=F("taken") + count))

    def release(self, pk, count=1):
        """Give `count` back; False where fewer were taken, so that nothing is given back twice."""
        return bool(self.filter(pk=pk, taken__gte=count).update(taken=F("taken") - count))


class Capacity(models.Model):
    """One row of one thing that can run out: a place in a queue, a portion, a sum of money."""

    limit = models.PositiveBigIntegerField(_("how many there are"), default=1)
    taken = models.PositiveBigIntegerField(_("how many are taken"), default=0, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(taken__lte=F("limit")),
                name="%(app_label)s_%(class)s_within_limit",
                violation_error_message=_("No more can be taken than there is."),
            )
        ]

    @property
    def left(self):
        """How many can still be taken."""
        return self.limit - self.taken


class LedgerQuerySet(models.QuerySet):
    def update(self, **values):
        raise AppendOnly("ledger entries are never changed")

    def delete(self):
        raise AppendOnly("ledger entries are never deleted")

    def of(self, account):
        return self.filter(account=account)

    def balance(self, account):
        """Return the sum of an account's entries in fen, 0 for an unknown account."""
        return self.of(account).aggregate(sum=models.Sum("amount_fen"))["sum"] or 0


class LedgerEntry(models.Model):
    """One booking of money in whole fen; a mistake is corrected by an entry that reverses it.

    `account` is a word the app chooses ("fund:370703001001000:2026"); `key` names the cause, so
    that the same cause is booked once. Money moves outside; this says who booked what, and why.
    """

    account = models.CharField(_("account"), max_length=80)
    amount_fen = models.BigIntegerField(_("amount in fen"))
    cause = models.CharField(_("cause"), max_length=30)
    text = models.CharField(_("text"), max_length=200, blank=True)
    key = models.CharField(_("key"), max_length=120, unique=True)
    at = models.DateTimeField(_("at"))
    by_id = models.BigIntegerField(_("person's number"), null=True, blank=True)
    reverses = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("reverses"),
    )

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ["pk"]
        indexes = [models.Index(fields=["account", "at"], name="common_ledgerentry_account")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(amount_fen=0), name="common_ledgerentry_not_nothing"
            )
        ]

    def __str__(self):
        return f"{self.account} {self.amount_fen}"

    def save(self, *args, **options):
        if not self._state.adding:
            raise AppendOnly("ledger entries are never changed")
        super().save(*args, **options)

    def delete(self, *args, **options):
        raise AppendOnly("ledger entries are never deleted")
