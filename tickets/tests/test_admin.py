"""Categories and reply templates to keep, tickets with all that belongs to them to look at."""

import pytest
import tablib
from django.urls import reverse

from accounts import directory
from common.models import AuditEntry, Version
from tickets import workflow
from tickets.catalogue import categories
from tickets.choices import LATE
from tickets.forms.admin import FILLED_IN
from tickets.models import Category, Escalation, ReplyTemplate, Ticket
from tickets.replies import FACTS
from tickets.resources import CategoryResource
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.rights import staff_with

pytestmark = pytest.mark.django_db
HEADERS = [
    "code", "parent", "name", "name_en", "handler", "department", "co_departments", "priority",
    "keywords",
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
    assert (made.parent, made.keywords, made.handler) == (top, ["垃圾", "清运"], "community")
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
    rows[33] = line(33, priority="very")
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


def test_a_ticket_shows_its_clocks_in_words(cast, client):
    category = make_category(cast.power, is_immediate=True)
    ticket = make_ticket(cast.subarea, category)
    workflow.ask_extension(ticket, by=ticket.holder, amount=7200, note="等料", at=later(ticket))
    ticket.refresh_from_db()
    workflow.grant_extension(ticket, by=cast.secretary, at=later(ticket))
    client.force_login(cast.admin)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).content.decode()
    assert "24 hours round the clock" in page
    assert "2 hours round the clock" in page
    assert "Grant more time" in page


def test_an_escalation_names_who_was_told(cast, client):
    ticket = make_ticket(cast.subarea, make_category(cast.power, is_immediate=True))
    workflow.sweep(ticket.due_at)
    escalation = Escalation.objects.get(clock__ticket=ticket, level=LATE)
    told = [each.user.name for each in escalation.told.select_related("user")]
    assert told
    client.force_login(cast.admin)
    client.cookies["django_language"] = "en"
    listed = client.get(reverse("admin:tickets_escalation_changelist"), {"q": ticket.reference})
    assert listed.context["cl"].result_count == Escalation.objects.count() == 3
    page = client.get(reverse("admin:tickets_escalation_change", args=[escalation.pk]))
    text = page.content.decode()
    assert "Red card, late" in text
    assert all(name in text for name in told)


def test_an_order_shows_who_must_answer_and_none_of_its_words(cast, client):
    ticket = make_ticket(cast.subarea, make_category(cast.power, is_immediate=True))
    order = workflow.issue_order(
        ticket,
        by=cast.secretary,
        text="三天内办好并答复居民王大妈",
        due_at=later(ticket, days=3),
        at=later(ticket),
    )
    client.force_login(cast.admin)
    address = reverse("admin:tickets_supervisionorder_change", args=[order.pk])
    text = client.get(address).content.decode()
    assert ticket.reference in text
    assert order.addressee.name in text
    assert "王大妈" not in text


@pytest.mark.parametrize("name", ["escalation", "portalremark", "supervisionorder", "ticket"])
def test_what_the_workflow_writes_is_only_looked_at(cast, client, name):
    client.force_login(cast.admin)
    assert client.get(reverse(f"admin:tickets_{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:tickets_{name}_add")).status_code == 403


# --- Reply templates -----------------------------------------------------------------------

REPLY = {"name": "已派人", "verb": "tell_resident", "category": "", "is_active": "on"}


def test_a_reply_template_is_kept_and_written_down(cast, client):
    client.force_login(cast.admin)
    words = "{place}的事已交{holder}，{date}前办好。"
    address = reverse("admin:tickets_replytemplate_add")
    assert client.post(address, REPLY | {"text": words}).status_code == 302
    template = ReplyTemplate.objects.get()
    assert (template.text, template.is_active) == (words, True)
    address = reverse("admin:tickets_replytemplate_change", args=[template.pk])
    form = {**REPLY, "text": words}
    del form["is_active"]
    assert client.post(address, form).status_code == 302
    assert not ReplyTemplate.objects.get().is_active
    entries = AuditEntry.objects.filter(kind="tickets.replytemplate").order_by("number")
    assert [(entry.verb, entry.detail["fields"]) for entry in entries] == [
        ("add_reply_template", ["name", "verb", "text"]),
        ("edit_reply_template", ["is_active"]),
    ]
    gone = client.post(reverse("admin:tickets_replytemplate_delete", args=[template.pk]))
    assert gone.status_code == 403


@pytest.mark.parametrize("words", ["{somebody}会联系您", "请在{date前等候", "", "长" * 501])
def test_a_reply_template_that_cannot_be_filled_is_refused_and_kept_on_the_page(
    cast, client, words
):
    client.force_login(cast.admin)
    answer = client.post(reverse("admin:tickets_replytemplate_add"), REPLY | {"text": words})
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert answer.context["adminform"].form["text"].value() == words
    assert not ReplyTemplate.objects.exists()


def test_every_fact_that_is_filled_in_is_explained():
    assert list(FILLED_IN) == list(FACTS)


def test_a_reply_template_can_be_looked_at_by_who_may_not_change_it(cast, client):
    template = ReplyTemplate.objects.create(name="稍候", verb="tell_resident", text="请稍候")
    client.force_login(staff_with("view_replytemplate"))
    page = client.get(reverse("admin:tickets_replytemplate_change", args=[template.pk]))
    assert "请稍候" in page.content.decode()


# --- Spreadsheets by right -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "may_import", "may_export"),
    [
        (["view_category"], 403, 200),
        (["view_category", "change_category"], 403, 200),
        (["view_category", "add_category", "change_category"], 200, 200),
        (["view_ticket"], 403, 403),
    ],
)
def test_sheets_come_in_and_go_out_by_right(cast, client, rights, may_import, may_export):
    client.force_login(staff_with(*rights))
    answers = [
        client.get(reverse(f"admin:tickets_category_{name}")).status_code
        for name in ("import", "export")
    ]
    assert answers == [may_import, may_export]


def test_a_renamed_organisation_is_renamed_in_every_process(cast, client, settings):
    settings.NAME_MAP_SECONDS = 0
    assert directory.name(cast.power.pk) == "区供电公司"
    client.force_login(cast.admin)
    address = reverse("admin:accounts_organisation_change", args=[cast.power.pk])
    form = {"code": "power", "name": "寒亭供电", "kind": "utility", "is_active": "on"}
    assert client.post(address, form).status_code == 302
    assert directory.name(cast.power.pk) == "寒亭供电"
