"""The agenda's pages: order with reasons, papers within reach, steps, days, minutes, the record."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from receptions.choices import EventVerb, ItemStatus, SessionStatus
from receptions.models import AgendaItem, Commitment, Session
from receptions.reports.agenda import ranked
from receptions.tests.factories_agenda import (
    make_commitment,
    make_day,
    make_item,
    make_matter,
    make_whistle,
)
from receptions.workflow import agenda, second_look
from receptions.workflow.decisions import decide
from tickets import workflow as tickets
from tickets.models import Ticket
from tickets.tests.factories import make_category
from tickets.workflow import Contact

pytestmark = pytest.mark.django_db


def page(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"agenda:{name}", args=args), query)


def post(client, user, name, *args, **data):
    client.force_login(user)
    return client.post(reverse(f"agenda:{name}", args=args), data)


# --- Order ---------------------------------------------------------------------------------


def test_ranked_hears_broken_promises_first_and_says_why(cast):
    at = timezone.now()
    plain, many, urgent, late, back, broken = items = [make_item(cast) for _each in range(6)]
    for item, values in (
        (many, {"supporter_count": 11}),
        (urgent, {"priority": "urgent"}),
        (late, {"due_at": at - timedelta(days=2, hours=1)}),
        (back, {"return_count": 2}),
    ):
        Ticket.objects.filter(pk=item.ticket_id).update(**values)
    AgendaItem.objects.filter(pk=broken.pk).update(ground="not_kept")
    rows = AgendaItem.objects.filter(pk__in=[each.pk for each in items]).select_related("ticket")
    found = ranked(rows, at)
    assert [each.item for each in found] == [broken, urgent, many, back, late, plain]
    assert [len(each.reasons) for each in found] == [2, 2, 2, 2, 2, 1]


def test_ranked_hears_the_oldest_of_equals_first(cast):
    new, old = make_item(cast), make_item(cast)
    Ticket.objects.filter(pk=old.ticket_id).update(submitted_at=timezone.now() - timedelta(days=40))
    rows = AgendaItem.objects.select_related("ticket")
    assert [each.item for each in ranked(rows, timezone.now())] == [old, new]


# --- The list ------------------------------------------------------------------------------


def test_the_list_shows_each_what_is_theirs(client, cast):
    here = make_item(cast, ticket=make_matter(cast, title="锦绣的事"))
    make_item(cast, ticket=make_matter(cast, title="和平的事", grid=cast.neighbour_village))
    for user, titles in (
        (cast.district_secretary, {"锦绣的事", "和平的事"}),
        (cast.street_secretary, {"锦绣的事", "和平的事"}),
        (cast.secretary, {"锦绣的事"}),
        (cast.neighbour_secretary, {"和平的事"}),
    ):
        shown = page(client, user, "list").context["lines"]
        assert {line["title"] for line in shown} == titles
    assert here.pk
    assert page(client, cast.worker, "list").status_code == 404


def test_the_list_is_filtered_by_ground_and_place(client, cast):
    make_item(cast)
    make_item(
        cast, ground="repeated", by=None, ticket=make_matter(cast, grid=cast.neighbour_village)
    )
    for query, count in (
        ({"ground": "repeated"}, 1),
        ({"ground": "late"}, 0),
        ({"place": cast.neighbour.pk}, 1),
        ({"place": cast.street.pk}, 2),
        ({"place": "x"}, 2),
    ):
        found = page(client, cast.district_secretary, "list", **query).context["lines"]
        assert len(found) == count, query


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(client, cast, count, django_assert_num_queries):
    for _each in range(count):
        make_item(cast)
    make_day(cast)
    page(client, cast.district_secretary, "list")
    with django_assert_num_queries(QUERIES["list"]):
        page(client, cast.district_secretary, "list")


# force_login of the page() helper included.
QUERIES = {"list": 15, "item": 27, "day": 22, "commitments": 14, "record": 15}


# --- Papers --------------------------------------------------------------------------------


def case_elsewhere(cast, category, **said):
    ticket = make_matter(cast, category=category, grid=cast.neighbour_village, **said)
    ticket = tickets.resolve_on_spot(ticket, by=cast.neighbour_secretary, note="加装了一台变压器")
    return tickets.confirm(ticket)


def test_papers_hold_history_whistles_and_cases_solved_elsewhere(client, cast):
    category = make_category()
    case_elsewhere(cast, category, title="和平的老线路")
    item = make_item(cast, ticket=make_matter(cast, category=category))
    make_whistle(cast, item.ticket)
    found = page(client, cast.district_secretary, "item", item.pk)
    text = found.content.decode()
    for words in ("和平的老线路", "加装了一台变压器", "社区没有权限"):
        assert words in text
    assert "加装了一台变压器" not in page(client, cast.secretary, "item", item.pk).content.decode()


def test_papers_star_the_resident_for_those_who_sit_at_the_table(client, cast):
    ticket = make_matter(
        cast,
        description="请打电话 10000007788 找我",
        resident=Contact(name="王秀英", phone="+8610000007788"),
    )
    item = make_item(cast, ticket=ticket)
    day = make_day(cast)
    day.co_hosts.add(cast.leader)
    agenda.schedule(item, session=day, by=cast.district_secretary)
    text = page(client, cast.leader, "item", item.pk).content.decode()
    assert ("10000007788" in text, "王秀英" in text) == (False, False)
    assert tickets.parties(ticket, cast.leader) == frozenset()


def test_a_matter_with_few_readers_is_none_of_the_tables_business(client, cast):
    item = make_item(cast, ticket=make_matter(cast, kind="tip_off", title="举报暗号"))
    day = make_day(cast)
    day.co_hosts.add(cast.leader)
    agenda.schedule(item, session=day, by=cast.district_secretary)
    assert page(client, cast.leader, "item", item.pk).status_code == 404
    assert "举报暗号" not in page(client, cast.leader, "day", day.pk).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_papers_ask_the_same_number_of_questions(client, cast, count, django_assert_num_queries):
    category = make_category()
    for _each in range(count):
        case_elsewhere(cast, category)
    item = make_item(cast, ticket=make_matter(cast, category=category))
    make_whistle(cast, item.ticket)
    page(client, cast.district_secretary, "item", item.pk)
    with django_assert_num_queries(QUERIES["item"]):
        page(client, cast.district_secretary, "item", item.pk)


# --- Steps ---------------------------------------------------------------------------------


def scheduled(cast, starts_in=0):
    day = make_day(cast, starts_in=starts_in)
    return agenda.schedule(make_item(cast), session=day, by=cast.district_secretary)


def decision(cast, **said):
    values = {
        "decide-decision": "供电公司牵头更换",
        "decide-text_1": "更换电缆",
        "decide-lead_1": cast.power.pk,
        "decide-due_on_1": timezone.localdate() + timedelta(days=9),
    }
    return values | {f"decide-{name}": value for name, value in said.items()}


def test_a_decision_with_a_promise_is_written_down(client, cast):
    item = scheduled(cast)
    answer = post(client, cast.district_secretary, "item_verb", item.pk, "decide", **decision(cast))
    assert answer.url == reverse("agenda:item", args=[item.pk])
    item.refresh_from_db()
    assert (item.status, Commitment.objects.get().owner) == (ItemStatus.DECIDED, cast.specialist)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"due_on_1": ""}, "due_on_1"),
        ({"lead_1": ""}, "lead_1"),
        ({"text_1": ""}, "text_1"),
        ({"due_on_1": timezone.localdate() - timedelta(days=1)}, "due_on_1"),
        ({"due_on_1": "morgen"}, "due_on_1"),
        ({"decision": ""}, "decision"),
    ],
)
def test_a_decision_lacking_something_comes_back_with_what_was_typed(client, cast, said, field):
    item = scheduled(cast)
    data = decision(cast, text_2="另一件", lead_2=cast.power.pk, due_on_2="", **said)
    answer = post(client, cast.district_secretary, "item_verb", item.pk, "decide", **data)
    step = next(each for each in answer.context["steps"] if each["verb"] == EventVerb.DECIDE)
    assert (answer.status_code, field in step["form"].errors) == (400, True)
    assert "另一件" in answer.content.decode()
    assert Commitment.objects.count() == 0


def test_a_lead_without_anybody_comes_back_as_a_sentence(client, cast):
    item = scheduled(cast)
    cast.power.postings.all().delete()
    answer = post(client, cast.district_secretary, "item_verb", item.pk, "decide", **decision(cast))
    assert (answer.status_code, Commitment.objects.count()) == (409, 0)
    assert "供电公司牵头更换" in answer.content.decode()


def test_a_second_tap_is_news_and_no_mistake(client, cast):
    item = scheduled(cast)
    for _tap in range(2):
        answer = post(client, cast.dispatcher, "item_verb", item.pk, "decide", **decision(cast))
        assert answer.status_code == 302
    assert Commitment.objects.count() == 1


def test_who_may_not_decide_gets_a_reason(client, cast):
    item = scheduled(cast)
    answer = post(client, cast.secretary, "item_verb", item.pk, "decide", **decision(cast))
    assert answer.status_code == 403
    assert post(client, cast.dispatcher, "item_verb", item.pk, "eat").status_code == 404


def test_a_day_is_arranged_with_its_buttons(client, cast):
    day, first, second = make_day(cast), make_item(cast), make_item(cast)
    by = cast.dispatcher
    for item in (first, second):
        data = {"schedule-session": day.pk, "back": "day"}
        answer = post(client, by, "item_verb", item.pk, "schedule", **data)
        assert answer.url == reverse("agenda:day", args=[day.pk])
    post(client, by, "item_verb", second.pk, "reorder", position=1, back="day")
    assert list(day.items.order_by("position")) == [second, first]


def test_a_matter_is_proposed_from_its_page(client, cast):
    ticket = make_matter(cast)
    client.force_login(cast.secretary)
    link = reverse("agenda:propose", args=[ticket.reference])
    assert link in client.get(reverse("tickets:detail", args=[ticket.reference])).content.decode()
    answer = post(
        client, cast.secretary, "propose", ticket.reference, grid=cast.street.pk, text="请定夺"
    )
    item = AgendaItem.objects.get()
    assert (answer.url, item.grid, item.text) == (
        reverse("agenda:item", args=[item.pk]),
        cast.street,
        "请定夺",
    )


def test_an_opinion_is_written_and_answered(client, cast):
    data = {"topic": "money", "title": "维修资金", "text": "预拨", "grid": cast.district.pk}
    post(client, cast.secretary, "opinion", **data)
    item = AgendaItem.objects.get()
    post(client, cast.district_secretary, "item_verb", item.pk, "answer", **{"answer-reply": "行"})
    item.refresh_from_db()
    assert (item.status, item.reply) == (ItemStatus.ANSWERED, "行")
    assert "行" in page(client, cast.secretary, "item", item.pk).content.decode()
    assert page(client, cast.street_secretary, "opinion").status_code == 404


# --- Days and the record -------------------------------------------------------------------


def held(cast, count, *, starts_in=0):
    """Return a day that was held with so many matters settled on the spot and one promise."""
    day, by = make_day(cast, starts_in=starts_in), cast.district_secretary
    for _each in range(count):
        item = agenda.schedule(make_item(cast), session=day, by=by)
        decide(item, by=by, decision="当场定了", is_settled_on_spot=True)
    item = agenda.schedule(make_item(cast), session=day, by=by)
    promise = {"text": "换", "lead": cast.power, "due_on": timezone.localdate()}
    decide(item, by=by, decision="定了", promises=[promise])
    Session.objects.filter(pk=day.pk).update(status=SessionStatus.CLOSED)
    return day


def test_the_figure_is_the_number_of_its_rows(client, cast):
    held(cast, 2)
    held(cast, 3, starts_in=-1)
    make_day(cast)
    found = page(client, cast.district_secretary, "record", place=cast.district.pk)
    text = found.content.decode()
    assert (len(found.context["days"]), found.context["settled"]) == (2, 5)
    assert (text.count('data-row="day"'), text.count('data-row="matter"')) == (2, 5)


def test_the_record_names_only_what_one_may_read(client, cast):
    day = make_day(cast, starts_in=0)
    ticket = make_matter(cast, title="和平暗号", grid=cast.neighbour_village)
    item = agenda.schedule(make_item(cast, ticket=ticket), session=day, by=cast.dispatcher)
    decide(item, by=cast.dispatcher, decision="定了", is_settled_on_spot=True)
    Session.objects.filter(pk=day.pk).update(status=SessionStatus.CLOSED)
    found = page(client, cast.secretary, "record", place=cast.district.pk)
    assert (found.context["settled"], "和平暗号" in found.content.decode()) == (1, False)


@pytest.mark.parametrize("name", ["day", "day_print", "minutes"])
def test_a_day_on_screen_and_on_paper(client, cast, name):
    day = held(cast, 1)
    found = page(client, cast.dispatcher, name, day.pk)
    assert (found.status_code, len(found.context["lines"])) == (200, 2)
    assert page(client, cast.worker, name, day.pk).status_code == 404
    assert page(client, cast.leader, name, day.pk).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_day_and_record_ask_the_same_number_of_questions(
    client, cast, count, django_assert_num_queries
):
    day = held(cast, count)
    for name, args in (("day", [day.pk]), ("record", [])):
        page(client, cast.district_secretary, name, *args)
        with django_assert_num_queries(QUERIES[name]):
            page(client, cast.district_secretary, name, *args)


# --- Promises ------------------------------------------------------------------------------


def test_the_list_of_promises_counts_what_it_shows(client, cast):
    make_commitment(cast)
    late = make_commitment(cast)
    Commitment.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")
    for state, count in (("open", 2), ("done", 1), ("overdue", 1), ("struck_off", 0)):
        found = page(client, cast.district_secretary, "commitments", state=state)
        told = {name: number for name, _words, number in found.context["states"]}
        assert (len(found.context["lines"]), told[state]) == (count, count)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_promises_asks_the_same_number_of_questions(
    client, cast, count, django_assert_num_queries
):
    for _each in range(count):
        second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")
    page(client, cast.secretary, "commitments", state="done")
    with django_assert_num_queries(QUERIES["commitments"]):
        page(client, cast.secretary, "commitments", state="done")


def test_a_promise_goes_its_way_by_its_page(client, cast):
    row = make_commitment(cast)
    post(client, cast.specialist, "commitment_verb", row.pk, "report-done", result="换好了")
    no = post(client, cast.secretary, "commitment_verb", row.pk, "call-back", reached="yes")
    assert no.status_code == 400
    data = {"reached": "no", "kept": "", "note": "没人接"}
    post(client, cast.secretary, "commitment_verb", row.pk, "call-back", **data)
    data = {"reached": "yes", "kept": "yes", "note": "修好了"}
    post(client, cast.secretary, "commitment_verb", row.pk, "call-back", **data)
    row.refresh_from_db()
    assert (row.status, row.struck_by, row.attempts.count()) == ("struck_off", "resident", 2)


def test_whoever_did_the_work_is_not_asked(client, cast):
    row = second_look.report_done(make_commitment(cast), by=cast.specialist, result="好了")
    data = {"reached": "yes", "kept": "yes"}
    answer = post(client, cast.specialist, "commitment_verb", row.pk, "call-back", **data)
    assert answer.status_code == 403
    assert page(client, cast.neighbour_secretary, "commitment", row.pk).status_code == 404
