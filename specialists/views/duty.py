"""The duty roster of a week, for staff: who is there at night, and where nobody is."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.reports import is_staff_member
from specialists.duty import DAY, weeks
from specialists.forms import WeekForm


@require_safe
@never_cache
def duty_week(request):
    """Show the seven days of each organisation with a roster, and of each utility without one."""
    if not is_staff_member(request.user):
        raise Http404
    form = WeekForm(request.GET or None)
    monday = form.monday
    chosen = form.cleaned_data.get("organisation") if form.is_bound else None
    rows = [chosen] if chosen else list(form.fields["organisation"].queryset)
    context = {
        "form": form,
        "chosen": chosen,
        "monday": monday,
        "sunday": monday + DAY * 6,
        "before": monday - DAY * 7,
        "after": monday + DAY * 7,
        "today": timezone.localdate(),
        "weeks": weeks(rows, monday),
    }
    return render(request, "specialists/duty.html", context)
