"""Tickets, their events, and the legs of the organisations that have a part in them."""

from datetime import timedelta
from functools import reduce
from operator import or_

from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import GRID_ROLES, Role
from accounts.models import Organisation, User
from accounts.reports import reach
from grids.choices import GridLevel
from grids.models import Grid
from specialists.reports import specialist_grids
from tickets.choices import (
    ENDED,
    OPEN,
    Kind,
    OrderGround,
    Outcome,
    Part,
    Priority,
    Source,
    Stage,
    Status,
    Verb,
)
from tickets.models.categories import Category

TEXT_LIMIT = 6_000
LEVEL_COLUMNS = {
    GridLevel.DISTRICT: "district_id",
    GridLevel.STREET: "street_id",
    GridLevel.COMMUNITY: "community_id",
    GridLevel.VILLAGE: "village_id",
    GridLevel.SUBAREA: "subarea_id",
}
# Who reads restricted matters and tip-offs of their grids; a grid worker does not.
CONFIDENTIAL_ROLES = frozenset(
    {
        Role.COMMUNITY_SECRETARY,
        Role.STREET_SECRETARY,
        Role.DISTRICT_SECRETARY,
        Role.DISPATCHER,
        Role.SUPERVISOR,
    }
)


def parts_of_reach(user):
    """Return the conditions, one an index can answer each, of which one makes a ticket readable.

    An admin has none: nothing limits what they read.
    """
    seen = reach(user)
    if seen.is_admin:
        return []
    wide, plain = {}, {}
    for posting in seen.postings:
        if posting.role in GRID_ROLES:
            group = wide if posting.role in CONFIDENTIAL_ROLES else plain
            group.setdefault(LEVEL_COLUMNS[posting.grid.level], set()).add(posting.grid_id)
    if seen.has(Role.SPECIALIST) and (own := specialist_grids(user)):
        plain.setdefault("community_id", set()).update(own)
    parts = [Q(holder_id=user.pk)]
    parts += [Q(**{f"{column}__in": ids}) for column, ids in wide.items()]
    parts += [Q(**{f"{column}__in": ids}, is_confidential=False) for column, ids in plain.items()]
    if seen.organisations:
        helping = Leg.objects.filter(organisation_id__in=seen.organisations, part=Part.CO)
        parts.append(Q(organisation_id__in=seen.organisations))
        parts.append(Q(pk__in=helping.values("ticket_id")))
    return parts


class TicketQuerySet(models.QuerySet):
    """The vocabulary of lists, boards and sweeps."""

    def for_user(self, user):
        """Tickets this person may read: those of their grids, of their organisations, and held.

        A tip-off is never shown to the unit complained of, and few read a restricted matter:
        its holder, the organisations with a part in it, secretaries, dispatchers, supervisors.
        """
        seen = reach(user)
        if seen.is_admin:
            return self
        found = self.filter(reduce(or_, parts_of_reach(user)))
        if seen.organisations:
            found = found.exclude(accused_id__in=seen.organisations)
        return found

    def top(self, user, arrange, limit):
        """Return the first `limit` of these rows, which are in the user's reach, in an order.

        `arrange` sorts a queryset. Each part of the reach is asked by its own index: one OR over
        all of them makes PostgreSQL walk the time index from the newest row, which for a quiet
        place is the whole table. SQLite cannot cut the parts of a union, and is small.
        """
        parts = parts_of_reach(user)
        if len(parts) < 2 or not connection.features.supports_slicing_ordering_in_compound:
            return arrange(self)[:limit]
        first, *others = [arrange(self.filter(part)).values("pk")[:limit] for part in parts]
        keys = [row["pk"] for row in first.union(*others)]
        return arrange(self.filter(pk__in=keys))[:limit]

    def open(self):
        return self.filter(status__in=OPEN)

    def ended(self):
        return self.filter(status__in=ENDED)

    def late(self, at=None):
        """Open and past the promised time."""
        return self.open().filter(due_at__lt=at or timezone.now())

    def due_within(self, delta, at=None):
        """Open, not yet late, and due before `at + delta`."""
        at = at or timezone.now()
        return self.open().filter(due_at__gte=at, due_at__lt=at + delta)

    def held_by(self, user):
        return self.open().filter(holder=user)

    def in_grid(self, grid):
        """Tickets of the grid and everything below it."""
        return self.filter(**{LEVEL_COLUMNS[grid.level]: grid.pk})

    def released(self):
        """Tickets whose words a named person has released to the public."""
        return self.exclude(public_text="").filter(is_confidential=False)

    def newest_first(self):
        return self.order_by("-submitted_at", "-pk")


class Ticket(models.Model):
    """A resident's matter. Everything below `# state` follows from its events (see workflow)."""

    reference = models.CharField(_("reference"), max_length=10, unique=True)
    tracking_digest = models.CharField(max_length=64, editable=False)
    title = models.CharField(_("in one line"), max_length=60)
    description = models.TextField(_("what happened"), max_length=TEXT_LIMIT)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.HELP)
    source = models.CharField(_("came by"), max_length=8, choices=Source.choices)
    filed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("filed by")
    )
    on_behalf = models.BooleanField(_("filed for somebody else"), default=False)
    # The deepest place known, and each level above it as a column of its own: only these keep
    # "latest 50 of a quiet community" fast at a million rows.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("place"))
    district = models.ForeignKey(Grid, models.PROTECT, related_name="+", db_index=False)
    street = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+", db_index=False)
    community = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+", db_index=False)
    village = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+", db_index=False)
    subarea = models.ForeignKey(Grid, models.PROTECT, null=True, related_name="+", db_index=False)
    address = models.CharField(_("where exactly"), max_length=120, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    # The unit a tip-off or complaint is about; its people never see the ticket.
    accused = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    submitted_at = models.DateTimeField(_("received at"))

    # state
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.SUBMITTED, editable=False
    )
    cycle = models.PositiveSmallIntegerField(default=1, editable=False)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="tickets", verbose_name=_("category"), db_index=False
    )
    priority = models.CharField(_("priority"), max_length=8, choices=Priority.choices)
    is_confidential = models.BooleanField(_("few readers"), default=False)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        related_name="tickets",
        verbose_name=_("lead organisation"),
        db_index=False,
    )
    holder = models.ForeignKey(
        User, models.PROTECT, related_name="tickets_held", verbose_name=_("holder"), db_index=False
    )
    held_since = models.DateTimeField()
    due_at = models.DateTimeField(_("promised by"), null=True)
    # The nearest of all running promises and its stage: an early one hides no later one.
    next_due_at = models.DateTimeField(null=True)
    next_stage = models.CharField(max_length=8, choices=Stage.choices, blank=True)
    return_count = models.PositiveSmallIntegerField(default=0)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    is_locked = models.BooleanField(_("handler decided by the arbiter"), default=False)
    waiting_for = models.CharField(max_length=12, blank=True)
    supporter_count = models.PositiveIntegerField(_("me too"), default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="merged", verbose_name=_("joined to")
    )
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    is_satisfied = models.BooleanField(_("satisfied"), null=True)
    urge_count = models.PositiveSmallIntegerField(_("urged"), default=0)
    urged_at = models.DateTimeField(null=True)
    # Set when the rules propose the matter for a secretaries' reception day, and why.
    agenda_at = models.DateTimeField(null=True)
    agenda_ground = models.CharField(max_length=12, choices=OrderGround.choices, blank=True)
    public_text = models.CharField(_("released words"), max_length=200, blank=True)
    event_count = models.PositiveIntegerField(default=0)
    last_event_at = models.DateTimeField()

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="tickets_ticket_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | ~Q(outcome=""),
                name="tickets_ticket_closed_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.MERGED) | Q(merged_into__isnull=False),
                name="tickets_ticket_merged_names_other",
            ),
        ]
        indexes = [
            *(
                models.Index(fields=[level, "-submitted_at", "-id"], name=f"tickets_{level}_new")
                for level in ("district", "street", "community", "village", "subarea")
            ),
            models.Index(fields=["organisation", "-submitted_at", "-id"], name="tickets_org_new"),
            models.Index(fields=["holder", "-submitted_at", "-id"], name="tickets_holder_new"),
            models.Index(fields=["category", "-submitted_at", "-id"], name="tickets_category_new"),
            models.Index(
                fields=["holder", "due_at"], condition=Q(status__in=OPEN), name="tickets_holder_due"
            ),
            *(
                models.Index(
                    fields=[column, "due_at"],
                    condition=Q(status__in=OPEN),
                    name=f"tickets_{name}_due",
                )
                for column, name in (
                    ("district", "district"),
                    ("street", "street"),
                    ("community", "community"),
                    ("organisation", "org"),
                )
            ),
            models.Index(fields=["-submitted_at", "-id"], name="tickets_new"),
            # The boards: what breaks next, what waits beyond its day, what is proposed or done.
            models.Index(
                fields=["next_due_at"], condition=Q(status__in=OPEN), name="tickets_next_due"
            ),
            models.Index(
                fields=["due_at"], condition=Q(status=Status.ON_HOLD), name="tickets_held_due"
            ),
            models.Index(
                fields=["agenda_at"], condition=Q(agenda_at__isnull=False), name="tickets_agenda"
            ),
            models.Index(
                fields=["resolved_at"],
                condition=Q(status=Status.RESOLVED),
                name="tickets_resolved",
            ),
        ]

    def __str__(self):
        return self.reference

    def is_late(self, at=None):
        """Whether the promised time has passed while somebody still owes work."""
        return bool(self.is_open and self.due_at and self.due_at < (at or timezone.now()))

    def is_due_soon(self, at=None, within=timedelta(hours=4)):
        at = at or timezone.now()
        return bool(self.is_open and self.due_at and at <= self.due_at < at + within)

    @property
    def is_open(self):
        return self.status in OPEN

    @property
    def is_ended(self):
        return self.status in ENDED


# What colleagues say and decide among themselves.
INSIDE = (
    Verb.NOTE, Verb.RECATEGORISE, Verb.ASK_EXTENSION, Verb.REFUSE_EXTENSION, Verb.ORDER,
    Verb.ANSWER_ORDER, Verb.CLOSE_ORDER, Verb.PROPOSE,
)  # fmt: skip


class EventQuerySet(models.QuerySet):
    def in_order(self):
        return self.order_by("number")

    def for_resident(self):
        """What the tracking page may tell; notes between colleagues stay inside."""
        return self.exclude(verb__in=INSIDE)


class TicketEvent(models.Model):
    """One thing that happened and the state it led to; appended by the workflow, never changed."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=20, choices=Verb.choices)
    # When it happened, and when it was written down (late entry is possible).
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # "resident", "system", or the role in which a member of staff acted.
    actor = models.CharField(max_length=24)
    from_status = models.CharField(max_length=12, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=12, choices=Status.choices)
    cycle = models.PositiveSmallIntegerField(default=1)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    holder = models.ForeignKey(User, models.PROTECT, related_name="+")
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="tickets_event_number_once")
        ]
        indexes = [
            models.Index(
                fields=["at"],
                condition=Q(verb__in=[Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION]),
                name="tickets_event_decided",
            )
        ]

    def __str__(self):
        return f"{self.ticket_id}/{self.number} {self.verb}"


class Leg(models.Model):
    """The time somebody had a part in a ticket; lead legs of one cycle follow without a gap.

    `organisation` None: the community itself, or the dispatcher after a return. `open_seconds` is
    what the resolve clock ran meanwhile, known when the leg ends; over the lead legs of a cycle
    they add up to what the clock has run (sla.md, invariant 11).
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="legs")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="legs", db_index=False
    )
    part = models.CharField(max_length=4, choices=Part.choices)
    cycle = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    # When the organisation took it on, its own answer to being handed the matter.
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    open_seconds = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "organisation", "part"],
                condition=Q(ended_at=None),
                name="tickets_leg_one_open",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(ended_at=None, part=Part.LEAD),
                name="tickets_leg_one_lead",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="tickets_leg_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "part"], name="tickets_leg_org_part")]

    def __str__(self):
        return f"{self.ticket_id} {self.organisation_id} {self.part}"
