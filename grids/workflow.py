"""Every change of the tree of places, so that paths, posters and the map in memory stay right."""

import logging
from collections import Counter
from dataclasses import asdict
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from common.errors import AlreadyDone, RuleViolation
from common.models import Version
from grids import district, geometry
from grids.choices import GridKind, GridLevel
from grids.models import PATH_STEP, Grid, PosterToken
from grids.spelling import spell

logger = logging.getLogger(__name__)

BATCH = 500
# The cut-off day of the statistical code table.
LOADED_FROM = date(2023, 6, 30)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def add_grid(parent: Grid | None, *, code: str, name: str, by=None, **fields) -> Grid:
    """Add a grid one level below `parent` (a district without one), with a poster token.

    `fields` are those of Grid; the short name defaults to the name. Raises RuleViolation when the
    place in the tree is not possible, ValidationError when a field is not.
    """
    level = fields.pop("level", parent.level + 1 if parent else GridLevel.DISTRICT)
    grid = Grid(parent=parent, level=level, code=code, name=name, **fields)
    grid.short_name = grid.short_name or name
    return save_grid(grid, by=by)


@transaction.atomic
def save_grid(grid: Grid, *, by=None) -> Grid:
    """Save a new or edited grid; path, pinyin and, after a change of parent, the subtree follow.

    Raises RuleViolation or ValidationError as `add_grid` does.
    """
    before = Grid.objects.select_for_update().filter(pk=grid.pk).first() if grid.pk else None
    parent = _lock_parent(grid)
    check(grid, before=before, parent=parent)
    if before is None:
        grid.path = _free_path(parent)
    elif before.parent_id != grid.parent_id:
        grid.path = _free_path(parent)
        _carry_subtree(before, grid)
    _spell(grid)
    grid.full_clean()
    _save(grid, by)
    if before is None:
        PosterToken.objects.create(grid=grid)
    Version.objects.bump("grids")
    return grid


def check(grid: Grid, *, before: Grid | None, parent: Grid | None):
    """Raise RuleViolation unless the grid, so far `before`, may be saved below `parent`."""
    if grid.outline:
        geometry.validate(grid.outline)
    if before and before.level != grid.level and before.children.exists():
        raise RuleViolation(
            _("A grid with parts keeps its level; move the parts first."),
            code="level",
            field="level",
        )
    check_position(parent, level=grid.level, kind=grid.kind)
    if before and parent and parent.path.startswith(before.path):
        raise RuleViolation(_("A grid cannot lie in itself."), code="circle", field="parent")
    moves = before is None or before.parent_id != grid.parent_id
    if parent and moves and parent.valid_to and parent.valid_to <= timezone.localdate():
        raise RuleViolation(
            _("%(grid)s no longer exists.") % {"grid": parent.short_name},
            code="retired",
            field="parent",
        )


def check_position(parent: Grid | None, *, level: int, kind: str):
    """Raise RuleViolation unless a grid of this level and kind may lie in `parent`.

    Levels are never skipped; a micro grid is a sub-area inside a sub-area.
    """
    if parent is None:
        if level != GridLevel.DISTRICT:
            raise RuleViolation(
                _("Every grid but a district lies in another one."), code="parent", field="parent"
            )
        return
    if kind == GridKind.MICRO:
        fits = level == parent.level == GridLevel.SUBAREA and parent.kind != GridKind.MICRO
    else:
        fits = level == parent.level + 1
    if not fits:
        raise RuleViolation(
            _("A grid of level “%(level)s” cannot lie in %(parent)s.")
            % {"level": _level_label(level), "parent": parent.short_name},
            code="level",
            field="level",
        )


@transaction.atomic
def move_grid(grid: Grid, new_parent: Grid, *, by=None) -> Grid:
    """Put a grid with all that lies in it into another parent of the same level as the old one.

    The paths below follow in batches of 500. Matters that were filed before stay with the places
    of their day. Raises RuleViolation, AlreadyDone when it lies there already.
    """
    fresh = Grid.objects.select_for_update().get(pk=grid.pk)
    if fresh.parent_id == new_parent.pk:
        raise AlreadyDone(
            _("%(grid)s lies in %(parent)s already.")
            % {"grid": fresh.short_name, "parent": new_parent.short_name}
        )
    fresh.parent = new_parent
    return save_grid(fresh, by=by)


@transaction.atomic
def rename(grid: Grid, *, name: str, short_name: str = "", by=None) -> Grid:
    """Give a grid a new official name and short name (the same where none is given)."""
    fresh = Grid.objects.select_for_update().get(pk=grid.pk)
    fresh.name, fresh.short_name = name, short_name or name
    return save_grid(fresh, by=by)


@transaction.atomic
def retire_grid(grid: Grid, *, by=None, on=None) -> Grid:
    """End a grid on the given day (today in Shanghai): from then on it takes no new matters.

    Its posters lead to a plain page. Raises RuleViolation while something current lies in it,
    AlreadyDone when it has ended before.
    """
    on = on or timezone.localdate()
    fresh = Grid.objects.select_for_update().get(pk=grid.pk)
    if fresh.valid_to and fresh.valid_to <= on:
        raise AlreadyDone(_("%(grid)s no longer exists.") % {"grid": fresh.short_name})
    if fresh.children.current(on).exists():
        raise RuleViolation(
            _("%(grid)s still has parts; move or end them first.") % {"grid": fresh.short_name},
            code="has_parts",
        )
    fresh.valid_to = on
    fresh.full_clean()
    _save(fresh, by)
    fresh.poster_tokens.active().update(retired_at=timezone.now())
    Version.objects.bump("grids")
    return fresh


@transaction.atomic
def new_poster_token(grid: Grid, *, by, replaces: str | None = None, at=None) -> PosterToken:
    """Replace the word in the grid's QR code: posters that hang now lead to a plain page.

    Raises RuleViolation for a grid that has ended, AlreadyDone when the code is no longer the one
    that the page showed (`replaces`).
    """
    at = at or timezone.now()
    fresh = Grid.objects.select_for_update().get(pk=grid.pk)
    if fresh.valid_to and fresh.valid_to <= timezone.localdate(at):
        raise RuleViolation(_("%(grid)s no longer exists.") % {"grid": fresh.short_name})
    active = fresh.poster_tokens.active()
    if replaces is not None and not active.filter(token=replaces).exists():
        raise AlreadyDone(_("This code has just been replaced; the poster shows the new one."))
    active.update(retired_at=at)
    logger.info("poster of %s replaced by user %s", fresh.code, by and by.pk)
    return PosterToken.objects.create(grid=fresh, created_at=at)


def load_district(report=None) -> Counter:
    """Bring the tree in line with `grids.district`, and say what changed.

    Safe to run again: missing grids are added (in batches of at most 500, each its own
    transaction), codes, sources and outlines that the data files have corrected are updated. What
    staff may change - names, parents, dates, numbers, listing - is never touched; names that
    differ from the table are counted as "kept". `report` is called with each line of text.
    """
    places = district.places()
    known = Grid.objects.in_bulk([place.code for place in places], field_name="code")
    paths = _Paths(Grid.objects.values_list("path", flat=True))
    counts = Counter(added=0, changed=0, unchanged=0, kept=0)
    changed = []
    for place in places:
        if place.code in known:
            counts[_compare(known[place.code], place, changed)] += 1
    missing = [place for place in places if place.code not in known]
    for batch in _by_generation(missing, known):
        _create(batch, known, paths)
        counts["added"] += len(batch)
    for start in range(0, len(changed), BATCH):
        _update(changed[start : start + BATCH])
    for line in _lines(counts):
        if report:
            report(line)
    return counts


_LOADED_FIELDS = ["division_code", "division_scheme", "other_codes", "source", "outline"]


def _compare(grid, place, changed):
    """Return the word under which this known grid is counted; note it where it must be updated."""
    different = [field for field in _LOADED_FIELDS if getattr(grid, field) != getattr(place, field)]
    for field in different:
        setattr(grid, field, getattr(place, field))
    if different:
        changed.append(grid)
        return "changed"
    return "unchanged" if grid.name == place.name else "kept"


def _by_generation(missing, known):
    """Yield batches in which nobody waits for a parent of the same batch."""
    done = set(known) | {None}
    while missing:
        ready = [place for place in missing if place.parent in done][:BATCH]
        chosen = {place.code for place in ready}
        missing = [place for place in missing if place.code not in chosen]
        done |= chosen
        yield ready


@transaction.atomic
def _create(batch, known, paths):
    grids = []
    for place in batch:
        values = asdict(place)
        parent = known.get(values.pop("parent"))
        grid = Grid(
            parent=parent,
            path=paths.take(parent.path if parent else ""),
            valid_from=LOADED_FROM,
            **values,
        )
        _spell(grid)
        grids.append(grid)
    for grid in bulk_create_with_history(grids, Grid, batch_size=BATCH):
        known[grid.code] = grid
    PosterToken.objects.bulk_create([PosterToken(grid=grid) for grid in grids], batch_size=BATCH)
    Version.objects.bump("grids")


@transaction.atomic
def _update(grids):
    bulk_update_with_history(grids, Grid, _LOADED_FIELDS, batch_size=BATCH)
    Version.objects.bump("grids")


def _lines(counts):
    yield f"{counts['unchanged']} unchanged"
    if counts["added"]:
        yield f"+{counts['added']} grids"
    if counts["changed"]:
        yield f"~{counts['changed']} grids corrected from the data files"
    if counts["kept"]:
        yield f"{counts['kept']} kept as renamed by staff"


class _Paths:
    """Hands out the next free path below a parent, without asking the database each time."""

    def __init__(self, taken):
        self._last = {}
        for path in taken:
            self._note(path)

    def _note(self, path):
        start, end = path[:-PATH_STEP], int(path[-PATH_STEP:], 36)
        self._last[start] = max(end, self._last.get(start, 0))

    def take(self, start):
        path = start + _segment(self._last.get(start, 0) + 1)
        self._note(path)
        return path


def _level_label(level):
    return GridLevel(level).label if level in GridLevel.values else level


def _lock_parent(grid):
    """Lock the parent, because the next free path below it is about to be read."""
    if grid.parent_id is None:
        return None
    parent = Grid.objects.select_for_update().filter(pk=grid.parent_id).first()
    if parent is None:
        raise RuleViolation(_("There is no such grid."), code="parent", field="parent")
    return parent


def _free_path(parent):
    siblings = Grid.objects.filter(parent=parent).values_list("path", flat=True)
    return _Paths(siblings).take(parent.path if parent else "")


def _segment(number):
    text = ""
    for _place in range(PATH_STEP):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


def _carry_subtree(before, grid):
    """Rewrite the paths of everything below a grid that moves from `before.path`."""
    below = Grid.objects.within(before).exclude(pk=before.pk).order_by("path")
    parts = list(below.only("path"))
    for part in parts:
        part.path = grid.path + part.path[len(before.path) :]
    for start in range(0, len(parts), BATCH):
        Grid.objects.bulk_update(parts[start : start + BATCH], ["path"])


def _spell(grid):
    """Sub-areas are called "第1片区" everywhere, so their whole name is what people look for."""
    grid.pinyin, grid.initials = spell(
        grid.name if grid.level == GridLevel.SUBAREA else grid.short_name
    )


def _save(grid, by):
    """Save with a history row; without `by` the middleware names the signed-in person."""
    if by is not None:
        grid._history_user = by
    grid.save()
