"""The audit trail to read; nothing in it can be added, changed or deleted."""

from django.contrib import admin

from common.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    list_display = ["number", "at", "who", "role", "verb", "kind", "object_id", "address"]
    list_filter = ["verb", "kind"]
    search_fields = ["who", "object_id", "request_id"]
    date_hierarchy = "at"
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
