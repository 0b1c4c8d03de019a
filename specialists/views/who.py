"""Find my place, the page of a place with its people, and the poster that hangs there."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.choices import Role
from accounts.reports import SECRETARIES, reach
from common.errors import AlreadyDone, RuleViolation
from grids import directory, geometry, workflow
from grids import reports as places
from grids.choices import GridLevel
from grids.district import GENERATED
from grids.models import Grid
from specialists.choices import PersonKind
from specialists.reports import people_for_grid


@require_GET
@login_not_required
def who(request):
    """Find a place by what was typed or by where the phone is; without either show the streets."""
    typed = request.GET.get("q", "")
    context = {"typed": typed, "found": [], "near": [], "streets": [], "sentence": ""}
    if typed.strip():
        found = places.search(typed)
        context["found"] = _with_paths(found)
        context["nothing_found"] = not found
    elif "lat" in request.GET or "lon" in request.GET:
        context |= _around(request.GET.get("lat", ""), request.GET.get("lon", ""))
    else:
        streets = Grid.objects.listed().at_level(GridLevel.STREET).defer("outline")
        context["streets"] = list(streets)
    return render(request, "specialists/who.html", context)


@require_GET
@login_not_required
def grid_page(request, code):
    """Show a place: what it is part of, who serves it, what lies in it."""
    grid = _listed_grid(code)
    people = [] if _has_ended(grid) else people_for_grid(grid)
    context = {
        "grid": grid,
        "heading": _heading(grid),
        "is_made_up": grid.is_demonstration and grid.source == GENERATED,
        "crumbs": _crumbs(grid),
        "has_ended": _has_ended(grid),
        "people": [person for person in people if not person.is_rarely_needed],
        "departments": [person for person in people if person.is_rarely_needed],
        "parts": places.children_of(grid),
    }
    return render(request, "specialists/grid.html", context)


@require_GET
@login_not_required
@never_cache
def poster(request, code):
    """Show the A4 poster of a place, ready to print."""
    grid = _listed_grid(code)
    token = places.poster_token(grid)
    if token is None or _has_ended(grid):
        raise Http404
    address = request.build_absolute_uri(reverse("grids:scan", args=[token.token]))
    people = people_for_grid(grid)
    context = {
        "grid": grid,
        "heading": _heading(grid),
        "token": token.token,
        "path_names": directory.path_names(grid.pk),
        "qr": segno.make(address, error="m").svg_data_uri(border=2, omitsize=True),
        "short_address": address.partition("://")[2],
        "workers": [person for person in people if person.kind == PersonKind.WORKER]
        or [person for person in people if person.kind == PersonKind.HEAD],
        "may_replace": _may_replace(request.user, grid),
    }
    return render(request, "specialists/poster.html", context)


@require_POST
def poster_replace(request, code):
    """Give the poster a new code; for heads and secretaries of the place and for admins."""
    grid = _listed_grid(code)
    if not reach(request.user).covers(grid.path):
        raise Http404
    if not _may_replace(request.user, grid):
        raise PermissionDenied(_("Only the grid head or a secretary may replace this code."))
    try:
        workflow.new_poster_token(grid, by=request.user, replaces=request.POST.get("token", ""))
    except AlreadyDone as news:
        messages.info(request, news.message)
    except RuleViolation as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The poster has a new code. Please hang up the new one."))
    return redirect("grids:poster", code=grid.code)


@require_GET
@login_not_required
@never_cache
def scan(request, token):
    """Lead from a poster's QR code to the report with the place filled in.

    An old or unknown code gets a plain page with the ways on, and no error: the visitor has done
    nothing wrong (ux.md U17).
    """
    grid = places.scanned(token)
    if grid is None:
        return render(request, "specialists/scan_unknown.html")
    query = urlencode({"place": grid.code, "via": "qr"})
    return redirect(f"{reverse('tickets:report')}?{query}")


def _listed_grid(code):
    if "\0" in code:
        raise Http404
    return get_object_or_404(Grid.objects.filter(is_listed=True).defer("outline"), code=code)


def _heading(grid):
    """“第1片区” alone would say nothing."""
    return grid.name if grid.level == GridLevel.SUBAREA else grid.short_name


def _crumbs(grid):
    above = directory.lineage(grid.pk)[:-1]
    return [(_("Find my place"), reverse("grids:who"))] + [
        (entry.name, reverse("grids:detail", args=[entry.code]) if entry.is_listed else "")
        for entry in above
    ]


def _has_ended(grid):
    today = timezone.localdate()
    return grid.valid_from > today or (grid.valid_to is not None and grid.valid_to <= today)


def _may_replace(user, grid):
    seen = reach(user)
    return seen.is_admin or not seen.roles_at(grid.path).isdisjoint({Role.GRID_HEAD, *SECRETARIES})


def _with_paths(grids):
    paths = directory.paths_of([grid.pk for grid in grids])
    return [(grid, paths[grid.pk][:-1]) for grid in grids]


def _around(latitude, longitude):
    """Say honestly what a position tells: an outline, places with a known point, or nothing."""
    try:
        point = float(latitude), float(longitude)
    except ValueError:
        point = None
    if point is None or not geometry.is_point(*point):
        return {"sentence": _("We could not read the position. Please type the name instead.")}
    here = places.locate(*point)
    if here is None:
        return {"sentence": _("You seem to be outside Hanting. Please type the name of the place.")}
    near = places.nearest(*point)
    if not near:
        return {
            "sentence": _(
                "You are in %(place)s, but we do not know in which village. Please type its name."
            )
            % {"place": here.short_name}
        }
    paths = directory.paths_of([one.grid.pk for one in near])
    return {"near": [(one.grid, paths[one.grid.pk], one.metres) for one in near]}
