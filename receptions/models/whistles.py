"""Whistles: a community calls departments to the spot because it cannot settle a matter alone."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.reports import reach
from receptions.choices import (
    SUMMONS_WAITING,
    WHISTLE_ENDED,
    WHISTLE_OPEN,
    SummonsStatus,
    WhistleKind,
    WhistleStatus,
)
from receptions.models.events import Event
from receptions.models.summonses import Summons
from tickets.models import TEXT_LIMIT, Ticket


class WhistleQuerySet(models.QuerySet):
    def for_user(self, user):
        """Whistles about matters this person may read, and those that call their organisation."""
        seen = reach(user)
        if seen.is_admin:
            return self
        about = Ticket.objects.for_user(user).values("pk")
        called = Summons.objects.filter(
            Q(organisation_id__in=seen.organisations) | Q(person=user), whistle__isnull=False
        )
        # A draft is its writer's; a department hears of it when it is blown.
        loud = ~Q(status__in=[WhistleStatus.DRAFT, WhistleStatus.PENDING])
        return self.filter(
            Q(ticket_id__in=about) | Q(written_by=user) | Q(pk__in=called.values("whistle")) & loud
        )

    def open(self):
        """Drafts, asked for and blown: the meeting on site is not over."""
        return self.filter(status__in=WHISTLE_OPEN)

    def blown(self):
        """Those that have called departments, whatever became of them; they make the rate."""
        return self.filter(blown_at__isnull=False)

    def newest_first(self):
        return self.order_by("-created_at", "-pk")


class Whistle(models.Model):
    """One whistle about one ticket, with its facts and what the meeting on site decided.

    A whistle always has a ticket: place, category, photos and the resident are known from there
    and asked for nowhere else.
    """

    number = models.CharField(_("number"), max_length=14, unique=True)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="whistles", verbose_name=_("matter")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=WhistleKind.choices)
    facts = models.TextField(_("what is the matter"), max_length=TEXT_LIMIT)
    # Why the community cannot do it: without this nobody may blow.
    ground = models.TextField(_("why the community cannot settle it"), max_length=TEXT_LIMIT)
    # Whom the draft would call; once blown, its summonses say who was called.
    departments = models.ManyToManyField(
        Organisation, related_name="+", blank=True, verbose_name=_("departments to call")
    )
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=WhistleStatus.choices,
        default=WhistleStatus.DRAFT,
        editable=False,
    )
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("written at"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    blown_at = models.DateTimeField(_("blown at"), null=True)
    minutes = models.TextField(_("minutes of the meeting"), max_length=TEXT_LIMIT, blank=True)
    met_at = models.DateTimeField(_("meeting over at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end_note = models.TextField(_("why it ended"), max_length=TEXT_LIMIT, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = WhistleQuerySet.as_manager()

    class Meta:
        verbose_name = _("whistle")
        verbose_name_plural = _("whistles")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=WhistleStatus.values),
                name="receptions_whistle_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(ground=""),
                name="receptions_whistle_has_ground",
                violation_error_message=_("Please say why the community cannot settle it."),
            ),
            # One meeting at a time about one matter.
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(status__in=WHISTLE_OPEN),
                name="receptions_whistle_one_open",
                violation_error_message=_("Departments are being called about this matter."),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="receptions_whistle_new"),
            models.Index(
                fields=["blown_at"],
                condition=Q(blown_at__isnull=False),
                name="receptions_whistle_blown",
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def is_ended(self):
        return self.status in WHISTLE_ENDED

    @property
    def waits_for(self):
        """The summonses that nobody has answered or followed; they may be fetched with it."""
        return [each for each in self.summonses.all() if each.status in SUMMONS_WAITING]

    @property
    def has_met(self):
        """Whether anybody has reported in on the spot."""
        return any(each.status == SummonsStatus.ON_SITE for each in self.summonses.all())


class WhistleEvent(Event):
    whistle = models.ForeignKey(Whistle, models.CASCADE, related_name="events")

    class Meta(Event.Meta):
        verbose_name = _("event of a whistle")
        verbose_name_plural = _("events of whistles")
