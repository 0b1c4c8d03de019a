"""Rules of reception days: how early, how long, how many; one row a kind, defaults without one."""

from django.contrib import admin

from receptions.models import SessionPolicy


@admin.register(SessionPolicy)
class SessionPolicyAdmin(admin.ModelAdmin):
    list_display = [
        "kind",
        "notice_days",
        "slot_minutes",
        "most_representatives",
        "offer_minutes",
        "call_lead_hours",
    ]
