"""Categories to edit; tickets, escalations and remarks only to look at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from simple_history.admin import SimpleHistoryAdmin

from common.models import Version
from common.workflow import record
from tickets.models import Category, Clock, Escalation, PortalRemark, Ticket, TicketEvent
from tickets.resources import CategoryResource


class LookOnly:
    """Rows that only the workflow writes: nothing is added, changed or deleted here."""

    show_full_result_count = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Category)
class CategoryAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    resource_classes = [CategoryResource]
    formats = [XLSX, CSV]
    list_display = [
        "code", "name", "handler", "department", "priority", "is_immediate", "is_restricted",
        "is_active",
    ]  # fmt: skip
    list_filter = ["handler", "priority", "is_immediate", "is_restricted"]
    list_select_related = ["department"]
    search_fields = ["code", "name", "name_en"]
    autocomplete_fields = ["parent", "department"]
    filter_horizontal = ["co_departments"]
    ordering = ["code"]
    list_per_page = 100

    def save_related(self, request, form, formsets, change):
        """Tell every process that the categories have changed, and write down who did it."""
        super().save_related(request, form, formsets, change)
        Version.objects.bump("categories")
        detail = {"fields": list(form.changed_data), "code": form.instance.code}
        record("edit_category", by=request.user, object=form.instance, detail=detail)

    def has_delete_permission(self, request, obj=None):
        return False


class EventInline(LookOnly, admin.TabularInline):
    model = TicketEvent
    fields = ["number", "at", "verb", "by", "actor", "from_status", "to_status", "holder"]
    ordering = ["number"]
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("by", "holder")


class ClockInline(LookOnly, admin.TabularInline):
    model = Clock
    fields = ["stage", "cycle", "state", "mode", "started_at", "due_at", "stopped_at", "level"]
    extra = 0


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
    fields = [
        "reference", "status", "cycle", "category", "priority", "kind", "source", "grid",
        "organisation", "holder", "held_since", "submitted_at", "due_at", "resolved_at",
        "closed_at", "outcome", "is_satisfied", "return_count", "reopen_count", "is_locked",
        "is_confidential", "supporter_count", "merged_into",
    ]  # fmt: skip


@admin.register(Escalation)
class EscalationAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["clock", "level", "delivery", "crossed_at", "noticed_at"]
    list_select_related = ["clock"]
    search_fields = ["=clock__ticket__reference"]
    ordering = ["-noticed_at"]


@admin.register(PortalRemark)
class PortalRemarkAdmin(LookOnly, admin.ModelAdmin):
    """Answered on their own page; here to be found again."""

    list_display = ["created_at", "page", "answered_at", "answered_by"]
    list_select_related = ["answered_by"]
    search_fields = ["text", "answer"]
    fields = ["text", "page", "created_at", "answer", "answered_by", "answered_at"]
