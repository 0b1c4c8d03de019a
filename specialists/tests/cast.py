"""The cast of the tests: a small district where everybody has a place and one must see nothing."""

from types import SimpleNamespace

from accounts.choices import OrganisationKind, Role
from accounts.tests.factories import PASSWORD, make_organisation, make_posting, make_user
from grids.choices import GridForm
from grids.tests.factories import make_grid
from specialists.tests.factories import make_contact, make_own_specialist


def build_cast():
    """Return places, organisations and people by name.

    `people` holds everybody with a posting in the first community, its street or district, by the
    name of the attribute; `neighbours` who work next door; `outsider` is a resident.
    """
    cast = SimpleNamespace(people={}, neighbours={}, password=PASSWORD)
    _places(cast)
    cast.power = make_organisation("区供电公司", code="power", kind=OrganisationKind.UTILITY)
    cast.housing = make_organisation("区住建局", code="housing")
    cast.property = make_organisation("锦绣物业", code="jinxiu", kind=OrganisationKind.PROPERTY)
    _ground(cast)
    _organisations(cast)
    cast.admin = make_user("admin", password=PASSWORD, is_staff=True, is_superuser=True)
    cast.outsider = make_user("outsider", phone_verified=True)
    return cast


def _places(cast):
    cast.district = make_grid(name="寒亭区")
    cast.street = make_grid(cast.district, name="张氏街道")
    cast.community = make_grid(cast.street, name="锦绣社区")
    cast.village = make_grid(cast.community, name="吉祥家园", form=GridForm.ESTATE)
    cast.subarea = make_grid(cast.village, name="吉祥家园一片区")
    cast.neighbour = make_grid(cast.street, name="和平社区")
    cast.neighbour_village = make_grid(cast.neighbour, name="茅埠村", form=GridForm.VILLAGE)
    cast.neighbour_subarea = make_grid(cast.neighbour_village, name="茅埠村一片区")


def _ground(cast):
    for name, role, grid in (
        ("worker", Role.GRID_WORKER, cast.subarea),
        ("head", Role.GRID_HEAD, cast.subarea),
        ("village_head", Role.GRID_HEAD, cast.village),
        ("secretary", Role.COMMUNITY_SECRETARY, cast.community),
        ("street_secretary", Role.STREET_SECRETARY, cast.street),
        ("street_dispatcher", Role.DISPATCHER, cast.street),
        ("district_secretary", Role.DISTRICT_SECRETARY, cast.district),
        ("dispatcher", Role.DISPATCHER, cast.district),
        ("supervisor", Role.SUPERVISOR, cast.district),
    ):
        _add(cast, cast.people, name, role, grid=grid)
    _add(cast, cast.neighbours, "neighbour_worker", Role.GRID_WORKER, grid=cast.neighbour_subarea)
    _add(
        cast,
        cast.neighbours,
        "neighbour_secretary",
        Role.COMMUNITY_SECRETARY,
        grid=cast.neighbour,
    )


def _organisations(cast):
    _add(cast, cast.people, "specialist", Role.SPECIALIST, organisation=cast.power)
    _add(cast, cast.people, "manager", Role.ORGANISATION_MANAGER, organisation=cast.power)
    _add(cast, cast.people, "leader", Role.ORGANISATION_LEADER, organisation=cast.power)
    _add(cast, cast.people, "own_specialist", Role.SPECIALIST, organisation=cast.housing)
    _add(cast, cast.people, "steward", Role.STEWARD, organisation=cast.property, grid=cast.village)
    cast.contact = make_contact(cast.power, cast.community, user=cast.specialist)
    cast.own = make_own_specialist(
        cast.community, user=cast.own_specialist, organisation=cast.housing
    )


def _add(cast, group, name, role, *, grid=None, organisation=None):
    user = make_user(name, password=PASSWORD)
    make_posting(user, role, grid=grid, organisation=organisation)
    group[name] = user
    setattr(cast, name, user)
