"""Places in the admin: look, search, correct, import and export; nothing is deleted."""

from django.contrib import admin
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from simple_history.admin import SimpleHistoryAdmin

from grids import workflow
from grids.forms import GridForm
from grids.models import Grid, PosterToken
from grids.resources import GridResource


@admin.register(Grid)
class GridAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    form = GridForm
    resource_classes = [GridResource]
    formats = [XLSX, CSV]
    list_display = ["short_name", "code", "level", "kind", "parent", "is_listed", "valid_to"]
    list_filter = ["level", "kind", "form", "is_listed", "is_demonstration"]
    list_select_related = ["parent"]
    list_per_page = 50
    search_fields = ["short_name", "name", "code", "division_code", "initials"]
    autocomplete_fields = ["parent"]
    readonly_fields = ["path", "pinyin", "initials"]
    ordering = ["path"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("outline", "parent__outline")

    def save_model(self, request, obj, form, change):
        workflow.save_grid(obj, by=request.user)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(PosterToken)
class PosterTokenAdmin(admin.ModelAdmin):
    list_display = ["token", "grid", "created_at", "retired_at"]
    list_select_related = ["grid"]
    search_fields = ["token", "grid__short_name", "grid__code"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
