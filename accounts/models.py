"""People, the organisations they work for, and their postings."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.choices import GRID_ROLES, ORGANISATION_ROLES, OrganisationKind, Role
from grids.models import Grid


class UserQuerySet(models.QuerySet):
    def for_user(self, user):
        """People whom this person may look up: everybody for admins, else only oneself."""
        return self if user.is_superuser else self.filter(pk=user.pk)

    def with_phone_only(self):
        """Residents: accounts that a code to a phone opens, without password and without work."""
        return self.filter(
            password__startswith=UNUSABLE_PASSWORD_PREFIX,
            phone__isnull=False,
            is_staff=False,
            is_superuser=False,
            postings=None,
        )

    def never_verified(self, before):
        """Residents' accounts made before that moment whose code was never typed in."""
        return self.with_phone_only().filter(
            phone_verified=False, last_login=None, date_joined__lt=before
        )


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):
    """Makes users by user name or phone; the portal keeps no e-mail addresses."""

    def create_user(self, username, password=None, **fields):
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Somebody who signs in: staff by name and password, a resident by a code to the phone."""

    first_name = last_name = email = None
    name = models.CharField(_("name"), max_length=40, blank=True)
    # Canonical form of common.text.normalise_phone; staff phones are public service numbers.
    phone = models.CharField(_("phone"), max_length=20, unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(_("phone verified"), default=False)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)
    # Part of every session's signature: one more ends all sessions of this person.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    EMAIL_FIELD = None
    REQUIRED_FIELDS = []
    objects = PortalUserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login", "session_epoch"])

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self):
        return self.name or self.username

    @property
    def shown_phone(self):
        """The phone as people read it: 100 0000 0001, or the landline as it is stored."""
        phone = self.phone or ""
        if not phone.startswith("+86"):
            return phone
        return f"{phone[3:6]} {phone[6:10]} {phone[10:]}"

    def _get_session_auth_hash(self, secret=None):
        # Django asks this for today's key and for each fallback key.
        return salted_hmac(
            "accounts.session",
            f"{self.password}.{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class OrganisationQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def for_user(self, user):
        """Organisations are public: their names and daytime phones stand in the directory."""
        return self.active()


class Organisation(models.Model):
    """A bureau, utility, property company, street office or community committee."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=OrganisationKind.choices)
    phone = models.CharField(_("public phone"), max_length=20, blank=True)
    # A street office or committee works for one grid; a property company for estates (ServedGrid).
    grid = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("grid")
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = OrganisationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["code"]

    def __str__(self):
        return self.name


class PostingQuerySet(models.QuerySet):
    """Who works where on a given day."""

    def current(self, on=None):
        """Postings that run on the given day (today in Shanghai) of people who may sign in."""
        on = on or timezone.localdate()
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on).filter(
            user__is_active=True
        )

    def with_role(self, *roles):
        return self.filter(role__in=roles)

    def for_user(self, user):
        """Everybody's posting for admins, one's own for others."""
        return self if user.is_superuser else self.filter(user=user)

    def held_by(self, user, on=None):
        """One's own postings of the day and those one stands in for while the holder is away."""
        away = Leave.objects.current(on).filter(substitute=user)
        return self.current(on).filter(Q(user=user) | Q(pk__in=away.values("posting")))


class Posting(models.Model):
    """A person in a role, at a grid or an organisation or both, from a day to a day inclusive."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="postings", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    grid = models.ForeignKey(
        Grid, models.PROTECT, null=True, blank=True, related_name="postings", verbose_name=_("grid")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="postings",
        verbose_name=_("organisation"),
    )
    valid_from = models.DateField(_("from"), default=timezone.localdate)
    valid_to = models.DateField(_("last day"), null=True, blank=True)

    objects = PostingQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=sorted(GRID_ROLES), grid__isnull=False)
                | Q(role__in=sorted(ORGANISATION_ROLES), organisation__isnull=False),
                name="accounts_posting_role_has_place",
                violation_error_message=_(
                    "A grid role needs a grid, an organisation's role needs an organisation."
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="accounts_posting_ends_after_start",
                violation_error_message=_("The last day must not come before the first."),
            ),
        ]
        indexes = [
            models.Index(fields=["grid", "role"], name="accounts_posting_grid_role"),
            models.Index(fields=["organisation", "role"], name="accounts_posting_org_role"),
        ]

    def __str__(self):
        return f"{self.user} · {self.get_role_display()}"


class LeaveQuerySet(models.QuerySet):
    def current(self, on=None):
        on = on or timezone.localdate()
        return self.between(on, on)

    def between(self, first, last):
        """Leaves of which at least one day lies between these days, both included."""
        return self.filter(first_day__lte=last, last_day__gte=first)


class Leave(models.Model):
    """Days on which a posting's holder is away; the substitute stands in with the same reach."""

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="leaves")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    substitute = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("substitute")
    )

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="accounts_leave_ends_after_start",
                violation_error_message=_("The last day must not come before the first."),
            )
        ]

    def __str__(self):
        return f"{self.first_day} – {self.last_day}"
