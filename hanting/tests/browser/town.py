"""A town small enough for every test: two estates, their people, all real categories."""

from types import SimpleNamespace

from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation
from accounts.tests.factories import PASSWORD, make_organisation, make_posting, make_user
from grids.choices import GridForm
from grids.tests.factories import make_grid
from specialists.tests.factories import make_contact, make_own_specialist
from tickets.reference import load_reference
from worktime.tests.factories import make_calendar


def build_town():
    """Return places, organisations and people by name; everybody signs in with `password`."""
    load_reference()
    make_calendar()
    town = SimpleNamespace(password=PASSWORD)
    _places(town)
    town.power = Organisation.objects.get(code="power")
    town.housing = Organisation.objects.get(code="housing")
    town.property = make_organisation(
        "锦绣物业", code="jinxiu", kind=OrganisationKind.PROPERTY, name_en="Jinxiu Property"
    )
    _ground(town)
    _organisations(town)
    town.qr = town.subarea.poster_tokens.active().get().token
    return town


def _places(town):
    town.district = make_grid(name="寒亭区")
    town.street = make_grid(town.district, name="张氏街道")
    town.community = make_grid(town.street, name="锦绣社区")
    town.estate = make_grid(town.community, name="吉祥家园", form=GridForm.ESTATE)
    town.subarea = make_grid(town.estate, name="第1片区")
    town.neighbour = make_grid(town.community, name="友谊花园", form=GridForm.ESTATE)


def _ground(town):
    for name, full_name, role, grid in (
        ("worker", "张秀英", Role.GRID_WORKER, town.subarea),
        ("head", "李建国", Role.GRID_HEAD, town.estate),
        ("secretary", "王桂兰", Role.COMMUNITY_SECRETARY, town.community),
        ("street_secretary", "刘志强", Role.STREET_SECRETARY, town.street),
        ("dispatcher", "陈玉梅", Role.DISPATCHER, town.street),
        ("district_secretary", "杨海涛", Role.DISTRICT_SECRETARY, town.district),
        ("supervisor", "赵永军", Role.SUPERVISOR, town.district),
    ):
        _hire(town, name, full_name, role, grid=grid)


def _organisations(town):
    for name, full_name, role, organisation in (
        ("specialist", "孙振华", Role.SPECIALIST, town.power),
        ("colleague", "马文斌", Role.SPECIALIST, town.power),
        ("manager", "朱晓东", Role.ORGANISATION_MANAGER, town.power),
        ("own_specialist", "胡美玲", Role.SPECIALIST, town.housing),
    ):
        _hire(town, name, full_name, role, organisation=organisation)
    _hire(town, "steward", "高德胜", Role.STEWARD, organisation=town.property, grid=town.estate)
    make_contact(town.power, town.street, user=town.specialist)
    make_contact(town.housing, town.street, user=town.own_specialist)
    make_own_specialist(town.community, user=town.own_specialist, organisation=town.housing)


def _hire(town, name, full_name, role, *, grid=None, organisation=None):
    user = make_user(name, name=full_name, password=PASSWORD, is_demonstration=True)
    make_posting(user, role, grid=grid, organisation=organisation)
    setattr(town, name, user)
