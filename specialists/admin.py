"""Who answers for which place, and who is on duty at night, in the admin."""

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from accounts.reports import day_of
from common.errors import RuleViolation
from common.workflow import record
from specialists import duty, workflow
from specialists.forms import AssignmentForm, ShiftForm
from specialists.models import Assignment, DutyShift


@admin.register(Assignment)
class AssignmentAdmin(SimpleHistoryAdmin):
    form = AssignmentForm
    list_display = ["posting", "kind", "grid", "valid_from", "valid_to"]
    list_filter = ["kind", "posting__organisation"]
    list_select_related = ["posting__user", "grid"]
    search_fields = [
        "posting__user__name",
        "posting__user__username",
        "posting__organisation__name",
        "grid__short_name",
        "grid__code",
    ]
    autocomplete_fields = ["posting", "grid"]
    ordering = ["-pk"]
    actions = ["end_today"]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.pk = workflow.assign(**form.cleaned_data, by=request.user).pk
            obj._state.adding = False
            return
        super().save_model(request, obj, form, change)
        detail = {"posting": obj.posting_id, "grid": obj.grid_id, "kind": obj.kind}
        record("change_specialist", by=request.user, object=obj, detail=detail)

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description=gettext_lazy("End these"))
    def end_today(self, request, queryset):
        _end_each(request, queryset, workflow.end_assignment)


@admin.register(DutyShift)
class DutyShiftAdmin(SimpleHistoryAdmin):
    form = ShiftForm
    list_display = ["posting", "organisation", "weekdays", "starts_at", "ends_at", "valid_to"]
    list_filter = ["posting__organisation"]
    list_select_related = ["posting__user", "posting__organisation"]
    search_fields = ["posting__user__name", "posting__organisation__name"]
    autocomplete_fields = ["posting"]
    ordering = ["-pk"]
    actions = ["end_today"]

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, shift):
        return shift.posting.organisation

    def save_model(self, request, obj, form, change):
        if change:
            workflow.change_shift(obj, by=request.user)
        else:
            obj.pk = workflow.add_shift(**form.cleaned_data, by=request.user).pk
            obj._state.adding = False
        self._tell_holes(request, obj.posting.organisation)

    def _tell_holes(self, request, organisation):
        """Say what of this week nobody has taken yet."""
        [week] = duty.weeks([organisation], duty.monday_of(day_of()))
        if week.holes:
            words = _("In this week %(count)d stretches outside office hours have nobody on duty.")
            messages.warning(request, words % {"count": len(week.holes)})

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description=gettext_lazy("End these"))
    def end_today(self, request, queryset):
        _end_each(request, queryset, workflow.end_shift)


def _end_each(request, rows, end):
    """End each row by the verb and say how many have ended, and why one has not."""
    ended = 0
    for row in rows:
        try:
            end(row, by=request.user)
            ended += 1
        except RuleViolation as refusal:
            messages.info(request, f"{row}: {refusal}")
    if ended:
        messages.success(request, _("%(count)d have ended.") % {"count": ended})
