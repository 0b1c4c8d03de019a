import io

import pytest
import tablib
from django.urls import reverse

from grids.models import Grid
from grids.resources import GridResource
from grids.tests.factories import make_branch

pytestmark = pytest.mark.django_db

COLUMNS = ["code", "parent", "level", "name", "households"]


def sheet_of(rows):
    return tablib.Dataset(*rows, headers=COLUMNS)


def good_rows(parent, many):
    return [
        [f"V{number:03d}", parent.code, 4, f"第{number}村", 300] for number in range(1, many + 1)
    ]


@pytest.fixture
def community():
    return make_branch()[2]


@pytest.fixture
def admin(client, django_user_model):
    person = django_user_model.objects.create_superuser("chief", "long enough 9")
    client.force_login(person)
    return client


def test_import_names_exactly_the_seven_faulty_lines_and_writes_nothing(community):
    rows = good_rows(community, 600)
    rows[9][0] = ""
    rows[99][0] = rows[98][0]
    rows[199][1] = "NOWHERE"
    rows[299][2] = "四"
    rows[399][2] = 3
    rows[499][4] = -5
    rows[599][3] = "长" * 61
    before = Grid.objects.count()
    for dry_run in (True, False):
        result = GridResource().import_data(
            sheet_of(rows), dry_run=dry_run, rollback_on_validation_errors=True
        )
        named = sorted(
            [row.number for row in result.invalid_rows] + [n for n, _ in result.row_errors()]
        )
        assert named == [10, 100, 200, 300, 400, 500, 600]
        assert result.row_errors() == []
        assert Grid.objects.count() == before
    fields = [sorted(row.error.message_dict) for row in result.invalid_rows]
    assert fields == [
        ["code"],
        ["code"],
        ["parent"],
        ["level"],
        ["level"],
        ["households"],
        ["name", "short_name"],
    ]


def test_import_adds_and_edits_by_code(community):
    rows = good_rows(community, 3)
    # A sub-area whose village stands further up in the same file.
    rows.append(["V001A", "V001", 5, "第一片区", 120])
    result = GridResource().import_data(sheet_of(rows), rollback_on_validation_errors=True)
    assert not result.has_errors() and not result.has_validation_errors()
    part = Grid.objects.get(code="V001A")
    assert part.path == community.path + "0002" + "0001"
    assert (part.initials, part.short_name) == ("dypq", "第一片区")
    assert part.history.count() == 1

    rows[1][4] = 310
    again = GridResource().import_data(sheet_of(rows), rollback_on_validation_errors=True)
    assert (again.totals["update"], again.totals["skip"]) == (1, 3)
    assert Grid.objects.get(code="V002").households == 310


def test_import_moves_a_grid_with_its_parts(community):
    other = make_branch(street="西街道")[2]
    rows = [*good_rows(community, 1), ["V001A", "V001", 5, "第一片区", 120]]
    GridResource().import_data(sheet_of(rows), rollback_on_validation_errors=True)
    rows[0][1] = other.code
    GridResource().import_data(sheet_of(rows), rollback_on_validation_errors=True)
    village = Grid.objects.get(code="V001")
    assert village.path.startswith(other.path)
    assert Grid.objects.get(code="V001A").path == village.path + "0001"


def test_export_comes_back_unchanged(community):
    exported = GridResource().export(Grid.objects.order_by("path"))
    result = GridResource().import_data(exported, rollback_on_validation_errors=True)
    assert result.totals["skip"] == Grid.objects.count()


def test_admin_shows_the_faulty_lines_of_a_workbook(admin, community):
    rows = good_rows(community, 5)
    rows[2][1] = "NOWHERE"
    file = io.BytesIO(sheet_of(rows).export("xlsx"))
    file.name = "grids.xlsx"
    page = admin.post(reverse("admin:grids_grid_import"), {"import_file": file, "format": "0"})
    assert page.status_code == 200
    assert [row.number for row in page.context["result"].invalid_rows] == [3]
    assert "NOWHERE" in page.content.decode()
    assert not Grid.objects.filter(code__startswith="V0").exists()


def test_admin_lists_and_opens_grids(admin, community):
    listing = admin.get(reverse("admin:grids_grid_changelist"), {"q": "hpsq"})
    assert "和平社区" in listing.content.decode()
    assert admin.get(reverse("admin:grids_grid_change", args=[community.pk])).status_code == 200
    assert admin.get(reverse("admin:grids_grid_history", args=[community.pk])).status_code == 200
    assert admin.get(reverse("admin:grids_postertoken_changelist")).status_code == 200
    assert admin.get(reverse("admin:grids_postertoken_add")).status_code == 403
    assert admin.post(reverse("admin:grids_grid_delete", args=[community.pk])).status_code == 403


def form_of(grid, **changes):
    values = {
        "code": grid.code,
        "parent": grid.parent_id or "",
        "level": grid.level,
        "kind": grid.kind,
        "name": grid.name,
        "short_name": grid.short_name,
        "other_codes": "{}",
        "outline": "null",
        "valid_from": "2024-01-01",
        "is_listed": "on",
    }
    return values | changes


def test_admin_edits_through_the_workflow(admin, community):
    url = reverse("admin:grids_grid_change", args=[community.pk])
    answer = admin.post(url, form_of(community, short_name="新和平社区"))
    assert answer.status_code == 302
    community.refresh_from_db()
    assert community.initials == "xhpsq"
    assert community.history.first().history_user_id is not None


def test_admin_says_what_the_tree_does_not_allow(admin, community):
    url = reverse("admin:grids_grid_change", args=[community.pk])
    for changes in ({"level": 4}, {"parent": ""}, {"outline": '{"type": "Point"}'}):
        page = admin.post(url, form_of(community, **changes))
        assert page.status_code == 200
        [field] = page.context["adminform"].form.errors
        assert field in ("level", "parent", "outline")
    community.refresh_from_db()
    assert community.level == 3


def test_admin_adds_a_grid_with_path_and_poster(admin, community):
    new = Grid(code="NEW1", parent=community, level=4, name="新村", short_name="新村")
    answer = admin.post(reverse("admin:grids_grid_add"), form_of(new))
    assert answer.status_code == 302
    added = Grid.objects.get(code="NEW1")
    assert added.path == community.path + "0002"
    assert added.poster_tokens.active().count() == 1
