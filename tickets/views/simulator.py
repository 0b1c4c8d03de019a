"""Trying out the routing: category, place and time in, who and why out; nothing is filed."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.choices import Role
from accounts.reports import reach
from common.errors import RuleViolation
from tickets import workflow
from tickets.forms.filing import SimulatorForm
from tickets.views.scope import staff_only


@require_safe
@staff_only
def simulator(request):
    """Show whom the very code of a real filing would name, and every step it tried."""
    seen = reach(request.user)
    if not (seen.is_admin or seen.has(Role.DISPATCHER, Role.SUPERVISOR)):
        raise Http404
    form = SimulatorForm(request.GET or None)
    routes, refusal = [], ""
    if form.is_valid():
        try:
            routes = routes_for(**form.cleaned_data)
        except RuleViolation as error:
            refusal = str(error)
    context = {"form": form, "routes": routes, "refusal": refusal, "said": form.is_bound}
    return render(request, "tickets/staff/simulator.html", context)


def routes_for(category, place, at):
    """Return [(words, Route)]: who gets it first and, where the community hands it on, who then."""
    at = at or timezone.now()
    first = workflow.route_for(category, place, at, immediate=category.is_immediate)
    if category.is_immediate:
        return [(_("Handed over at once to"), first)]
    then = workflow.route_for(category, place, at, immediate=True)
    return [(_("Comes in at"), first), (_("When it is handed on, goes to"), then)]
