"""Who serves a place, which places a department does not serve, who can be reached right now."""

import datetime
from dataclasses import dataclass

from django.db.models import Q

from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation, Posting
from accounts.reports import Duty, Roster, day_of, leader_of, manager_of, recall
from grids.choices import GridLevel
from grids.models import Grid
from specialists.choices import Handler, PersonKind, ReachReason, SpecialistKind
from specialists.duty import is_office_hours, on_duty
from specialists.models import Assignment
from specialists.routing import route

_KINDS = {
    Role.GRID_WORKER: PersonKind.WORKER,
    Role.GRID_HEAD: PersonKind.HEAD,
    Role.COMMUNITY_SECRETARY: PersonKind.SECRETARY,
    Role.STREET_SECRETARY: PersonKind.SECRETARY,
    Role.STEWARD: PersonKind.STEWARD,
}


@dataclass(frozen=True)
class Person:
    """Somebody who serves a place, as everybody may see it; phones are public service numbers."""

    kind: str
    role_label: str
    name: str
    phone: str
    phone_link: str
    organisation: str
    grid: Grid
    is_substitute: bool
    is_demonstration: bool
    is_utility: bool = False

    @property
    def described(self):
        """What they are, for whom and where, in one line."""
        parts = (str(self.role_label), self.organisation, str(self.grid))
        return " · ".join(filter(None, parts))

    @property
    def is_rarely_needed(self):
        """Whether residents seldom ring this person first: the contact of a department."""
        return self.kind == PersonKind.CONTACT and not self.is_utility


def people_for_grid(grid, at=None) -> list[Person]:
    """Return who serves this place today, in the order of PersonKind, substitutes included.

    Workers and stewards of the nearest place that has any; every head upward; the secretary; the
    community's own specialist; each organisation's nearest contact, water, power, gas and heat
    before the departments. At most four queries.
    """
    day = day_of(at)
    posted = _posted(grid, day)
    assigned = list(
        Assignment.objects.current(day)
        .filter(grid__path__in=grid.ancestor_paths, posting__organisation__is_active=True)
        .select_related("posting__user", "posting__organisation", "grid")
        .defer("grid__outline")
        .order_by("-grid__level", "posting__organisation__name", "pk")
    )
    roster = Roster({*posted, *(row.posting for row in assigned)}, day)
    # Who is away without a substitute serves nobody today: the next place upward counts.
    posted = [row for row in posted if roster.duty(row)]
    assigned = [row for row in assigned if roster.duty(row.posting)]
    own = [row for row in assigned if row.kind == SpecialistKind.COMMUNITY][:1]
    contacts = [row for row in assigned if row.kind == SpecialistKind.CONTACT]
    people = [
        _person(_KINDS[row.role], roster.duty(row), row.grid)
        for row in _nearest(posted, lambda row: row.role, every={Role.GRID_HEAD})
    ]
    people += [
        _person(PersonKind.OWN_SPECIALIST, roster.duty(row.posting), row.grid) for row in own
    ]
    people += [
        _person(PersonKind.CONTACT, roster.duty(row.posting), row.grid)
        for row in _nearest(contacts, lambda row: row.posting.organisation_id)
    ]
    order = PersonKind.values
    return sorted(people, key=lambda one: (order.index(one.kind), one.is_rarely_needed))


def _posted(grid, day):
    secretary = Role.STREET_SECRETARY
    if grid.level >= GridLevel.COMMUNITY:
        secretary = Role.COMMUNITY_SECRETARY
    rows = Posting.objects.current(day).filter(
        Q(role__in=[Role.GRID_WORKER, Role.GRID_HEAD, secretary])
        | Q(role=Role.STEWARD, organisation__is_active=True),
        grid__path__in=grid.ancestor_paths,
    )
    rows = rows.select_related("user", "organisation", "grid").order_by("-grid__level", "pk")
    return list(rows.defer("grid__outline"))


def _nearest(rows, group, every=frozenset()):
    """Keep, of each group, the rows of its nearest place; all rows of the groups in `every`."""
    level = {}
    return [
        row
        for row in rows
        if group(row) in every or level.setdefault(group(row), row.grid.level) == row.grid.level
    ]


def _person(kind, duty, place):
    posting = duty.posting
    is_specialist = kind in (PersonKind.CONTACT, PersonKind.OWN_SPECIALIST)
    return Person(
        kind=kind,
        role_label=PersonKind(kind).label if is_specialist else posting.get_role_display(),
        name=str(duty.user),
        phone=duty.user.shown_phone,
        phone_link=duty.user.phone or "",
        organisation=str(posting.organisation or ""),
        grid=place,
        is_substitute=duty.is_substitute,
        is_demonstration=duty.user.is_demonstration,
        is_utility=bool(
            posting.organisation and posting.organisation.kind == OrganisationKind.UTILITY
        ),
    )


def specialist_grids(user, at=None) -> frozenset[int]:
    """Return the ids of the places whose own specialist this person is, or stands in for."""
    if not user.is_authenticated:
        return frozenset()
    day = day_of(at)
    rows = Assignment.objects.current(day).filter(
        kind=SpecialistKind.COMMUNITY, posting__in=Posting.objects.held_by(user, day)
    )
    return recall(user, ("specialist", day), lambda: frozenset(rows.values_list("grid", flat=True)))


def directory(*, grid=None, organisation=None, at=None):
    """Return today's assignments, optionally of one organisation or of what serves one place."""
    rows = Assignment.objects.current(day_of(at)).filter(posting__organisation__is_active=True)
    if grid:
        rows = rows.filter(
            Q(grid__path__in=grid.ancestor_paths) | Q(grid__path__startswith=grid.path)
        )
    if organisation:
        rows = rows.filter(posting__organisation=organisation)
    rows = rows.select_related("posting__user", "posting__organisation", "grid__parent")
    rows = rows.defer("grid__outline", "grid__parent__outline")
    return rows.order_by("posting__organisation__code", "grid__path", "pk")


# --- Who can be reached --------------------------------------------------------------------


def reachable(organisation, grid, at):
    """Return (person, reason) of who can be reached for an organisation at a place at a moment.

    In office hours the contact on the nearest grid upward, outside them the duty roster; where
    nobody is on it the contact all the same, as in `route`; then who stands in for the contact, the
    manager, the leader, and last the district: never nobody. The reason is plain data {"code",
    "params"}, read again by `explain_reach`. A day without a time counts as office hours.
    """
    is_open = is_office_hours(at)
    contacts = _contacts_there(organisation, grid, at)
    own = next((duty for duty in contacts if not duty.is_substitute), None)
    if own and is_open:
        return _reached(ReachReason.CONTACT, own, organisation, grid)
    duty = on_duty(organisation, at) if isinstance(at, datetime.datetime) else None
    if duty and is_open:
        return _reached(ReachReason.DUTY_BY_DAY, duty, organisation, grid)
    if duty:
        reason = ReachReason.DUTY_SUBSTITUTE if duty.is_substitute else ReachReason.DUTY
        return _reached(reason, duty, organisation, grid)
    if own:
        return _reached(ReachReason.CONTACT, own, organisation, grid)
    stand_in = next((duty for duty in contacts if duty.is_substitute), None)
    if stand_in:
        return _reached(ReachReason.SUBSTITUTE, stand_in, organisation, grid)
    for reason, ask in ((ReachReason.MANAGER, manager_of), (ReachReason.LEADER, leader_of)):
        duty = ask(organisation, at)
        if duty:
            return _reached(reason, duty, organisation, grid)
    district = Grid.objects.above(grid).at_level(GridLevel.DISTRICT).first() or grid
    last = route(department=None, grid=district, handler=Handler.STREET, at=at)
    return _reached(ReachReason.DISTRICT, Duty(last.posting, last.holder), organisation, grid)


def explain_reach(reason) -> str:
    """Return a stored reason of `reachable` as a sentence in the reader's language."""
    if reason.get("code") not in ReachReason.values:
        return ""
    filled = {"organisation": "", "grid": "", "person": ""} | reason.get("params", {})
    return ReachReason(reason["code"]).label % filled


def _contacts_there(organisation, grid, at):
    """Return the Duties of an organisation's contacts for a place, nearest first."""
    if not organisation.is_active:
        return []
    rows = Assignment.objects.current(day_of(at)).filter(
        kind=SpecialistKind.CONTACT,
        posting__organisation=organisation,
        grid__path__in=grid.ancestor_paths,
    )
    postings = [
        row.posting for row in rows.select_related("posting__user").order_by("-grid__level", "pk")
    ]
    return Roster(postings, at).on_duty(postings) if postings else []


def _reached(reason, duty, organisation, grid):
    params = {"organisation": str(organisation), "grid": str(grid), "person": str(duty.user)}
    return duty.user, {"code": reason.value, "params": params}


# --- Coverage ------------------------------------------------------------------------------


@dataclass(frozen=True)
class CoverageRow:
    """One place and what is missing there."""

    grid: Grid
    has_own_specialist: bool
    missing: tuple[Organisation, ...]
    from_above: tuple[Organisation, ...]


@dataclass(frozen=True)
class Coverage:
    """Which places have no contact of which organisation; `pairs` is how many were looked at."""

    rows: tuple[CoverageRow, ...]
    pairs: int

    @property
    def gaps(self) -> int:
        return sum(len(row.missing) for row in self.rows)

    @property
    def covered(self) -> int:
        return self.pairs - self.gaps

    @property
    def without_own_specialist(self) -> int:
        return sum(not row.has_own_specialist for row in self.rows)


def coverage(organisations, grids, at=None) -> Coverage:
    """Say for every place and organisation whether a contact is named there or above it.

    One query besides those of the two arguments; leave does not count, it has its substitutes.
    """
    organisations, grids = list(organisations), list(grids)
    named, own = set(), set()
    rows = Assignment.objects.current(day_of(at)).filter(posting__organisation__is_active=True)
    for kind, organisation, path in rows.values_list("kind", "posting__organisation", "grid__path"):
        if kind == SpecialistKind.COMMUNITY:
            own.add(path)
        else:
            named.add((organisation, path))
    return Coverage(
        rows=tuple(_coverage_row(grid, organisations, named, own) for grid in grids),
        pairs=len(organisations) * len(grids),
    )


def _coverage_row(grid, organisations, named, own):
    missing, from_above = [], []
    for organisation in organisations:
        if (organisation.pk, grid.path) in named:
            continue
        above = any((organisation.pk, path) in named for path in grid.ancestor_paths)
        (from_above if above else missing).append(organisation)
    return CoverageRow(
        grid=grid,
        has_own_specialist=any(path in own for path in grid.ancestor_paths),
        missing=tuple(missing),
        from_above=tuple(from_above),
    )
