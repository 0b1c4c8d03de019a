"""The admin's pages of the time limits, and limits from and to spreadsheets."""

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditEntry
from tickets import workflow
from tickets.choices import Stage, Verb
from tickets.models import Policy, TicketEvent
from tickets.resources import LimitResource
from tickets.tests.factories import make_category, make_ticket
from tickets.tests.limits import BUSINESS, DAYS, HOUR, SECONDS, WALL, make_widest, publish
from tickets.tests.rights import staff_with
from tickets.workflow import limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def power(cast):
    return make_category(cast.power, is_immediate=True, priority="high")


@pytest.fixture
def widest(cast):
    return make_widest()


@pytest.fixture
def desk(client, cast):
    """An administrator's browser, in English."""
    client.force_login(cast.admin)
    client.cookies["django_language"] = "en"
    return client


def at(name, *args):
    return reverse(f"admin:tickets_policy_{name}", args=args)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def said(answer):
    """Return the sentences that the next page shows at its top."""
    return [str(message) for message in answer.context["messages"]]


def rows_of(answer):
    return {row.pk for row in answer.context["cl"].result_list}


def resolve_of(category):
    return Policy.objects.in_force().get(category=category, stage=Stage.RESOLVE)


# --- The list ------------------------------------------------------------------------------


def test_the_list_shows_what_is_in_force_and_former_ones_when_asked(desk, power, widest):
    former = resolve_of(power)
    new = publish(category=power, mode=BUSINESS, unit=DAYS, amount=5, by="admin")
    known = set(Policy.objects.values_list("pk", flat=True))
    page = desk.get(at("changelist"))
    assert rows_of(page) == known - {former.pk}
    for words in ("5 working days", "10 days round the clock", power.name_en, "Every category"):
        assert words in text_of(page)
    assert rows_of(desk.get(at("changelist"), {"in_force": "no"})) == {former.pk}
    assert rows_of(desk.get(at("changelist"), {"in_force": "all"})) == known
    assert rows_of(desk.get(at("changelist"), {"q": power.code, "stage": "resolve"})) == {new.pk}
    assert rows_of(desk.get(at("changelist"), {"by": "people", "q": power.code})) >= {new.pk}
    assert rows_of(desk.get(at("changelist"), {"by": "data"})) == set()


def test_the_list_asks_the_database_as_often_for_one_limit_as_for_three(desk, power, widest):
    desk.get(at("changelist"))
    with CaptureQueriesContext(connection) as for_one:
        assert len(rows_of(desk.get(at("changelist"), {"q": power.code}))) == 2
    for hours, priority in enumerate(("urgent", "low", "high"), 3):
        publish(category=power, hours=hours, priority=priority)
    with CaptureQueriesContext(connection) as for_more:
        assert len(rows_of(desk.get(at("changelist"), {"q": power.code}))) == 5
    assert len(for_more) == len(for_one)


def test_one_limit_shows_those_before_it_and_who_published_them(desk, cast, power, widest):
    former = resolve_of(power)
    new = publish(category=power, hours=72, by=cast.admin, note="区里第3号通知")
    page = desk.get(at("change", former.pk))
    history = [line.limit for line, _publisher in page.context["history"]]
    assert history == ["3 days round the clock", "24 hours round the clock"]
    assert "区里第3号通知" in text_of(page)
    assert cast.admin.name in text_of(page)
    assert at("withdraw", former.pk) not in text_of(page)
    assert at("withdraw", new.pk) in text_of(desk.get(at("change", new.pk)))
    assert at("withdraw", widest[0].pk) not in text_of(desk.get(at("change", widest[0].pk)))


def test_a_limit_is_never_edited_or_deleted(desk, power):
    before = list(Policy.objects.values())
    policy = resolve_of(power)
    assert desk.post(at("change", policy.pk), {"amount": 1}).status_code == 403
    assert desk.post(at("delete", policy.pk), {"post": "yes"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": policy.pk}
    desk.post(at("changelist"), form)
    assert list(Policy.objects.values()) == before


@pytest.mark.parametrize("number", ["0", "999999", "nothing", "9" * 30, "٣"])
def test_a_limit_that_is_not_there_is_not_found(desk, number):
    assert desk.get(at("change", number)).status_code == 404
    assert desk.get(at("withdraw", number)).status_code == 404
    assert desk.get(at("add"), {"like": number}).status_code == 200


# --- Publishing ----------------------------------------------------------------------------


def form_of(**more):
    return {
        "stage": "resolve",
        "category": "",
        "priority": "",
        "amount": "24",
        "measure": "hours",
        "note": "",
    } | more


@pytest.mark.parametrize(
    ("amount", "measure", "terms"),
    [
        ("36", "hours", (WALL, 36 * HOUR, SECONDS)),
        ("0.5", "hours", (WALL, HOUR // 2, SECONDS)),
        ("８", "working_hours", (BUSINESS, 8 * HOUR, SECONDS)),
        ("5", "working_days", (BUSINESS, 5, DAYS)),
    ],
)
def test_a_limit_is_published_in_the_units_people_use(desk, power, amount, measure, terms):
    sent = form_of(
        category=power.pk, priority="urgent", amount=amount, measure=measure, note="通知"
    )
    answer = desk.post(at("add"), sent, follow=True)
    policy = Policy.objects.get(priority="urgent")
    assert answer.redirect_chain == [(at("change", policy.pk), 302)]
    assert (policy.mode, policy.amount, policy.unit) == terms
    assert (policy.category, policy.published_by, policy.note) == (power, "admin", "通知")
    assert said(answer) == [
        "The limit is in force for new matters. Open matters keep theirs.",
    ]
    assert at("apply") in text_of(answer)
    assert AuditEntry.objects.filter(verb="publish_policy", object_id=policy.pk).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stage": ""}, "stage"),
        ({"stage": "never"}, "stage"),
        ({"category": "999999"}, "category"),
        ({"priority": "very"}, "priority"),
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "five"}, "amount"),
        ({"amount": "4321"}, "amount"),
        ({"amount": "121", "measure": "working_days"}, "amount"),
        ({"amount": "2.5", "measure": "working_days"}, "amount"),
        ({"measure": ""}, "measure"),
        ({"measure": "weeks"}, "measure"),
        ({"note": "长" * 201}, "note"),
    ],
)
def test_a_limit_that_is_none_is_refused_in_words_and_stays_on_the_page(
    desk, power, widest, wrong, field
):
    before = list(Policy.objects.values())
    sent = form_of(note="已写好的依据") | wrong
    answer = desk.post(at("add"), sent)
    form = answer.context["form"]
    assert answer.status_code == 200
    assert list(form.errors) == [field]
    assert text_of(answer).count(f'id="id_{field}_error"') == 1
    assert form["note"].value() == sent["note"]
    assert list(Policy.objects.values()) == before


def test_the_limit_in_force_again_is_news_and_no_fault(desk, power):
    sent = form_of(category=power.pk)
    answer = desk.post(at("add"), sent)
    assert (answer.status_code, said(answer)) == (200, ["This limit is in force already."])
    assert answer.context["form"].errors == {}
    assert Policy.objects.filter(category=power, stage="resolve").count() == 1


def test_another_in_its_place_begins_with_what_is_in_force(desk, power):
    policy = publish(Stage.CONTACT, category=power, priority="high", amount=5400, mode=BUSINESS)
    page = desk.get(at("add"), {"like": policy.pk})
    form = page.context["form"]
    assert {name: form[name].value() for name in form.fields} == {
        "stage": "contact",
        "category": power.pk,
        "priority": "high",
        "amount": "1.5",
        "measure": "working_hours",
        "note": None,
    }
    assert "In force now: 90 working minutes" in text_of(page)
    workflow.withdraw_policy(policy, by="test")
    assert "In force now" not in text_of(desk.get(at("add"), {"like": policy.pk}))


# --- Withdrawing ---------------------------------------------------------------------------


def test_withdrawing_first_shows_what_would_count_instead(desk, cast, power, widest):
    policy = resolve_of(power)
    page = desk.get(at("withdraw", policy.pk))
    assert page.context["instead"].policy == widest[0]
    publish(category=power.parent, priority="high", hours=30)
    page = desk.get(at("withdraw", policy.pk))
    assert page.context["instead"].limit == "30 hours round the clock"
    assert Policy.objects.in_force().filter(pk=policy.pk).exists()
    answer = desk.post(at("withdraw", policy.pk), follow=True)
    assert said(answer) == ["The limit is withdrawn for new matters. Open matters keep theirs."]
    assert not Policy.objects.in_force().filter(pk=policy.pk).exists()
    assert AuditEntry.objects.get(verb="withdraw_policy").who == "admin"
    answer = desk.post(at("withdraw", policy.pk), follow=True)
    assert said(answer) == ["This limit is no longer in force."]


def test_what_cannot_be_withdrawn_is_said(desk, power, widest):
    answer = desk.post(at("withdraw", widest[0].pk), follow=True)
    assert said(answer) == ["The limit for everything else cannot be withdrawn."]
    alone = publish(Stage.CONTACT, category=power)
    page = desk.get(at("withdraw", alone.pk))
    assert page.context["instead"] is None
    assert "Nothing: this would no longer be promised." in text_of(page)


# --- Which limit counts --------------------------------------------------------------------


def test_the_look_up_says_which_limits_count_and_why(desk, power, widest):
    publish(Stage.CONTACT, hours=1, category=power.parent)
    publish(Stage.ACCEPT, hours=2, priority="high")
    page = desk.get(at("which"), {"category": power.pk})
    found = [
        (line and line.limit, why, [other.limit for other in others])
        for _stage, _meaning, line, why, others in page.context["promises"]
    ]
    assert found == [
        ("2 hours round the clock", "for every category, at the priority “High”", []),
        ("1 hour round the clock", "that of its top, “Test top”", []),
        ("24 hours round the clock", "this category's own", ["10 days round the clock"]),
        ("7 days round the clock", "this category's own", ["7 days round the clock"]),
        (None, "", []),
    ]
    page = desk.get(at("which"), {"category": power.pk, "priority": "low"})
    assert page.context["promises"][0][2] is None


@pytest.mark.parametrize("asked", [{"category": "x"}, {"category": ""}, {"priority": "very"}])
def test_an_odd_look_up_is_asked_again(desk, power, asked):
    page = desk.get(at("which"), asked)
    assert (page.status_code, page.context["facts"]) == (200, None)
    assert page.context["form"].errors


def test_the_look_up_begins_empty(desk, power):
    page = desk.get(at("which"))
    assert (page.status_code, page.context["form"].is_bound) == (200, False)


# --- Open matters --------------------------------------------------------------------------


def test_applying_first_shows_what_would_move(desk, cast, power, widest):
    tickets = [make_ticket(cast.subarea, power) for _ in range(3)]
    publish(category=power, hours=72)
    page = desk.get(at("apply"))
    text = text_of(page)
    assert "3 dates move" in text
    assert all(ticket.reference in text for ticket in tickets)
    assert not TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).exists()
    assert page.context["moves"].later == 3
    assert f'name="seen" value="{limits.limits_revision()}"' in text


def test_applying_is_the_workers_work(
    desk, cast, power, widest, django_capture_on_commit_callbacks
):
    make_ticket(cast.subarea, power)
    publish(category=power, hours=72)
    seen = desk.get(at("apply")).context["moves"].revision
    answer = desk.post(at("apply"), {"seen": seen}, follow=True)
    assert said(answer) == [
        "The limits are being applied to open matters. This page shows what is still to do."
    ]
    assert "1 matter is still to do" in text_of(answer)
    assert "seen" not in text_of(answer)
    assert not TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).exists()
    answer = desk.post(at("apply"), {"seen": seen}, follow=True)
    assert said(answer) == ["The time limits are being applied already."]
    assert limits.apply_if_asked() == 1
    text = text_of(desk.get(at("apply")))
    assert "Every open matter is promised what the limits in force say." in text


@pytest.mark.parametrize("seen", ["stale", "", "x", "-1", "9" * 40])
def test_a_preview_that_is_not_of_now_is_not_applied(desk, cast, power, widest, seen):
    make_ticket(cast.subarea, power)
    publish(category=power, hours=72)
    if seen == "stale":
        seen = desk.get(at("apply")).context["moves"].revision
        publish(category=power, hours=96)
    answer = desk.post(at("apply"), {"seen": seen}, follow=True)
    assert said(answer) == ["The time limits have changed since this preview. Please look again."]
    assert not limits.is_being_applied()
    assert "1 date moves" in text_of(answer)


# --- Rights --------------------------------------------------------------------------------

ASKED = [("get", "changelist"), ("get", "which"), ("get", "change"), ("get", "add"),
         ("get", "apply"), ("get", "withdraw"), ("get", "import"), ("get", "export"),
         ("post", "add"), ("post", "apply"), ("post", "withdraw")]  # fmt: skip
LOOK = ["changelist", "which", "change", "export"]


@pytest.mark.parametrize(
    ("rights", "let_in"),
    [
        ([], []),
        (["view_category", "change_category"], []),
        (["view_policy"], LOOK),
        (["view_policy", "add_policy"], [*LOOK, "add"]),
        (["change_policy"], [*LOOK, "apply", "withdraw"]),
        (["add_policy", "change_policy"], [*LOOK, "add", "apply", "withdraw", "import"]),
    ],
)
def test_each_page_asks_for_its_right(client, power, widest, rights, let_in):
    client.force_login(staff_with(*rights))
    policy = resolve_of(power)
    before = list(Policy.objects.values()), limits.is_being_applied()
    got = {}
    for method, name in ASKED:
        args = [policy.pk] if name in ("change", "withdraw") else []
        if method == "post" and name in let_in:
            continue
        got[method, name] = getattr(client, method)(at(name, *args)).status_code
    assert got == {key: 200 if key[1] in let_in else 403 for key in ASKED if key in got}
    assert (list(Policy.objects.values()), limits.is_being_applied()) == before


# --- Spreadsheets --------------------------------------------------------------------------

HEADERS = ["stage", "category", "priority", "clock", "amount", "unit"]


def load(rows, by, **options):
    data = tablib.Dataset(*rows, headers=HEADERS)
    return LimitResource(by=by).import_data(data, raise_errors=False, **options)


def faulty_lines(result):
    lines = {number for number, _errors in result.row_errors()}
    return sorted(lines | {row.number for row in result.invalid_rows})


def in_force():
    fields = ("stage", "category__code", "priority", "mode", "amount", "unit")
    return sorted(Policy.objects.in_force().values_list(*fields), key=str)


def test_a_sheet_that_goes_out_comes_in_again_and_changes_nothing(cast, power, widest):
    publish(Stage.CONTACT, category=power, priority="urgent", amount=1800)
    publish(Stage.WORD, mode=BUSINESS, unit=DAYS, amount=3)
    before, revision = in_force(), limits.limits_revision()
    sheet = LimitResource().export(Policy.objects.all())
    assert sheet.headers == HEADERS
    assert len(sheet) == len(before) == 6
    assert ("contact", power.code, "urgent", "wall", "0.5", "hours") in list(sheet)
    assert ("word", "", "", "business", 3, "working_days") in list(sheet)
    result = LimitResource(by=cast.admin).import_data(sheet)
    assert not result.has_errors()
    assert not result.has_validation_errors()
    assert (in_force(), limits.limits_revision()) == (before, revision)


def test_lines_that_differ_are_published_and_the_former_kept(cast, power, widest):
    former = resolve_of(power)
    rows = [
        ["resolve", power.code, "", "business", 5, "working_days"],
        ["contact", "", "", "business", 8.0, "hours"],
        ["confirm", power.code, "", "wall", "168", "hours"],
    ]
    assert not load(rows, cast.admin, dry_run=True).has_validation_errors()
    assert resolve_of(power) == former
    assert not load(rows, cast.admin).has_validation_errors()
    assert (resolve_of(power).amount, resolve_of(power).published_by) == (5, "admin")
    assert Policy.objects.get(pk=former.pk).until == resolve_of(power).since
    assert Policy.objects.in_force().get(stage=Stage.CONTACT).amount == 8 * HOUR
    assert AuditEntry.objects.filter(verb="publish_policy", who="admin").count() == 2


def test_each_faulty_line_is_named_and_none_is_published(cast, power, widest):
    good = ["resolve", power.code, "urgent", "wall", "4", "hours"]
    rows = [
        good,
        ["", power.code, "", "wall", "4", "hours"],
        ["never", power.code, "", "wall", "4", "hours"],
        ["resolve", "9999", "", "wall", "4", "hours"],
        ["resolve", "", "very", "wall", "4", "hours"],
        ["resolve", "", "low", "moon", "4", "hours"],
        ["resolve", "", "high", "wall", "0", "hours"],
        ["resolve", "", "high", "wall", "4", "hours"],
        ["contact", "", "", "wall", "4", "working_days"],
        ["accept", "", "", "wall", "many", "hours"],
        ["word", "", "", "business", "2.5", "working_days"],
        ["confirm", "", "low", "wall", "4", "weeks"],
        ["accept", "", "low", "business", "121", "working_days"],
        good,
    ]
    before = list(Policy.objects.values()), limits.limits_revision()
    wrong = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    assert faulty_lines(load(rows, cast.admin)) == wrong
    assert faulty_lines(load(rows, cast.admin, dry_run=True)) == wrong
    assert (list(Policy.objects.values()), limits.limits_revision()) == before


def test_a_sheet_is_looked_at_before_it_counts(desk, power, widest):
    lines = f"{','.join(HEADERS)}\nresolve,{power.code},,business,5,working_days\n"
    file = SimpleUploadedFile("limits.csv", lines.encode(), "text/csv")
    page = desk.post(at("import"), {"import_file": file, "format": "1"})
    assert resolve_of(power).amount == 24 * HOUR
    confirm = {
        name: page.context["confirm_form"][name].value()
        for name in page.context["confirm_form"].fields
    }
    answer = desk.post(at("process_import"), confirm, follow=True)
    assert answer.status_code == 200
    assert (resolve_of(power).amount, resolve_of(power).published_by) == (5, "admin")
