"""Sentences ready to send, kept by administrators; every change is written down."""

from django.contrib import admin

from common.workflow import record
from tickets.forms.admin import ReplyTemplateForm
from tickets.models import ReplyTemplate


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(admin.ModelAdmin):
    form = ReplyTemplateForm
    list_display = ["name", "verb", "category", "text", "is_active"]
    list_filter = ["verb", "is_active"]
    list_select_related = ["category"]
    search_fields = ["name", "text"]
    autocomplete_fields = ["category"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        verb = "edit_reply_template" if change else "add_reply_template"
        record(verb, by=request.user, object=obj, detail={"fields": list(form.changed_data)})

    def has_delete_permission(self, request, obj=None):
        return False
