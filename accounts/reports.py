"""Who reaches what, and who is on duty where: the two questions every other app asks of people."""

import datetime
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from accounts.choices import GRID_ROLES, ORGANISATION_ROLES, Role
from accounts.models import Leave, Posting, User
from grids.choices import GridLevel

# Who heads a place of each level.
HEADS = {
    GridLevel.SUBAREA: Role.GRID_HEAD,
    GridLevel.VILLAGE: Role.GRID_HEAD,
    GridLevel.COMMUNITY: Role.COMMUNITY_SECRETARY,
    GridLevel.STREET: Role.STREET_SECRETARY,
    GridLevel.DISTRICT: Role.DISTRICT_SECRETARY,
}
SECRETARIES = (Role.COMMUNITY_SECRETARY, Role.STREET_SECRETARY, Role.DISTRICT_SECRETARY)


def day_of(at=None) -> datetime.date:
    """Return the day in Shanghai of a moment, of a day, or of now."""
    if at is None:
        return timezone.localdate()
    if isinstance(at, datetime.datetime):
        return timezone.localtime(at).date()
    return at


# --- Reach ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """What one person may see on one day.

    `grids` holds, by level, the ids of the places of the person's grid roles; a place inside
    another one of them is left out. `organisations` are those of the organisation's roles.
    """

    is_admin: bool = False
    postings: tuple[Posting, ...] = ()
    roles: frozenset[str] = frozenset()
    grids: dict[int, frozenset[int]] = None
    paths: tuple[str, ...] = ()
    organisations: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether this person works nowhere today."""
        return not (self.is_admin or self.postings)

    def has(self, *roles) -> bool:
        """Whether the person has one of the roles anywhere; being an admin is no role."""
        return not self.roles.isdisjoint(roles)

    def covers(self, path: str) -> bool:
        """Whether a grid role (or being an admin) reaches the place with this path."""
        return self.is_admin or path.startswith(self.paths)

    def roles_at(self, path: str) -> frozenset[str]:
        """Grid roles that hold at this place, from it or from a place around it."""
        return frozenset(
            posting.role
            for posting in self.postings
            if posting.role in GRID_ROLES and path.startswith(posting.grid.path)
        )

    def roles_in(self, organisation_id: int) -> frozenset[str]:
        """Roles inside one organisation."""
        return frozenset(
            posting.role
            for posting in self.postings
            if posting.role in ORGANISATION_ROLES and posting.organisation_id == organisation_id
        )


def reach(user, at=None) -> Reach:
    """Return what this person may see on the day of `at`; one query, kept on the user object."""
    if not user.is_authenticated:
        return Reach(grids={})
    day = day_of(at)
    return recall(user, ("reach", day), lambda: _reach_on(user, day))


def recall(user, key, ask):
    """Return `ask()`, asked once for this user object, which lives as long as a request."""
    known = getattr(user, "known_reach", None)
    if known is None:
        known = user.known_reach = {}
    if key not in known:
        known[key] = ask()
    return known[key]


def forget_reach(user):
    """Ask the database again at the next `reach`, after postings have changed."""
    user.known_reach = {}


def is_staff_member(user, at=None) -> bool:
    """Whether the rules for staff hold for this person: a posting, or a place in the admin."""
    return user.is_authenticated and (user.is_staff or not reach(user, at).is_empty)


def _reach_on(user, day):
    rows = Posting.objects.held_by(user, day).select_related("user", "grid", "organisation")
    rows = rows.defer("grid__outline")
    postings = tuple(rows.order_by("pk"))
    places = {row.grid.path: row.grid for row in postings if row.role in GRID_ROLES}
    paths = tuple(path for path in sorted(places) if not _lies_in_another(path, places))
    grids = {}
    for path in paths:
        grids.setdefault(places[path].level, set()).add(places[path].pk)
    return Reach(
        is_admin=user.is_superuser,
        postings=postings,
        roles=frozenset(row.role for row in postings),
        grids={level: frozenset(ids) for level, ids in grids.items()},
        paths=paths,
        organisations=frozenset(
            row.organisation_id for row in postings if row.role in ORGANISATION_ROLES
        ),
    )


def _lies_in_another(path, places):
    return any(other != path and path.startswith(other) for other in places)


# --- Duty ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """Who answers for a posting today: its holder, or the substitute while the holder is away."""

    posting: Posting
    user: User
    is_substitute: bool = False


class Roster:
    """Says for postings that run on a day who is there; one query for any number of them.

    With `since` it knows the days before, too: a night's duty belongs to the day it began on.
    """

    def __init__(self, postings, at=None, *, since=None):
        self.day = day_of(at)
        self._leaves, self._away = {}, {}
        leaves = Leave.objects.between(since or self.day, self.day)
        mine = Q(posting__in=list(postings))
        stand_ins = leaves.filter(mine, substitute__isnull=False).values("substitute")
        # Those of the stand-ins as well: nobody on leave stands in for somebody on leave.
        rows = leaves.filter(mine | Q(posting__user__in=stand_ins))
        rows = rows.select_related("substitute").annotate(user_id=F("posting__user"))
        for leave in rows.order_by("pk"):
            self._leaves.setdefault(leave.posting_id, []).append(leave)
            self._away.setdefault(leave.user_id, []).append(leave)

    def duty(self, posting, on=None) -> Duty | None:
        """Return the person for this posting; None if away without a substitute who is there."""
        on = on or self.day
        leave = _running(self._leaves.get(posting.pk, ()), on)
        if leave is None:
            return Duty(posting, posting.user)
        stand_in = leave.substitute
        if stand_in is None or not stand_in.is_active:
            return None
        if _running(self._away.get(stand_in.pk, ()), on):
            return None
        return Duty(posting, stand_in, is_substitute=True)

    def on_duty(self, postings) -> list[Duty]:
        """Return who is there, in the order of the postings."""
        return [duty for posting in postings if (duty := self.duty(posting))]


def _running(leaves, day):
    return next((each for each in leaves if each.first_day <= day <= each.last_day), None)


def _postings(at, **where):
    rows = Posting.objects.current(day_of(at)).filter(**where)
    rows = rows.select_related("user", "grid", "organisation").order_by("pk")
    return rows.defer("grid__outline")


def holders(role, *, grid=None, organisation=None, at=None) -> list[Duty]:
    """Return who is on duty in a role exactly at this grid or in this organisation."""
    where = {"role": role}
    if grid is not None:
        where["grid"] = grid
    if organisation is not None:
        where["organisation"] = organisation
    rows = list(_postings(at, **where))
    return Roster(rows, at).on_duty(rows)


def ladder(grid, at=None) -> list[Duty]:
    """Return the heads of a place and of all around it, nearest first, at most one a level.

    Sub-area head, head of the village or estate, community secretary, street secretary, district
    secretary. A level whose head is away without substitute is left out.
    """
    roles = set(HEADS.values())
    rows = list(_postings(at, role__in=roles, grid__path__in=grid.ancestor_paths))
    steps = {}
    for duty in Roster(rows, at).on_duty(rows):
        level = duty.posting.grid.level
        if duty.posting.role == HEADS[level]:
            steps.setdefault(level, duty)
    return [steps[level] for level in sorted(steps, reverse=True)]


def secretary_of(grid, at=None) -> Duty | None:
    """Return the secretary of the place, or of the nearest place around it that has one there."""
    return next((duty for duty in ladder(grid, at) if duty.posting.role in SECRETARIES), None)


def manager_of(organisation, at=None) -> Duty | None:
    """Return who manages the organisation's matters, None where nobody is there."""
    found = holders(Role.ORGANISATION_MANAGER, organisation=organisation, at=at)
    return found[0] if found else None


def leader_of(organisation, at=None) -> Duty | None:
    """Return the head of the organisation, None where nobody is there."""
    found = holders(Role.ORGANISATION_LEADER, organisation=organisation, at=at)
    return found[0] if found else None
