"""Categories in the admin and from spreadsheets; tickets only to look at."""

import pytest
import tablib
from django.urls import reverse

from accounts import directory
from common.models import AuditEntry, Version
from tickets.catalogue import categories
from tickets.models import Category, Ticket
from tickets.resources import CategoryResource
from tickets.tests.factories import make_category, make_ticket

pytestmark = pytest.mark.django_db
HEADERS = [
    "code", "parent", "name", "name_en", "handler", "department", "co_departments", "priority",
    "clock_mode", "contact_seconds", "limit_amount", "limit_unit", "keywords",
]  # fmt: skip


def line(number, **more):
    values = {
        "code": f"{70 + number // 90}{number % 90 + 10}",
        "parent": "70",
        "name": f"新类别{number}",
        "name_en": f"New {number}",
        "handler": "community",
        "department": "",
        "co_departments": "power|housing",
        "priority": "normal",
        "clock_mode": "business",
        "contact_seconds": "28800",
        "limit_amount": "5",
        "limit_unit": "working_days",
        "keywords": "垃圾|清运",
    } | more
    return [values[name] for name in HEADERS]


def load(rows, **options):
    data = tablib.Dataset(*rows, headers=HEADERS)
    return CategoryResource().import_data(data, raise_errors=False, **options)


def faulty_lines(result):
    lines = {number for number, _errors in result.row_errors()}
    return sorted(lines | {row.number for row in result.invalid_rows})


@pytest.fixture
def top(cast):
    return Category.objects.create(code="70", name="新大类", name_en="New top")


def test_categories_come_in_by_code_and_every_process_is_told(top):
    before = Version.objects.current("categories")
    assert not load([line(1), line(2)]).has_errors()
    made = Category.objects.get(code=line(1)[0])
    assert (made.parent, made.keywords, made.limit_amount) == (top, ["垃圾", "清运"], 5)
    assert {each.code for each in made.co_departments.all()} == {"power", "housing"}
    assert Version.objects.current("categories") > before
    assert categories[made.pk].name == "新类别1"
    load([line(1, name="改名了")])
    assert Category.objects.get(code=made.code).name == "改名了"
    assert Category.objects.filter(parent=top).count() == 2


def test_seven_faults_are_seven_lines_and_nothing_is_written(top):
    rows = [line(number) for number in range(60)]
    rows[3] = line(3, code="")
    rows[9] = line(9, code=rows[8][0])
    rows[17] = line(17, parent="99")
    rows[20] = line(20, handler="somebody")
    rows[33] = line(33, limit_amount="0")
    rows[41] = line(41, co_departments="power|nowhere")
    rows[59] = line(59, handler="department")  # without naming one
    assert faulty_lines(load(rows)) == [4, 10, 18, 21, 34, 42, 60]
    assert not Category.objects.filter(parent=top).exists()
    assert faulty_lines(load(rows, dry_run=True)) == [4, 10, 18, 21, 34, 42, 60]


def test_a_category_edited_by_hand_is_told_and_written_down(cast, client):
    category = make_category()
    client.force_login(cast.admin)
    address = reverse("admin:tickets_category_change", args=[category.pk])
    form = client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data |= {"name": "改过的", "keywords": "[]"}
    data = {name: value for name, value in data.items() if value is not False}
    before = Version.objects.current("categories")
    assert client.post(address, data).status_code == 302
    assert Category.objects.get(pk=category.pk).name == "改过的"
    assert Version.objects.current("categories") == before + 1
    assert AuditEntry.objects.get(verb="edit_category").detail["code"] == category.code
    assert Category.history.filter(code=category.code).exists()


def test_tickets_are_found_by_reference_and_cannot_be_changed(cast, client):
    ticket = make_ticket(cast.subarea, make_category(), description="只给处理的人看的话")
    client.force_login(cast.admin)
    listed = reverse("admin:tickets_ticket_changelist")
    assert client.get(listed, {"q": ticket.reference}).context["cl"].result_count == 1
    assert client.get(listed, {"q": ticket.reference[:9]}).context["cl"].result_count == 0
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    page = client.get(address)
    assert page.status_code == 200
    assert "只给处理的人看的话" not in page.content.decode()
    assert client.post(address, {"status": "closed"}).status_code == 403
    assert client.post(reverse("admin:tickets_ticket_delete", args=[ticket.pk])).status_code == 403
    assert Ticket.objects.get().status == ticket.status


def test_escalations_and_remarks_can_be_looked_at(cast, client):
    client.force_login(cast.admin)
    for name in ("escalation", "portalremark"):
        assert client.get(reverse(f"admin:tickets_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:tickets_{name}_add")).status_code == 403


def test_a_renamed_organisation_is_renamed_in_every_process(cast, client, settings):
    settings.NAME_MAP_SECONDS = 0
    assert directory.name(cast.power.pk) == "区供电公司"
    client.force_login(cast.admin)
    address = reverse("admin:accounts_organisation_change", args=[cast.power.pk])
    form = {"code": "power", "name": "寒亭供电", "kind": "utility", "is_active": "on"}
    assert client.post(address, form).status_code == 302
    assert directory.name(cast.power.pk) == "寒亭供电"
