"""Tickets with their clocks, escalations, orders and remarks: only to look at.

What people wrote is read on the staff pages, where reading it is a right.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets import policies
from tickets.admin.base import EMPTY, LookOnly, plain, shown
from tickets.choices import LimitUnit
from tickets.clockface import LEVEL_WORDS
from tickets.models import (
    Clock,
    Escalation,
    PortalRemark,
    SupervisionOrder,
    Ticket,
    TicketEvent,
    Told,
)
from tickets.workflow import Party


def word_of_level(level):
    """Return what a level is called, a dash before the first one."""
    return LEVEL_WORDS.get(level, EMPTY)


CYCLE = shown("cycle", _("cycle"))
STATE = shown("state", _("state"))
BEGAN = shown("started_at", _("began at"))
DUE = shown("due_at", _("due at"))
FIRST_DUE = shown("first_due_at", _("first promised by"))
WAITS = shown("paused_until", _("waits until"))
ENDED = shown("stopped_at", _("ended at"))


class EventInline(LookOnly, admin.TabularInline):
    """What happened, without the words that were written."""

    model = TicketEvent
    fields = readonly_fields = [
        shown("number", pgettext_lazy("event", "no.")),
        shown("at", pgettext_lazy("event", "when")),
        shown("verb", pgettext_lazy("event", "what happened")),
        shown("by", pgettext_lazy("event", "by whom")),
        "capacity",
        shown("to_status", _("status after it")),
        shown("holder", _("holder after it")),
    ]
    ordering = ["number"]
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("by", "holder")

    @admin.display(description=pgettext_lazy("event", "in which capacity"))
    def capacity(self, event):
        return Party(event.actor).label if event.actor in Party.values else EMPTY


class ClockInline(LookOnly, admin.StackedInline):
    """Every promise of every cycle, with all that was granted, waited and moved."""

    model = Clock
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("stage", CYCLE, STATE),
                    ("limit", "granted", "asked"),
                    (BEGAN, DUE, "level_reached"),
                    (FIRST_DUE, "moved", WAITS),
                    (ENDED, "late"),
                ]
            },
        )
    ]
    readonly_fields = [
        "stage", CYCLE, STATE, "limit", "granted", "asked", BEGAN, DUE, "level_reached", FIRST_DUE,
        "moved", WAITS, ENDED, "late",
    ]  # fmt: skip
    ordering = ["cycle", "pk"]
    extra = 0

    @admin.display(description=_("How long"))
    def limit(self, clock):
        return in_words(clock, clock.limit_amount, clock.limit_unit)

    @admin.display(description=_("granted on top"))
    def granted(self, clock):
        return in_words(clock, clock.extra_amount, clock.limit_unit)

    @admin.display(description=_("asked for and not decided"))
    def asked(self, clock):
        return in_words(clock, clock.asked_amount, clock.limit_unit)

    @admin.display(description=_("moved by"))
    def moved(self, clock):
        return plain(clock.get_moved_by_display())

    @admin.display(description=_("late by"))
    def late(self, clock):
        return in_words(clock, clock.late_seconds, LimitUnit.SECONDS)

    @admin.display(description=pgettext_lazy("promise", "level"))
    def level_reached(self, clock):
        return word_of_level(clock.level)


def in_words(clock, amount, unit):
    """Say a stretch of a clock's own time, a dash for none."""
    return policies.in_words(clock.mode, amount, unit) if amount else EMPTY


@admin.register(Ticket)
class TicketAdmin(LookOnly, admin.ModelAdmin):
    """Found by the reference alone; words and people are read on the staff pages, if at all."""

    list_display = ["reference", "status", "category", "grid", "holder", "submitted_at", "due_at"]
    list_filter = ["status", "source", "kind"]
    list_select_related = ["category", "grid", "holder"]
    search_fields = ["=reference"]
    search_help_text = _("The ten digits of the reference")
    ordering = ["-submitted_at", "-id"]
    list_per_page = 50
    inlines = [EventInline, ClockInline]
    fields = readonly_fields = [
        "reference",
        "status",
        CYCLE,
        "category",
        "priority",
        "kind",
        "source",
        "grid",
        "organisation",
        "holder",
        shown("held_since", _("held since")),
        "submitted_at",
        "due_at",
        shown("next_due_at", _("nearest promise")),
        shown("next_stage", _("of the stage")),
        shown("resolved_at", _("done at")),
        shown("closed_at", _("closed at")),
        "outcome",
        "is_satisfied",
        shown("return_count", _("times returned")),
        shown("reopen_count", _("times opened again")),
        "urge_count",
        "is_locked",
        "is_confidential",
        "supporter_count",
        "merged_into",
    ]


class ToldInline(LookOnly, admin.TabularInline):
    model = Told
    fields = ["user", "told_at"]
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user")


@admin.register(Escalation)
class EscalationAdmin(LookOnly, admin.ModelAdmin):
    """What was told when a promise ran out, and to whom."""

    list_display = ["reference", "stage", "card", "delivery", "crossed_at", "noticed_at"]
    list_filter = ["delivery", "clock__stage"]
    list_select_related = ["clock__ticket"]
    search_fields = ["=clock__ticket__reference"]
    search_help_text = _("The ten digits of the reference")
    ordering = ["-noticed_at", "-pk"]
    list_per_page = 50
    inlines = [ToldInline]
    fields = ["reference", "stage", "card", "due_at", "crossed_at", "noticed_at", "delivery"]
    readonly_fields = ["reference", "stage", "card", "due_at"]

    @admin.display(description=_("reference"), ordering="clock__ticket__reference")
    def reference(self, escalation):
        return escalation.clock.ticket.reference

    @admin.display(description=_("stage"), ordering="clock__stage")
    def stage(self, escalation):
        return escalation.clock.get_stage_display()

    @admin.display(description=pgettext_lazy("promise", "level"), ordering="level")
    def card(self, escalation):
        return word_of_level(escalation.level)

    @admin.display(description=_("due at"))
    def due_at(self, escalation):
        return plain(escalation.clock.due_at)


@admin.register(SupervisionOrder)
class SupervisionOrderAdmin(LookOnly, admin.ModelAdmin):
    """Who had to answer by when; what was ordered and answered stands on the matter's page."""

    list_display = ["reference", "ground", "addressee", "issued_at", "due_at", "state"]
    list_filter = ["state", "ground"]
    list_select_related = ["ticket", "addressee"]
    search_fields = ["=ticket__reference"]
    search_help_text = _("The ten digits of the reference")
    ordering = ["-issued_at", "-pk"]
    list_per_page = 50
    fields = readonly_fields = [
        "reference",
        "ground",
        "issued_by",
        "issued_at",
        "addressee",
        shown("organisation", _("organisation")),
        "due_at",
        "state",
        shown("answered_by", _("answered by")),
        "answered_at",
        shown("closed_by", _("closed by")),
        "closed_at",
    ]

    @admin.display(description=_("reference"), ordering="ticket__reference")
    def reference(self, order):
        return order.ticket.reference


@admin.register(PortalRemark)
class PortalRemarkAdmin(LookOnly, admin.ModelAdmin):
    """Answered on their own page; here to be found again."""

    list_display = ["created_at", "page", "answered_at", "answered_by"]
    list_select_related = ["answered_by"]
    search_fields = ["text", "answer"]
    fields = ["text", "page", "created_at", "answer", "answered_by", "answered_at"]
