"""Invented staff for the whole district: heads, workers, secretaries, specialists, stewards.

Rows are made in bulk: thousands of postings one by one, each with its audit entry, would take
minutes and would fill the audit trail with people who do not exist.
"""

import datetime
import random
from itertools import count

from django.db import transaction

from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation, Posting, User
from common.models import Version
from grids.choices import GridKind, GridLevel
from grids.models import Grid
from specialists.choices import SpecialistKind
from specialists.models import Assignment

SINCE = datetime.date(2023, 1, 1)
BATCH = 500
ESTATE = "370705009014D10"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林郑"
GIVEN = (
    "秀英 建国 桂兰 志强 玉梅 海涛 丽华 永军 淑珍 晓东 春燕 立新 国庆 爱萍 文斌",
    "红霞 振华 美玲 德胜 雪梅 光明 慧敏 俊杰 凤霞 家栋 月娥 少华 翠萍 金山 欣怡",
)
# Departments that lend each community its own specialist, as the press names them.
LENDERS = ("civil", "housing", "municipal", "enforce", "market", "power")
# Streets where an organisation has named no contact yet, so that coverage shows holes.
HOLES = {("telecom", 3), ("culture", 2), ("vet", 5), ("waterb", 1), ("transport", 4), ("heat", 6)}


class Staff:
    """Collects people and postings in memory and stores them in a few statements."""

    def __init__(self):
        self.chance = random.Random(20260101)
        self.numbers = count(1)
        self.users, self.postings, self.assignments = [], [], []

    def hire(self, role, *, grid=None, organisation=None, username=None):
        """Make a person with one posting; return the posting (not stored yet)."""
        number = next(self.numbers)
        user = User(
            username=username or f"staff-{number:05d}",
            name=self.chance.choice(SURNAMES) + self.chance.choice(" ".join(GIVEN).split()),
            # 100 0000 XXXX is no mobile number in China.
            phone=f"+861000000{number:04d}",
            password="!",
            is_demonstration=True,
        )
        self.users.append(user)
        return self.post(user, role, grid=grid, organisation=organisation)

    def post(self, user, role, *, grid=None, organisation=None):
        posting = Posting(
            user=user, role=role, grid=grid, organisation=organisation, valid_from=SINCE
        )
        self.postings.append(posting)
        return posting

    def assign(self, posting, grid, kind):
        self.assignments.append(Assignment(posting=posting, grid=grid, kind=kind, valid_from=SINCE))

    def store(self):
        for model, rows in (
            (User, self.users),
            (Posting, self.postings),
            (Assignment, self.assignments),
        ):
            for start in range(0, len(rows), BATCH):
                model.objects.bulk_create(rows[start : start + BATCH])


def seed_people():
    """Make the demonstration's staff once; return how many people there are.

    The demo- users stand around 吉祥家园, where a first complaint is easily followed.
    """
    found = User.objects.filter(is_demonstration=True).count()
    if found:
        return found
    staff = Staff()
    grids = {grid.code: grid for grid in Grid.objects.current().defer("outline").order_by("path")}
    with transaction.atomic():
        companies = _property_companies()
        _heads(staff, grids)
        _desks(staff, grids)
        _specialists(staff, grids)
        _stewards(staff, grids, companies)
        staff.users.append(
            User(
                username="demo-admin",
                name="演示管理员",
                password="!",
                is_staff=True,
                is_superuser=True,
                is_demonstration=True,
            )
        )
        staff.store()
        Version.objects.bump("organisations")
    return len(staff.users)


def _around(grids, level):
    """Return the grid of this level around the demonstration's estate."""
    grid = grids[ESTATE]
    while grid.level > level:
        grid = next(each for each in grids.values() if each.pk == grid.parent_id)
    return grid


def _heads(staff, grids):
    """A secretary for each community and street, a head for each village, a worker below."""
    community = _around(grids, GridLevel.COMMUNITY)
    first_part = min(
        (each for each in grids.values() if each.parent_id == grids[ESTATE].pk),
        key=lambda each: (each.kind == GridKind.MICRO, each.code),
    )
    divided = {each.parent_id for each in grids.values() if each.level == GridLevel.SUBAREA}
    for grid in grids.values():
        if grid.level == GridLevel.COMMUNITY:
            name = "demo-secretary" if grid == community else None
            staff.hire(Role.COMMUNITY_SECRETARY, grid=grid, username=name)
        elif grid.level == GridLevel.VILLAGE:
            name = "demo-head" if grid.code == ESTATE else None
            staff.hire(Role.GRID_HEAD, grid=grid, username=name)
            if grid.pk not in divided:
                staff.hire(Role.GRID_WORKER, grid=grid)
        elif grid.level == GridLevel.SUBAREA and grid.kind != GridKind.MICRO:
            name = "demo-worker" if grid == first_part else None
            staff.hire(Role.GRID_WORKER, grid=grid, username=name)


def _desks(staff, grids):
    """Secretaries and dispatchers of streets and district; one supervisor for the district."""
    own_street = _around(grids, GridLevel.STREET)
    home = _around(grids, GridLevel.DISTRICT)
    for grid in grids.values():
        if grid.level == GridLevel.STREET:
            mine = grid == own_street
            secretary = staff.hire(
                Role.STREET_SECRETARY, grid=grid, username="demo-street" if mine else None
            )
            if mine:
                staff.post(secretary.user, Role.SUPERVISOR, grid=home)
            staff.hire(Role.DISPATCHER, grid=grid, username="demo-dispatcher" if mine else None)
        elif grid.level == GridLevel.DISTRICT:
            mine = grid == home
            staff.hire(
                Role.DISTRICT_SECRETARY, grid=grid, username="demo-district" if mine else None
            )
            staff.hire(Role.DISPATCHER, grid=grid)


def _specialists(staff, grids):
    """A contact of each organisation for each street; each community's own specialist."""
    own_street = _around(grids, GridLevel.STREET)
    streets = [each for each in grids.values() if each.level == GridLevel.STREET]
    kinds = (OrganisationKind.DEPARTMENT, OrganisationKind.UTILITY)
    organisations = list(Organisation.objects.filter(kind__in=kinds).order_by("code"))
    for organisation in organisations:
        staff.hire(Role.ORGANISATION_MANAGER, organisation=organisation)
        staff.hire(Role.ORGANISATION_LEADER, organisation=organisation)
        for number, street in enumerate(streets):
            if (organisation.code, number) in HOLES:
                continue
            mine = organisation.code == "power" and street == own_street
            posting = staff.hire(
                Role.SPECIALIST,
                organisation=organisation,
                username="demo-specialist" if mine else None,
            )
            staff.assign(posting, street, SpecialistKind.CONTACT)
    lenders = [each for each in organisations if each.code in LENDERS]
    communities = [each for each in grids.values() if each.level == GridLevel.COMMUNITY]
    own_community = _around(grids, GridLevel.COMMUNITY)
    for number, community in enumerate(communities):
        posting = staff.hire(
            Role.SPECIALIST,
            organisation=lenders[number % len(lenders)],
            username="demo-own-specialist" if community == own_community else None,
        )
        staff.assign(posting, community, SpecialistKind.COMMUNITY)


def _property_companies():
    """Two companies that the press names and one more, all with invented people."""
    names = (
        ("haiwei", "海为物业（示范）", "Haiwei Property (demonstration)"),
        ("quanji", "全季物业（示范）", "Quanji Property (demonstration)"),
        ("linli", "邻里物业（示范）", "Linli Property (demonstration)"),
    )
    return [
        Organisation.objects.get_or_create(
            code=f"property-{code}",
            defaults={
                "name": name,
                "name_en": english,
                "kind": OrganisationKind.PROPERTY,
                "is_demonstration": True,
            },
        )[0]
        for code, name, english in names
    ]


def _stewards(staff, grids, companies):
    """A steward for each estate; managers of the companies."""
    for company in companies:
        staff.hire(Role.ORGANISATION_MANAGER, organisation=company)
    estates = [each for each in grids.values() if each.form == "estate"]
    for number, estate in enumerate(estates):
        mine = estate.code == ESTATE
        company = companies[0] if mine else companies[number % len(companies)]
        staff.hire(
            Role.STEWARD,
            grid=estate,
            organisation=company,
            username="demo-steward" if mine else None,
        )
