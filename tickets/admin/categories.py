"""Categories to edit, by hand and from spreadsheets; what they are promised stands beside them."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from simple_history.admin import SimpleHistoryAdmin

from common.models import Version
from common.workflow import record
from tickets.admin.base import SheetsByRight
from tickets.models import Category
from tickets.resources import CategoryResource


@admin.register(Category)
class CategoryAdmin(SheetsByRight, ImportExportModelAdmin, SimpleHistoryAdmin):
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
    readonly_fields = ["limits"]
    ordering = ["code"]
    list_per_page = 100

    @admin.display(description=gettext_lazy("time limits"))
    def limits(self, category):
        if category.parent_id is None:
            return "—"
        address = reverse("admin:tickets_policy_which")
        return format_html(
            '<a href="{}?category={}">{}</a>', address, category.pk, _("Which limits count")
        )

    def save_related(self, request, form, formsets, change):
        """Tell every process that the categories have changed, and write down who did it."""
        super().save_related(request, form, formsets, change)
        Version.objects.bump("categories")
        detail = {"fields": list(form.changed_data), "code": form.instance.code}
        record("edit_category", by=request.user, object=form.instance, detail=detail)

    def has_delete_permission(self, request, obj=None):
        return False
