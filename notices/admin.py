"""The outbox to look at: what waits, what failed and why."""

from django.contrib import admin

from notices.models import Notice


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    list_display = ["created_at", "recipient", "channel", "kind", "title", "state", "attempts"]
    list_filter = ["state", "channel", "urgent"]
    search_fields = ["unique_key", "kind"]
    list_select_related = ["recipient"]
    exclude = ["sealed_phone", "phone_index", "claimed_by"]
    date_hierarchy = "created_at"
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
