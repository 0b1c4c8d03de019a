"""People for tests: plain functions, numbered by themselves."""

from itertools import count

from accounts.choices import GRID_ROLES, OrganisationKind
from accounts.models import Organisation, Posting, User

PASSWORD = "北海银鱼炒鸡蛋-7"
_numbers = count(1)


def make_user(username=None, *, role=None, grid=None, organisation=None, password=None, **fields):
    """Return a saved person; with `role` also posted, at the grid or in the organisation."""
    number = next(_numbers)
    fields.setdefault("name", username or f"测试员{number}")
    fields.setdefault("phone", f"+861000000{number:04d}")
    user = User(username=username or f"staff-{number}", **fields)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    if role:
        make_posting(user, role, grid=grid, organisation=organisation)
    return user


def make_posting(user, role, *, grid=None, organisation=None, **fields):
    """Return a saved posting that began long ago."""
    fields.setdefault("valid_from", "2024-01-01")
    if role not in GRID_ROLES and organisation is None:
        organisation = make_organisation()
    return Posting.objects.create(
        user=user, role=role, grid=grid, organisation=organisation, **fields
    )


def make_organisation(name=None, *, code=None, kind=OrganisationKind.DEPARTMENT, **fields):
    """Return a saved organisation."""
    number = next(_numbers)
    return Organisation.objects.create(
        name=name or f"测试局{number}", code=code or f"office-{number}", kind=kind, **fields
    )
