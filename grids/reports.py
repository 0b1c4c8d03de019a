"""Finding a place: by name, by keyboard, by code, by position."""

import math
from typing import NamedTuple

from django.db.models import Case, IntegerField, Q, Value, When

from common.errors import RuleViolation
from common.text import narrow, tidy
from grids import directory, geometry
from grids.choices import GridLevel
from grids.models import Grid, PosterToken

# No place has a longer name or code; what is longer is not looked up at all.
LONGEST_SEARCH = 60
# A typed street or community before the name ("锦绣社区 吉祥家园") narrows this many rows.
ROWS_TO_NARROW = 200
NEAREST_WITHIN_M = 2000
METRES_A_DEGREE = 111_320


def search(text: str, limit: int = 20) -> list[Grid]:
    """Return listed grids whose name, pinyin, initials or code fits, the best fit first.

    Several words narrow from large to small: all but the last must stand in the names above.
    Any text is safe; too long or empty text finds nothing. One query (and the map's own).
    """
    words = _words(text)
    if not words:
        return []
    rank = _rank(words[-1])
    found = (
        Grid.objects.listed()
        .defer("outline")
        .annotate(rank=Case(*rank, default=Value(99), output_field=IntegerField()))
        .filter(rank__lt=99)
        .order_by("rank", "level", "path")
    )
    if len(words) == 1:
        return list(found[:limit])
    candidates = list(found[:ROWS_TO_NARROW])
    paths = directory.paths_of([grid.pk for grid in candidates])
    return [
        grid
        for grid in candidates
        if all(any(word in name for name in paths[grid.pk][:-1]) for word in words[:-1])
    ][:limit]


def _words(text):
    try:
        return narrow(tidy(text, LONGEST_SEARCH, one_line=True)).split()
    except RuleViolation:
        return []


def _rank(word):
    """Whens from the best fit to the weakest; which of them make sense depends on the letters."""
    low = word.lower()
    tests = [
        Q(code=word.upper()) | Q(division_code=word),
        Q(short_name=word) | Q(name=word),
    ]
    if word.isascii() and word.isalnum():
        tests.append(Q(code__startswith=word.upper()) | Q(division_code__startswith=word))
        if not word.isdigit():
            tests += [
                Q(initials=low) | Q(pinyin=low),
                Q(initials__startswith=low),
                Q(pinyin__startswith=low),
            ]
    tests += [
        Q(short_name__startswith=word),
        Q(name__startswith=word),
        Q(short_name__contains=word),
        Q(name__contains=word),
    ]
    return [When(test, then=Value(rank)) for rank, test in enumerate(tests)]


class Near(NamedTuple):
    """A grid whose point lies `metres` from where somebody stands."""

    grid: Grid
    metres: int


def nearest(latitude: float, longitude: float, limit: int = 5) -> list[Near]:
    """Return the listed villages, estates and sub-areas with a known point within 2 km.

    Degrees in WGS-84. Most real villages have no published point, so an empty list is common.
    One query.
    """
    high = NEAREST_WITHIN_M / METRES_A_DEGREE
    wide = high / max(math.cos(math.radians(latitude)), 0.01)
    around = (
        Grid.objects.listed()
        .at_level(GridLevel.VILLAGE, GridLevel.SUBAREA)
        .defer("outline")
        .filter(
            latitude__range=(latitude - high, latitude + high),
            longitude__range=(longitude - wide, longitude + wide),
        )
    )
    measured = [
        Near(grid, round(geometry.distance_m(latitude, longitude, grid.latitude, grid.longitude)))
        for grid in around
    ]
    within = [near for near in measured if near.metres <= NEAREST_WITHIN_M]
    return sorted(within, key=lambda near: (near.metres, near.grid.path))[:limit]


def locate(latitude: float, longitude: float) -> Grid | None:
    """Return the smallest listed grid whose outline holds the point, None outside all of them."""
    outlined = Grid.objects.listed().exclude(outline=None).order_by("-level")
    for grid in outlined:
        if geometry.contains(grid.outline, latitude, longitude):
            return grid
    return None


def children_of(grid: Grid) -> list[Grid]:
    """Return the listed grids directly below, in the order of the tree."""
    return list(grid.children.listed().defer("outline"))


def poster_token(grid: Grid) -> PosterToken | None:
    """Return the token in the grid's poster, None when the grid has ended."""
    return grid.poster_tokens.active().first()


def scanned(token: str) -> Grid | None:
    """Return the listed grid whose current poster carries the token, None for any other word."""
    if "\0" in token:
        return None
    found = PosterToken.objects.active().filter(token=token).select_related("grid").first()
    is_open = found and Grid.objects.listed().filter(pk=found.grid_id).exists()
    return found.grid if is_open else None
