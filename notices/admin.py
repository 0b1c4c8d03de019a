"""The outbox for administrators: at a glance, in full, and sending again what was given up."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from common.crypto import SealError
from common.text import mask_phone, mask_text
from notices import reports, workflow
from notices.models import Notice


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    """Notices to look at; no number of anybody is shown in full."""

    list_display = ["created_at", "addressee", "channel", "kind", "words", "state", "attempts"]
    list_filter = ["state", "channel", "urgent"]
    search_fields = ["unique_key", "kind"]
    list_select_related = ["recipient"]
    fields = [
        "created_at", "addressee", "channel", "kind", "words", "text", "link", "urgent", "state",
        "unique_key", "deliver_after", "attempts", "error", "delivered_at", "read_at", "digest",
    ]  # fmt: skip
    readonly_fields = ["addressee", "words", "text", "error"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["send_again"]

    def get_urls(self):
        look = self.admin_site.admin_view(self.outbox)
        return [path("outbox/", look, name="notices_notice_outbox"), *super().get_urls()]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_resend_permission(self, request):
        return request.user.has_perm("notices.change_notice")

    @admin.display(description=pgettext_lazy("notice", "To"))
    def addressee(self, notice):
        return addressee_of(notice)

    @admin.display(description=gettext_lazy("title"))
    def words(self, notice):
        return mask_text(notice.title or notice.body)

    @admin.display(description=gettext_lazy("text"))
    def text(self, notice):
        return mask_text(notice.body)

    @admin.display(description=gettext_lazy("last error"))
    def error(self, notice):
        return error_of(notice)

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request, queryset):
        self.resend(request, queryset.select_related("recipient").order_by("pk"))

    def outbox(self, request):
        """Show the outbox at a glance; a POST sends one failed notice again, or all of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.answer(request)
        found = reports.outbox()
        context = {
            **self.admin_site.each_context(request),
            "title": _("The outbox at a glance"),
            "opts": self.opts,
            "outbox": found,
            "failed": [FailedRow(notice) for notice in found.failed],
            "can_resend": self.has_resend_permission(request),
            "at_once": workflow.RESENT_AT_ONCE,
        }
        return render(request, "admin/notices/notice/outbox.html", context)

    def answer(self, request):
        if not self.has_resend_permission(request):
            raise PermissionDenied
        notices = Notice.objects.select_related("recipient").order_by("pk")
        number = request.POST.get("notice", "")
        if "all" in request.POST:
            self.resend(request, notices.failed())
        elif number.isascii() and number.isdigit() and len(number) < 19:
            self.resend(request, notices.filter(pk=number))
        else:
            messages.error(request, _("Please choose what to send again."))
        return redirect("admin:notices_notice_outbox")

    def resend(self, request, notices):
        count = notices.count()
        result = workflow.resend(notices, by=request.user, request=request)
        tell(request, result, left=count - result.looked_at)


class FailedRow:
    """A failed notice as the page shows it."""

    def __init__(self, notice):
        self.notice = notice
        self.addressee = addressee_of(notice)
        self.words = mask_text(notice.title or notice.body)
        self.error = error_of(notice)
        self.has_way = workflow.has_way(notice)


def addressee_of(notice):
    """Name who a notice is for; residents' numbers, which are also their user names, masked."""
    if notice.recipient_id:
        return mask_text(str(notice.recipient))
    try:
        return mask_phone(notice.phone()) or _("number deleted")
    except SealError:
        return _("number unreadable")


def error_of(notice):
    """Return the last error; our own one in the reader's language."""
    return _(workflow.NO_PHONE) if notice.last_error == workflow.NO_PHONE else notice.last_error


def tell(request, result, *, left):
    """Say what became of the chosen notices, in a sentence for each outcome."""
    put_back = ngettext(
        "%(count)d notice waits to be sent again.",
        "%(count)d notices wait to be sent again.",
        result.put_back,
    )
    left_alone = ngettext(
        "%(count)d was left alone: it waits already, has gone out or was withdrawn.",
        "%(count)d were left alone: they wait already, have gone out or were withdrawn.",
        result.left_alone,
    )
    without_phone = ngettext(
        "%(count)d cannot be sent: there is no phone number any more.",
        "%(count)d cannot be sent: there are no phone numbers any more.",
        result.without_phone,
    )
    untouched = ngettext(
        "%(count)d more was not touched; please press again.",
        "%(count)d more were not touched; please press again.",
        left,
    )
    for say, count, sentence in (
        (messages.success, result.put_back, put_back),
        (messages.info, result.left_alone, left_alone),
        (messages.warning, result.without_phone, without_phone),
        (messages.warning, left, untouched),
    ):
        if count > 0:
            say(request, sentence % {"count": count})
    if not result.looked_at:
        messages.info(request, _("There is nothing to send again."))
