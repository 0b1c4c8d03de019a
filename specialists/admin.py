"""Who answers for which place, in the admin."""

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from common.errors import RuleViolation
from common.workflow import record
from specialists import workflow
from specialists.forms import AssignmentForm
from specialists.models import Assignment


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
        ended = 0
        for assignment in queryset:
            try:
                workflow.end_assignment(assignment, by=request.user)
                ended += 1
            except RuleViolation as refusal:
                messages.info(request, f"{assignment}: {refusal}")
        if ended:
            messages.success(request, _("%(count)d have ended.") % {"count": ended})
