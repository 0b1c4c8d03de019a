"""Names and paths of all grids from memory, so that lists need no join."""

from typing import NamedTuple

from common.maps import NameMap
from grids.choices import GridLevel
from grids.models import Grid


class GridEntry(NamedTuple):
    """What a list or a form shows of a place; the fields of Grid without outline and dates."""

    id: int
    code: str
    name: str
    level: int
    path: str
    parent_id: int | None
    kind: str
    is_listed: bool
    is_demonstration: bool


def _load():
    rows = Grid.objects.order_by("path").values_list(
        "id", "code", "short_name", "level", "path", "parent_id", "kind", "is_listed",
        "is_demonstration",
    )  # fmt: skip
    return {row[0]: GridEntry._make(row) for row in rows}


GRIDS = NameMap("grids", _load)


def get(grid_id):
    """Return the GridEntry of this id, None for an unknown one."""
    return GRIDS.get(grid_id)


def name(grid_id):
    """Return the short name, "" for no or an unknown grid."""
    entry = GRIDS.get(grid_id)
    return entry.name if entry else ""


def lineage(grid_id):
    """Return the GridEntries from the district down to this grid, [] for an unknown one."""
    return _lineage(GRIDS.all(), grid_id)


def _lineage(grids, grid_id):
    entries = []
    entry = grids.get(grid_id)
    while entry:
        entries.append(entry)
        entry = grids.get(entry.parent_id)
    return entries[::-1]


def path_names(grid_id):
    """Return the short names from the street down; a district's own path is its name."""
    return paths_of([grid_id])[grid_id]


def paths_of(grid_ids):
    """Return {id: path_names} for many grids with one look at the map."""
    grids = GRIDS.all()
    paths = {}
    for grid_id in grid_ids:
        names = [entry.name for entry in _lineage(grids, grid_id)]
        paths[grid_id] = names[1:] or names
    return paths


def level_ids(grid_id):
    """Return {GridLevel: id} of the grid and all above it.

    A micro grid lies under a sub-area and shares its level; the sub-area is the one named.
    """
    found = {}
    for entry in lineage(grid_id):
        found.setdefault(GridLevel(entry.level), entry.id)
    return found
