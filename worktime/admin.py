"""The day table to correct and confirm, and the versions of the hours to look at and add to."""

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from common.errors import AlreadyDone, RuleViolation
from worktime import workflow
from worktime.forms import CalendarVersionForm, WorkDayForm
from worktime.models import CalendarVersion, WorkDay


class YearFilter(admin.SimpleListFilter):
    title = gettext_lazy("year")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        return [(str(year), str(year)) for year in WorkDay.objects.years()]

    def queryset(self, request, queryset):
        held = [year for year, _label in self.lookup_choices]
        return queryset.in_years(self.value()) if self.value() in held else queryset


@admin.register(WorkDay)
class WorkDayAdmin(SimpleHistoryAdmin):
    form = WorkDayForm
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
    readonly_fields = ["date", "is_provisional", "confirmed_by", "confirmed_at"]
    actions = ["confirm_years"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        saved = workflow.correct_day(
            obj.date,
            is_working=obj.is_working,
            label=obj.label,
            source=obj.source,
            by=request.user,
        )
        obj.__dict__.update(saved.__dict__)

    @admin.action(
        description=gettext_lazy("Confirm the whole year of the selected days"),
        permissions=["change"],
    )
    def confirm_years(self, request, queryset):
        for year in queryset.years():
            try:
                count = workflow.confirm_year(year, by=request.user)
            except AlreadyDone as news:
                messages.info(request, str(news))
            except RuleViolation as error:
                messages.error(request, str(error))
            else:
                text = _("%(year)s is confirmed: %(count)d days.")
                messages.success(request, text % {"year": year, "count": count})


@admin.register(CalendarVersion)
class CalendarVersionAdmin(admin.ModelAdmin):
    form = CalendarVersionForm
    list_display = ["number", "is_active", "published_at", "published_by", "note"]

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["weekly", "seasons", "note"]
        return [
            "number",
            "weekly",
            "seasons",
            "is_active",
            "published_at",
            "published_by",
            "note",
        ]

    def save_model(self, request, obj, form, change):
        version = workflow.publish_calendar(
            weekly=obj.weekly, seasons=obj.seasons, note=obj.note, by=request.user
        )
        obj.__dict__.update(version.__dict__)
