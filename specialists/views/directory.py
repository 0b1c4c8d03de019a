"""The public directory of specialists, and the page of places that nobody serves."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.decorators.http import require_GET

from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation
from accounts.reports import reach
from grids.choices import GridLevel
from grids.models import Grid
from specialists import reports
from specialists.forms import CoverageForm, DirectoryForm

PER_PAGE = 50
COVERAGE_ROLES = (Role.DISPATCHER, Role.SUPERVISOR, Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY)


@require_GET
@login_not_required
def directory(request):
    """List who answers for which organisation in which place, with phones."""
    form = DirectoryForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = reports.directory(grid=chosen.get("grid"), organisation=chosen.get("organisation"))
    page = _LeanPaginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": page, "query": query.urlencode(), "chosen": chosen}
    return render(request, "specialists/directory.html", context)


@require_GET
def coverage(request):
    """Show every community and department without a contact; for who can name one."""
    seen = reach(request.user)
    if not (seen.is_admin or seen.has(*COVERAGE_ROLES)):
        raise Http404
    form = CoverageForm(request.GET)
    street = form.cleaned_data["street"] if form.is_valid() else None
    places = Grid.objects.listed().at_level(GridLevel.COMMUNITY).select_related("parent")
    places = places.defer("outline", "parent__outline")
    if street:
        places = places.within(street)
    kinds = [OrganisationKind.DEPARTMENT, OrganisationKind.UTILITY]
    found = reports.coverage(
        Organisation.objects.active().filter(kind__in=kinds),
        [place for place in places if seen.covers(place.path)],
    )
    context = {"form": form, "coverage": found, "street": street}
    return render(request, "specialists/coverage.html", context)


class _LeanPaginator(Paginator):
    """Counts without the joins that only the shown columns need."""

    @cached_property
    def count(self):
        return self.object_list.select_related(None).order_by().count()
