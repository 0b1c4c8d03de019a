"""What the steps of a report share: the page, its form, and the ways back and onward.

Every step is a form that is posted and answered by a redirect, so that "back" and "reload" never
ask to send again; what was refused waits in the draft and is shown with its errors.
"""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from grids import directory
from tickets.suggest import suggest

both = require_http_methods(["GET", "HEAD", "POST"])


def page(request, draft, step, **context):
    """Render a step; every one knows the draft and the emergency numbers its words call for."""
    context |= {
        "draft": draft,
        "place": directory.get(draft.grid_id),
        "place_names": directory.path_names(draft.grid_id) if draft.grid_id else [],
        "emergencies": emergencies(draft),
        "change": "change" in request.GET,
    }
    return render(request, f"tickets/report/{step}.html", context)


def emergencies(draft):
    """Return the suggested categories for which one rings first, once for each number."""
    found = suggest(draft.description, draft.title)
    urgent = [each.category for each in found if each.category.emergency_number]
    return list({each.emergency_number: each for each in reversed(urgent)}.values())


def form_for(draft, step, form_class, **initial):
    """Return the step's form: as it was refused, else filled with what the draft holds."""
    tried = draft.tried.get(step)
    return form_class(initial=initial) if tried is None else form_class(tried)


def again(request, draft, step):
    """Keep what was typed and lead back to the same page, which shows the errors.

    The query stays: it holds the places that were found, from which one is still to be chosen.
    """
    draft.refuse(step, request.POST)
    draft.save(request.session)
    query = request.GET.copy()
    if request.POST.get("change"):
        query["change"] = "1"
    return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def onward(request, draft, step, to):
    """Keep the draft and go on, or back to the last page when only one answer was changed."""
    draft.accept(step)
    draft.save(request.session)
    return redirect("tickets:report_check" if request.POST.get("change") else to)


def typed(request):
    """Return what was posted, None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def missing_step(draft):
    """Return the name of the first page that must be filled in still, or None."""
    if not draft.description:
        return "tickets:report"
    return None if draft.grid_id else "tickets:report_where"
