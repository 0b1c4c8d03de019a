"""How fast called departments have to answer and to come, and whether the street approves first."""

from django.contrib import admin

from common.workflow import record
from receptions.models import SummonsPolicy


@admin.register(SummonsPolicy)
class SummonsPolicyAdmin(admin.ModelAdmin):
    """Rows that differ from the rules of the programme; without a row these hold."""

    list_display = [
        "kind", "needs_approval", "mode", "acknowledge_amount", "acknowledge_unit",
        "arrive_amount", "arrive_unit", "step_seconds",
    ]  # fmt: skip

    def save_model(self, request, obj, form, change):
        """Keep in the audit trail who changed a limit; summonses under way keep theirs."""
        super().save_model(request, obj, form, change)
        detail = {"fields": list(form.changed_data), "kind": obj.kind}
        record("edit_summons_policy", by=request.user, object=obj, detail=detail)
