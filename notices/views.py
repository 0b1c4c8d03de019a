"""A person's own notices."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from notices import workflow
from notices.models import Notice

PER_PAGE = 30


@require_safe
def notice_list(request):
    """Own notices, unread first."""
    mine = Notice.objects.for_user(request.user).unread_first().prefetch_related("members")
    page = Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))
    unread_count = Notice.objects.for_user(request.user).unread().count()
    return render(request, "notices/list.html", {"page": page, "unread_count": unread_count})


@require_POST
def notice_read(request, pk):
    """Mark one notice as read and go where it leads, or back to the list."""
    notice = get_object_or_404(Notice.objects.for_user(request.user), pk=pk)
    workflow.mark_read(request.user, pk=notice.pk)
    if "open" in request.POST and notice.link:
        return redirect(notice.link)
    return redirect("notices:list")


@require_POST
def notice_read_all(request):
    """Mark all own notices as read."""
    workflow.mark_read(request.user)
    return redirect("notices:list")
