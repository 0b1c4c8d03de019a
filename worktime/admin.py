"""Days and versions of the hours, with their history, to look at.

They are changed on the pages of the working calendar, which first show what would move.
"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from worktime.models import CalendarVersion, WorkDay


class LookOnly:
    """An admin of rows that nobody adds, changes or deletes there; `ways` lead to who does."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        # The history's own form saves without asking for permission to change.
        raise PermissionDenied

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"ways": self.ways(), **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        ways = self.ways(self.get_object(request, object_id))
        return super().change_view(
            request, object_id, form_url, {"ways": ways, **(extra_context or {})}
        )


class YearFilter(admin.SimpleListFilter):
    title = gettext_lazy("year")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        return [(str(year), str(year)) for year in WorkDay.objects.years()]

    def queryset(self, request, queryset):
        held = [year for year, _label in self.lookup_choices]
        return queryset.in_years(self.value()) if self.value() in held else queryset


@admin.register(WorkDay)
class WorkDayAdmin(LookOnly, SimpleHistoryAdmin):
    list_display = ["date", "is_working", "label", "is_provisional", "source", "confirmed_by"]
    list_filter = [YearFilter, "is_working", "is_provisional"]
    search_fields = ["label", "source"]
    date_hierarchy = "date"
    list_per_page = 366
    fields = [
        "date",
        "is_working",
        "label",
        "source",
        "is_provisional",
        "confirmed_by",
        "confirmed_at",
    ]

    def ways(self, day=None):
        year = day.date.year if day else timezone.localdate().year
        ways = [(_("Show the whole year"), reverse("working_calendar", args=[year]))]
        if day:
            correct = reverse("working_calendar_days", args=[year])
            ways.append((_("Correct this day"), f"{correct}?day={day.date.isoformat()}"))
        return ways


@admin.register(CalendarVersion)
class CalendarVersionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ["number", "is_active", "published_at", "published_by", "note"]
    fields = ["number", "weekly", "seasons", "is_active", "published_at", "published_by", "note"]

    def ways(self, version=None):
        return [(_("Change the hours"), reverse("working_calendar_hours"))]
