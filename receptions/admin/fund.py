"""The funds and their requests to look at: sums change only through the verbs and the ledger."""

from django.contrib import admin

from receptions.models import Fund, FundRequest


class _LookOnly(admin.ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Fund)
class FundAdmin(_LookOnly):
    list_display = ["grid", "year", "limit", "taken", "published_at"]
    list_filter = ["year"]
    list_select_related = ["grid"]
    search_fields = ["grid__short_name", "grid__code"]


@admin.register(FundRequest)
class FundRequestAdmin(_LookOnly):
    list_display = ["purpose", "fund", "amount_fen", "repaid_fen", "status", "requested_at"]
    list_filter = ["status", "fund__year"]
    list_select_related = ["fund__grid"]
    search_fields = ["purpose", "fund__grid__short_name"]
