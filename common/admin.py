"""The audit trail and the ledger to read; nothing in them can be added, changed or deleted."""

from django.contrib import admin

from common.models import AuditEntry, LedgerEntry


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at; the database refuses to change them anyway."""

    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "at", "who", "role", "verb", "kind", "object_id", "address"]
    list_filter = ["verb", "kind"]
    search_fields = ["who", "object_id", "request_id"]
    date_hierarchy = "at"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "account", "amount_fen", "cause", "text", "reverses", "by_id"]
    list_filter = ["cause"]
    search_fields = ["account", "key"]
    date_hierarchy = "at"
