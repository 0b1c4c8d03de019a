"""Complaints about the portal itself, and praise: written by anybody, answered by staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.choices import Role
from accounts.reports import reach
from common import crypto
from common.errors import RuleViolation
from tickets.forms.resident import RemarkAnswerForm, RemarkForm
from tickets.models import PortalRemark
from tickets.views.intake import slow_down
from tickets.views.steps import both, typed
from tickets.workflow.remarks import answer_remark

SHOWN = 10
A_PAGE = 50


@login_not_required
@never_cache
@both
def write(request):
    """Take a remark; below it stand the answers that everybody may read."""
    form = RemarkForm(typed(request), initial={"page": came_from(request)})
    context = {"form": form, "released": PortalRemark.objects.filter(is_released=True)[:SHOWN]}
    if request.method == "POST" and form.is_valid():
        puzzle = slow_down(request, form.cleaned_data["phone"])
        if puzzle:
            return render(request, "tickets/remarks/write.html", context | puzzle)
        keep(form.cleaned_data)
        messages.success(request, _("Thank you. Somebody of the district reads every remark."))
        return redirect("tickets:portal_remark")
    return render(request, "tickets/remarks/write.html", context)


def came_from(request):
    """Return the page of ours that led here, "" for any other."""
    page = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    return page.partition(request.get_host())[2].partition("?")[0][:200] if ours else ""


def keep(said):
    """Store a remark, the phone sealed."""
    remark = PortalRemark(text=said["text"], page=said["page"])
    if said["phone"]:
        remark.sealed_phone = crypto.seal(said["phone"], bound_to=f"remark:{remark.seal_id}")
    remark.save()


def is_answerer(user):
    """Whether this person answers remarks: dispatchers, supervisors and admins."""
    seen = reach(user)
    return seen.is_admin or seen.has(Role.DISPATCHER, Role.SUPERVISOR)


@never_cache
@require_safe
def manage(request):
    """List all remarks, the unanswered first."""
    if not is_answerer(request.user):
        raise Http404
    rows = PortalRemark.objects.select_related("answered_by").order_by("answered_at", "-pk")
    waiting = rows.filter(answered_at=None).order_by("-pk")
    answered = rows.exclude(answered_at=None).order_by("-answered_at")
    page = Paginator(answered, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "tickets/remarks/manage.html", {"waiting": waiting[:200], "page": page})


@never_cache
@both
def answer(request, number):
    """Answer a remark, and decide whether everybody may read both."""
    if not is_answerer(request.user):
        raise Http404
    remark = get_object_or_404(PortalRemark, pk=number)
    known = {"answer": remark.answer, "is_released": remark.is_released}
    form = RemarkAnswerForm(typed(request), initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            answer_remark(remark, by=request.user, at=timezone.now(), **form.cleaned_data)
        except RuleViolation as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _("The answer is kept."))
            return redirect("tickets:remarks")
    phone = crypto.unseal(remark.sealed_phone, bound_to=f"remark:{remark.seal_id}")
    context = {"remark": remark, "form": form, "phone": phone}
    return render(request, "tickets/remarks/answer.html", context)
