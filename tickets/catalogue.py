"""Categories as an in-process map: lists, filing and suggestions read it without a query."""

from dataclasses import dataclass

from django.utils.translation import get_language

from common.maps import NameMap
from tickets.models import Category


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """What a category says, as plain values; its time limits stand in `tickets.policies`."""

    id: int
    code: str
    parent_id: int | None
    name: str
    name_en: str
    handler: str
    department_id: int | None
    department_name: str
    co_department_ids: tuple[int, ...]
    property_helps: bool
    priority: str
    keywords: tuple[str, ...]
    is_immediate: bool
    is_restricted: bool
    emergency_number: str
    is_active: bool

    def __str__(self):
        return self.name_en if get_language() == "en" else self.name

    @property
    def is_leaf(self):
        return self.parent_id is not None


def _load():
    rows = (
        Category.objects.select_related("department")
        .prefetch_related("co_departments")
        .order_by("code")
    )
    return {
        row.pk: CategoryFacts(
            id=row.pk,
            code=row.code,
            parent_id=row.parent_id,
            name=row.name,
            name_en=row.name_en,
            handler=row.handler,
            department_id=row.department_id,
            department_name=row.department.name if row.department else "",
            co_department_ids=tuple(each.pk for each in row.co_departments.all()),
            property_helps=row.property_helps,
            priority=row.priority,
            keywords=tuple(row.keywords),
            is_immediate=row.is_immediate,
            is_restricted=row.is_restricted,
            emergency_number=row.emergency_number,
            is_active=row.is_active,
        )
        for row in rows
    }


categories = NameMap("categories", _load)


def by_code(code):
    """Return the category with this code, or None."""
    return next((each for each in categories.all().values() if each.code == code), None)


def leaves():
    """Return the categories a ticket may have, in code order."""
    return [each for each in categories.all().values() if each.is_leaf and each.is_active]


def tree():
    """Return [(top, [leaf, …]), …] of the active categories."""
    tops = [each for each in categories.all().values() if not each.is_leaf and each.is_active]
    return [(top, [leaf for leaf in leaves() if leaf.parent_id == top.id]) for top in tops]
