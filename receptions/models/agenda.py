"""The agenda of the secretaries' reception days: matters and opinions, each proposed once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reports import reach
from grids.models import Grid
from receptions.choices import ITEM_OPEN, ItemGround, ItemKind, ItemStatus, Topic
from receptions.models.bookings import Booking
from receptions.models.events import Event
from receptions.models.sessions import Session
from receptions.models.whistles import Whistle
from tickets.models import TEXT_LIMIT, Ticket


class AgendaItemQuerySet(models.QuerySet):
    def for_user(self, user):
        """Items about matters the person may read, of their meetings, or proposed by them.

        Opinions are read where they are answered: by the people of the street or district.
        """
        seen = reach(user)
        if seen.is_admin:
            return self
        below = Q(pk__in=[])
        for path in seen.paths:
            below |= Q(grid__path__startswith=path)
        about = Ticket.objects.for_user(user).values("pk")
        hosted = Session.objects.filter(Q(host=user) | Q(co_hosts=user)).values("pk")
        # Who sits at the table hears every matter but those with few readers.
        plain = Q(ticket=None) | Q(ticket__is_confidential=False)
        return self.filter(
            Q(kind=ItemKind.OPINION) & below
            | Q(ticket_id__in=about)
            | Q(proposed_by=user)
            | Q(session_id__in=hosted) & plain
        )

    def open(self):
        return self.filter(status__in=ITEM_OPEN)

    def proposed(self):
        return self.filter(status=ItemStatus.PROPOSED)


class AgendaItem(models.Model):
    """Something for the secretaries of one street or of the district to decide or to answer."""

    grid = models.ForeignKey(
        Grid, models.PROTECT, related_name="agenda_items", verbose_name=_("street or district")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ItemKind.choices)
    topic = models.CharField(_("topic"), max_length=8, choices=Topic.choices, blank=True)
    ground = models.CharField(_("ground"), max_length=16, choices=ItemGround.choices)
    title = models.CharField(_("in one line"), max_length=80)
    text = models.TextField(_("what is to be decided"), max_length=TEXT_LIMIT, blank=True)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, related_name="agenda_items", verbose_name=_("matter")
    )
    whistle = models.ForeignKey(Whistle, models.PROTECT, null=True, related_name="agenda_items")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, related_name="agenda_items")
    # Nobody: the clocks proposed it.
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"))
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ItemStatus.choices,
        default=ItemStatus.PROPOSED,
        editable=False,
    )
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="items")
    position = models.PositiveSmallIntegerField(_("place on the agenda"), null=True)
    decision = models.TextField(_("what was decided"), max_length=TEXT_LIMIT, blank=True)
    is_settled_on_spot = models.BooleanField(_("settled on the spot"), default=False)
    # Opinions get a reply and a day by which it comes.
    reply_by = models.DateField(_("reply promised by"), null=True)
    reply = models.TextField(_("reply"), max_length=TEXT_LIMIT, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ItemStatus.values), name="receptions_item_status_known"
            ),
            models.UniqueConstraint(
                fields=["grid", "ticket"],
                condition=Q(status__in=ITEM_OPEN),
                name="receptions_item_proposed_once",
                violation_error_message=_("This matter is proposed already."),
            ),
            models.CheckConstraint(
                condition=Q(kind=ItemKind.OPINION) | Q(ticket__isnull=False),
                name="receptions_item_matter_has_ticket",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ItemKind.OPINION) | ~Q(topic=""),
                name="receptions_item_opinion_has_topic",
                violation_error_message=_("Please say what the opinion is about."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["grid", "status", "proposed_at"], name="receptions_item_grid_status"
            )
        ]

    def __str__(self):
        return self.title

    @property
    def is_opinion(self):
        return self.kind == ItemKind.OPINION

    @property
    def is_open(self):
        return self.status in ITEM_OPEN


class AgendaEvent(Event):
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="events")

    class Meta(Event.Meta):
        verbose_name = _("event of an agenda item")
        verbose_name_plural = _("events of agenda items")
