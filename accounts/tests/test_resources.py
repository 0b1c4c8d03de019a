"""Spreadsheets: the faulty lines are named and nothing is written."""

from io import BytesIO

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import Organisation, Posting, User
from accounts.resources import OrganisationResource, PostingResource, UserResource
from common.models import AuditEntry

PEOPLE = ["username", "name", "phone"]


def sheet(headers, rows):
    """Return an uploaded .xlsx file."""
    book = Workbook()
    for row in [headers, *rows]:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return SimpleUploadedFile("rows.xlsx", file.getvalue())


def people(count):
    return [[f"import-{n}", f"导入{n}", f"139 0000 {n:04d}"] for n in range(count)]


def faulty_lines(result):
    lines = {number for number, _errors in result.row_errors()}
    return sorted(lines | {row.number for row in result.invalid_rows})


def load(resource, headers, rows, **options):
    data = tablib.Dataset(*rows, headers=headers)
    return resource.import_data(data, raise_errors=False, **options)


def test_seven_faults_in_six_hundred_rows_are_seven_lines(cast, client):
    rows = people(600)
    rows[10][0] = ""
    rows[50][0] = "import-1"
    rows[100][2] = "not a phone"
    rows[200][0] = "with space"
    rows[300][2] = rows[301][2]
    rows[400][1] = "名" * 41
    rows[599][2] = "12345"
    before = User.objects.count()
    client.force_login(cast.admin)
    answer = client.post(
        reverse("admin:accounts_user_import"), {"format": "0", "import_file": sheet(PEOPLE, rows)}
    )
    found = faulty_lines(answer.context["result"])
    assert found == [11, 51, 101, 201, 302, 401, 600]
    page = answer.content.decode()
    assert "confirm_form" not in answer.context or answer.context["confirm_form"] is None
    assert "not a phone" in page
    assert User.objects.count() == before


def test_faulty_file_writes_nothing_even_without_a_dry_run(db):
    rows = people(3)
    rows[2][2] = "x"
    result = load(UserResource(), PEOPLE, rows)
    assert faulty_lines(result) == [3]
    assert not User.objects.exists()


def test_people_are_added_and_corrected_but_not_without_need(db):
    load(UserResource(), PEOPLE, people(3))
    assert User.objects.count() == 3
    user = User.objects.get(username="import-1")
    assert (user.name, user.phone) == ("导入1", "+8613900000001")
    assert not user.has_usable_password()
    history = User.history.count()
    rows = people(3)
    rows[0][1] = "改名"
    result = load(UserResource(), PEOPLE, rows)
    assert (result.totals["update"], result.totals["skip"]) == (1, 2)
    assert User.history.count() == history + 1


def test_organisations_by_code(cast):
    headers = ["code", "name", "kind", "phone", "grid"]
    rows = [
        ["water", "区水利局", "department", "7251000", ""],
        ["street-1", "张氏街道办", "street_office", "", cast.street.code],
        ["odd", "某局", "bureau", "", ""],
        ["lost", "某所", "department", "", "nowhere"],
    ]
    assert faulty_lines(load(OrganisationResource(), headers, rows)) == [3, 4]
    assert not Organisation.objects.filter(code="water").exists()
    assert not load(OrganisationResource(), headers, rows[:2]).has_errors()
    assert Organisation.objects.get(code="water").phone == "05367251000"
    assert Organisation.objects.get(code="street-1").grid == cast.street


def test_postings_go_through_the_workflow(cast):
    headers = ["user", "role", "grid", "organisation", "valid_from", "valid_to"]
    rows = [
        ["outsider", "grid_worker", cast.neighbour_subarea.code, "", "2026-01-01", ""],
        ["worker", "grid_worker", cast.subarea.code, "", "2024-01-01", "2030-12-31"],
    ]
    result = load(PostingResource(by=cast.admin), headers, rows)
    assert (result.totals["new"], result.totals["update"]) == (1, 1)
    assert cast.outsider.postings.get().valid_from.isoformat() == "2026-01-01"
    assert cast.worker.postings.get().valid_to.isoformat() == "2030-12-31"
    entries = AuditEntry.objects.order_by("number").values_list("verb", "who_id")
    assert list(entries) == [("post", cast.admin.pk), ("change_posting", cast.admin.pk)]


@pytest.mark.parametrize(
    "row",
    [
        ["nobody", "grid_worker", "here", "", "", ""],
        ["outsider", "king", "here", "", "", ""],
        ["outsider", "grid_worker", "", "", "", ""],
        ["outsider", "specialist", "", "nowhere", "", ""],
        ["outsider", "grid_worker", "here", "", "yesterday", ""],
        ["outsider", "grid_worker", "here", "", "2026-02-01", "2026-01-01"],
        ["", "grid_worker", "here", "", "", ""],
    ],
)
def test_faulty_postings_are_named(cast, row):
    row = [cast.subarea.code if cell == "here" else cell for cell in row]
    headers = ["user", "role", "grid", "organisation", "valid_from", "valid_to"]
    before = Posting.objects.count()
    assert faulty_lines(load(PostingResource(by=cast.admin), headers, [row])) == [1]
    assert Posting.objects.count() == before
