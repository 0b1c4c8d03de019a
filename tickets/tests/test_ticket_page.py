"""The page of one ticket: what it tells, to whom, and what it asks the database."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from common.models import AuditEntry
from common.uploads import clean_photo
from tickets import drafts, reports, workflow
from tickets.choices import HoldReason, Kind
from tickets.models import Attachment
from tickets.tests.factories import later, make_category, make_policy, make_receipt, make_ticket
from tickets.views.ticket import GROUPS
from tickets.views.verbs import VERBS
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
WANG = workflow.Contact(name="王小明", phone="+8613812345678")


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def ticket(cast, power_cut):
    """A power cut of three hours ago, handed over to the power company's contact."""
    at = workflow.now() - timedelta(hours=3)
    return make_ticket(cast.subarea, power_cut, resident=WANG, at=at)


@pytest.fixture
def maps_in_memory(settings):
    """Keep names as long as a running portal does, so that only its own queries count."""
    settings.NAME_MAP_SECONDS = 60


def address(ticket, name="detail", **more):
    return reverse(f"tickets:{name}", args=[ticket.reference, *more.values()])


def show(client, user, ticket):
    client.force_login(user)
    return client.get(address(ticket))


def text_of(response):
    return response.content.decode()


def order(ticket, by, text="今天必须到场"):
    return workflow.issue_order(ticket, by=by, text=text, due_at=workflow.now() + timedelta(days=1))


@pytest.mark.parametrize("many", [1, 3])
def test_page_asks_the_same_questions_however_much_has_happened(
    cast, client, ticket, power_cut, maps_in_memory, django_assert_num_queries, many
):
    workflow.acknowledge(ticket, by=cast.specialist)
    for number in range(many):
        workflow.record_finding(ticket, by=cast.specialist, note=f"第{number}处")
        workflow.join(ticket, contact=workflow.Contact(phone=f"+861381234567{number}"))
        workflow.merge(make_ticket(cast.subarea, power_cut), by=cast.secretary, into=ticket)
        order(ticket, cast.secretary)
    workflow.ask_extension(ticket, by=cast.specialist, amount=3600, note="等电缆")
    show(client, cast.specialist, ticket)
    # session, user, postings, own communities; ticket, co-handlers, clocks, events, orders; people
    # named; who was told; whom it is told to: ladder, leaves, heads, leaves; photos; joined;
    # contacts
    with django_assert_num_queries(18):
        response = client.get(address(ticket))
    assert len(response.context["same"]) == many
    assert len(response.context["people"]) == 1 + many
    assert len(response.context["orders"]) == many


def test_page_of_who_may_decide_asks_no_more(
    cast, client, ticket, maps_in_memory, django_assert_max_num_queries
):
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.ask_extension(ticket, by=cast.specialist, amount=3600, note="等电缆")
    workflow.answer_order(order(ticket, cast.secretary), by=cast.leader, note="今晚修好")
    for user in (cast.secretary, cast.supervisor, cast.manager):
        show(client, user, ticket)
        with django_assert_max_num_queries(18):
            client.get(address(ticket))


def test_out_of_reach_is_not_found(cast, client, ticket):
    for user in (cast.neighbour_worker, cast.neighbour_secretary, cast.outsider):
        assert show(client, user, ticket).status_code == 404
    assert client.get("/tickets/0000000000/").status_code == 404
    assert client.get("/tickets/abc/").status_code == 404


def test_page_tells_the_story_with_actor_reason_and_holder(cast, client, ticket):
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.hold(
        ticket,
        by=cast.specialist,
        reason="parts",
        until=workflow.now() + timedelta(days=1),
        note="等电缆",
    )
    told = show(client, cast.secretary, ticket).context["happenings"]
    assert len(told) == 5
    assert "等电缆" in told[0].text
    assert told[0].by.startswith("specialist · ")
    assert "区供电公司" in told[2].text  # the reason of the routing, with the handing over
    assert told[4].text.count("\n") == 0  # and not a second time with the report


def test_people_are_starred_and_shown_only_to_those_who_must_contact_them(cast, client, ticket):
    knowing = set()
    for name, user in cast.people.items():
        response = show(client, user, ticket)
        if response.status_code != 200:
            continue
        page = text_of(response)
        assert "13812345678" not in page
        assert "王小明" not in page
        if "138****5678" in page:
            knowing.add(name)
    assert knowing == {
        "worker", "head", "village_head", "secretary", "street_secretary", "street_dispatcher",
        "district_secretary", "dispatcher", "supervisor", "specialist",
    }  # fmt: skip


def test_numbers_inside_the_words_are_starred_for_those_who_need_not_know(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, description="断电了，打13812345678找我")
    assert "13812345678" in text_of(show(client, cast.specialist, ticket))
    assert "13812345678" not in text_of(show(client, cast.manager, ticket))


def test_showing_a_number_asks_for_a_reason_and_is_written_down(cast, client, ticket):
    person = ticket.people.get()
    client.force_login(cast.specialist)
    where = address(ticket, "show_person", pk=person.pk)
    assert client.get(where).status_code == 405
    assert "13812345678" not in text_of(client.post(where))
    assert not AuditEntry.objects.filter(verb="see_person").exists()
    shown = client.post(where, {"reason": "speak"})
    assert "+8613812345678" in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    entry = AuditEntry.objects.get(verb="see_person")
    assert (entry.who_id, entry.object_id) == (cast.specialist.pk, str(ticket.pk))
    assert entry.detail == {"reason": "speak", "person": person.pk}


@pytest.mark.parametrize("name", ["manager", "own_specialist", "neighbour_secretary", "admin"])
def test_nobody_else_gets_the_number(cast, client, ticket, name):
    client.force_login(getattr(cast, name))
    where = address(ticket, "show_person", pk=ticket.people.get().pk)
    assert client.post(where, {"reason": "speak"}).status_code == 404
    assert not AuditEntry.objects.filter(verb="see_person").exists()


def test_the_unit_complained_of_finds_nothing(cast, client):
    category = make_category()
    ticket = make_ticket(
        cast.subarea, category, kind=Kind.TIP_OFF, accused=cast.property, resident=WANG
    )
    assert show(client, cast.steward, ticket).status_code == 404
    assert show(client, cast.secretary, ticket).status_code == 200


def test_buttons_are_exactly_what_is_available(cast, client, ticket):
    for user in (*cast.people.values(), cast.admin):
        response = show(client, user, ticket)
        if response.status_code == 404:
            continue
        context = response.context
        buttons = [each["verb"] for each in [context["main"], *context["others"]] if each]
        assert sorted(buttons) == sorted(workflow.available(ticket, user))
        for verb in buttons:
            assert address(ticket, verb) in text_of(response)


def test_every_step_with_a_page_stands_in_one_group():
    grouped = [verb for _words, group in GROUPS for verb in group]
    assert sorted(grouped) == sorted(VERBS)


def test_the_ladder_says_who_has_it_and_whom_it_climbs_to(cast, client, ticket):
    here, *ahead = show(client, cast.specialist, ticket).context["ladder"]
    assert (here.names, here.is_here) == (["specialist"], True)
    assert [(rung.level, set(rung.names)) for rung in ahead] == [
        (50, {"specialist"}),
        (80, {"specialist"}),
        (100, {"secretary", "manager"}),
    ]
    assert ahead[0].at == ticket.submitted_at + timedelta(hours=12)


def test_the_ladder_says_who_was_told_and_what_more_time_has_excused(cast, client, power_cut):
    ticket = make_ticket(cast.subarea, power_cut, at=workflow.now() - timedelta(hours=23))
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.ask_extension(ticket, by=cast.specialist, amount=12 * 3600, note="等电缆")
    for hours in (-11, -3, 1):
        workflow.sweep(ticket.due_at + timedelta(hours=hours))
    told = [rung for rung in show(client, cast.secretary, ticket).context["ladder"] if rung.at]
    assert [
        (rung.level, set(rung.names), rung.is_excused) for rung in told if not rung.is_ahead
    ] == [
        (50, {"specialist"}, False),
        (80, {"specialist"}, False),
        (100, {"secretary", "manager"}, False),
    ]
    workflow.grant_extension(ticket, by=cast.secretary)
    response = show(client, cast.secretary, ticket)
    excused = [rung.level for rung in response.context["ladder"] if rung.is_excused]
    assert excused == [100]
    assert response.context["state"] == "running"


def test_a_wall_clock_is_told_in_plain_words(cast, client, ticket):
    context = show(client, cast.specialist, ticket).context
    promise, scale = context["promise"], context["scale"]
    assert (promise.is_wall, [line.seconds for line in promise.lines]) == (True, [86_400])
    assert scale.used == pytest.approx(12.5, abs=0.1)
    assert 75_000 < promise.left <= 75_600


def test_a_business_clock_lists_its_days_and_what_is_not_counted(cast, client):
    make_calendar(2026)
    category = make_category(clock_mode="business", limit_unit="working_days", limit_amount=3)
    friday = workflow.now().replace(year=2026, month=11, day=20, hour=2, minute=0, second=0)
    ticket = make_ticket(cast.subarea, category, at=friday)
    response = show(client, cast.secretary, ticket)
    promise = response.context["promise"]
    assert [(line.kind, line.days, line.number) for line in promise.lines] == [
        ("first_day", 0, 0), ("weekend", 2, 0), ("counted", 3, 1),
    ]  # fmt: skip
    assert [day.isoformat() for day in promise.closed_days] == ["2026-11-21", "2026-11-22"]
    assert "11月23日" in text_of(response)


def page_at(client, user, ticket, moment, language):
    """Return the page as its reader saw it then, in a language."""
    with time_machine.travel(moment, tick=False):
        client.cookies["django_language"] = language
        return text_of(show(client, user, ticket))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["9月28日（周日）", "国庆节、中秋节", "10月1日", "10月8日",
                     "10月10日（周五）17:30"]),
        ("en", ["28 Sep (Sun)", "National Day, Mid-Autumn Festival", "1 Oct", "8 Oct",
                "working days 4–5", "10 Oct (Fri), 17:30"]),
    ],
)  # fmt: skip
def test_the_friday_before_national_day_explains_its_date(cast, client, language, words):
    make_calendar(2025)
    category = make_category(clock_mode="business", limit_unit="working_days", limit_amount=5)
    filed = datetime(2025, 9, 26, 8, 40, tzinfo=UTC)
    ticket = make_ticket(cast.subarea, category, at=filed)
    page = page_at(client, cast.secretary, ticket, filed + timedelta(days=3), language)
    assert [each for each in words if each not in page] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["2月14日（周六）", "2月28日（周六）", "春节", "2月15日", "2月23日",
                     "3月3日（周二）15:30"]),
        ("en", ["14 Feb (Sat)", "28 Feb (Sat)", "Spring Festival", "15 Feb", "23 Feb",
                "worked for the days off at Spring Festival", "5 hours 30 minutes longer",
                "3 Mar (Tue), 15:30"]),
    ],
)  # fmt: skip
def test_spring_festival_with_worked_saturdays_and_a_wait_explains_its_date(
    cast, client, language, words
):
    make_calendar(2026)
    category = make_category(
        cast.power, is_immediate=True, clock_mode="business", limit_unit="working_days",
        limit_amount=8,
    )  # fmt: skip
    filed = datetime(2026, 2, 12, 2, 5, tzinfo=UTC)
    ticket = make_ticket(cast.subarea, category, at=filed)
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=filed + timedelta(hours=1))
    workflow.hold(
        ticket, by=cast.specialist, reason="parts", at=datetime(2026, 2, 14, 6, 0, tzinfo=UTC),
        until=datetime(2026, 2, 24, 2, 30, tzinfo=UTC),
    )  # fmt: skip
    page = page_at(client, cast.secretary, ticket, datetime(2026, 2, 16, tzinfo=UTC), language)
    assert [each for each in words if each not in page] == []


def test_what_sets_a_matter_apart_stands_at_its_head(cast, client, ticket):
    assert "pill--urged" not in text_of(show(client, cast.secretary, ticket))
    workflow.urge(ticket, note="快点")
    assert "pill--urged" in text_of(show(client, cast.secretary, ticket))


@pytest.fixture
def promising(cast):
    """A category with every promise, on the clock that never rests."""
    category = make_category(cast.power, is_immediate=True, limit_amount=48 * 3600)
    for stage, hours in (("accept", 1), ("contact", 4), ("word", 24)):
        make_policy(stage, "wall", hours * 3600, "seconds", category=category)
    return category


def test_other_promises_stand_beside_the_date(cast, client, promising):
    ticket = make_ticket(cast.subarea, promising, at=workflow.now() - timedelta(hours=5))
    context = show(client, cast.specialist, ticket).context
    assert [(each.stage, each.state) for each in context["beside"]] == [
        ("contact", "late"), ("word", "running"),
    ]  # fmt: skip
    assert context["beside"][0].over == pytest.approx(3600, abs=5)
    assert [(each.stage, each.state, each.elapsed) for each in context["kept"]] == [
        ("accept", "met", 0)
    ]
    workflow.sweep()
    told = show(client, cast.specialist, ticket).context["beside"][0].told
    assert set(told) == {"specialist", "secretary", "manager"}
    workflow.tell_resident(ticket, by=cast.specialist, note="已派人", by_phone=True)
    context = show(client, cast.specialist, ticket).context
    assert [(each.stage, each.state) for each in context["kept"]] == [
        ("accept", "met"), ("contact", "missed"),
    ]  # fmt: skip


def test_an_earlier_round_keeps_its_result(cast, client, promising):
    ticket = make_ticket(cast.subarea, promising)
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    ticket = workflow.resolve(ticket, by=cast.specialist, note="好了", at=later(ticket, hours=2))
    context = show(client, cast.specialist, ticket).context
    assert context["state"] == "met"
    assert [each.stage for each in context["beside"]] == ["confirm"]
    workflow.dispute(ticket, comment="还是没电", at=later(ticket))
    context = show(client, cast.specialist, ticket).context
    assert [(each.state, each.elapsed) for each in context["before"]] == [("met", 7_260)]
    assert context["state"] == "running"


def test_a_waiting_clock_says_why_and_until_when(cast, client, ticket):
    workflow.acknowledge(ticket, by=cast.specialist)
    until = workflow.now() + timedelta(days=2)
    workflow.hold(ticket, by=cast.specialist, reason="parts", until=until)
    response = show(client, cast.secretary, ticket)
    promise = response.context["promise"]
    assert (response.context["state"], promise.clock.paused_until) == ("paused", until)
    assert promise.waits_for == HoldReason.PARTS.label
    assert promise.clock.was_moved
    assert response.context["moved_because"]
    assert str(promise.waits_for) in text_of(response)


def test_a_matter_taken_back_promises_nothing_more(cast, client, ticket):
    workflow.withdraw(ticket)
    response = show(client, cast.secretary, ticket)
    assert response.context["state"] == "over"
    assert response.context["ladder"] == []
    assert "clock__scale" not in text_of(response)


def test_more_time_is_told_while_it_is_asked_for_and_when_it_is_granted(cast, client, ticket):
    workflow.acknowledge(ticket, by=cast.specialist)
    workflow.ask_extension(
        ticket, by=cast.specialist, amount=8 * 3600, note="等电缆，打13812345678"
    )
    asked = show(client, cast.secretary, ticket).context["asked"]
    assert (asked.by, asked.amount, asked.in_days) == ("specialist", 8 * 3600, False)
    assert asked.due_at == ticket.due_at + timedelta(hours=8)
    assert "13812345678" in asked.why
    masked = show(client, cast.manager, ticket)
    assert "13812345678" not in text_of(masked)
    workflow.grant_extension(ticket, by=cast.secretary, note="抓紧")
    context = show(client, cast.secretary, ticket).context
    assert context["asked"] is None
    assert [(each.by, each.amount, each.note) for each in context["granted"]] == [
        ("secretary", 8 * 3600, "抓紧")
    ]
    assert context["promise"].clock.first_due_at == ticket.due_at
    assert len(context["moved_because"]) == 1


def test_orders_are_told_with_answer_and_result(cast, client, ticket):
    first = order(ticket, cast.secretary, text="查清原因")
    second = order(ticket, cast.street_secretary, text="今晚修好，打13812345678")
    workflow.answer_order(first, by=cast.leader, note="电缆老化")
    workflow.close_order(first, by=cast.secretary, note="已换新")
    open_one, closed = show(client, cast.leader, ticket).context["orders"]
    assert (open_one.order, open_one.addressee, open_one.is_mine_to_answer) == (
        second, "leader", True,
    )  # fmt: skip
    assert "13812345678" not in open_one.text
    assert (closed.answer, closed.answered_by, closed.result, closed.closed_by) == (
        "电缆老化", "leader", "已换新", "secretary",
    )  # fmt: skip
    page = text_of(show(client, cast.leader, ticket))
    assert f"{address(ticket, 'answer_order')}?order={second.pk}" in page
    assert f"?order={first.pk}" not in page


def test_legs_say_how_long_each_had_it_and_when_it_was_taken_on(cast, client, promising):
    ticket = make_ticket(cast.subarea, promising, at=workflow.now() - timedelta(hours=10))
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket, minutes=30))
    ticket = workflow.transfer(
        ticket,
        by=cast.specialist,
        organisation=cast.housing,
        note="请接",
        at=later(ticket, hours=3),
    )
    now_with, before = show(client, cast.secretary, ticket).context["legs"]
    assert (before["name"], before["open_seconds"]) == ("区供电公司", 3 * 3600 + 30 * 60)
    assert before["acknowledged_after"] == 30 * 60
    assert (now_with["name"], now_with["acknowledged"]) == ("区住建局", None)
    assert now_with["open_seconds"] == pytest.approx(6 * 3600 + 30 * 60, abs=5)
    clock = ticket.clocks.get(stage="resolve")
    ran = int((workflow.now() - clock.started_at).total_seconds())
    assert sum(leg["open_seconds"] for leg in (now_with, before)) == pytest.approx(ran, abs=5)


def test_contractors_times_are_computable(cast, ticket):
    workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    start = ticket.submitted_at + timedelta(minutes=10)
    workflow.call_contractor(ticket, by=cast.specialist, note="电缆队", at=start)
    workflow.record_arrival(ticket, by=cast.worker, at=start + timedelta(minutes=25))
    visit = reports.contractor_times(ticket)[0]
    assert (visit.minutes_to_arrive, visit.minutes_of_work) == (25, None)
    workflow.resolve(
        ticket, by=cast.specialist, note="换好了", at=start + timedelta(minutes=25 + 119)
    )
    assert [visit.minutes_of_work for visit in reports.contractor_times(ticket)] == [119]


def test_contractors_who_come_twice_are_two_visits(cast, ticket):
    workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    at = ticket.submitted_at + timedelta(minutes=10)
    for step in (workflow.record_arrival, workflow.finish_contractor, workflow.record_arrival):
        at += timedelta(minutes=5)
        step(ticket, by=cast.specialist, at=at)
    visits = reports.contractor_times(ticket)
    assert [(visit.called, visit.minutes_of_work) for visit in visits] == [(None, 5), (None, None)]


# --- photos


def make_photo(name="photo.jpg"):
    """Return an upload as a phone sends it."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue())


@pytest.fixture
def photo(ticket, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    workflow.attach(ticket, photos=[clean_photo(make_photo())])
    return Attachment.objects.get()


def photo_address(photo, size="small"):
    return reverse("tickets:photo", args=[photo.ticket.reference, photo.pk, size])


def test_a_photo_is_served_privately_to_those_in_reach(cast, client, photo):
    client.force_login(cast.specialist)
    for size in ("small", "full"):
        response = client.get(photo_address(photo, size))
        assert response["Content-Type"] == "image/jpeg"
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert b"".join(response.streaming_content)[:3] == b"\xff\xd8\xff"


def test_a_photo_is_hidden_from_everybody_else(cast, client, photo):
    assert client.get(photo_address(photo)).status_code == 404
    for user in (cast.outsider, cast.neighbour_worker):
        client.force_login(user)
        assert client.get(photo_address(photo)).status_code == 404
    other = make_receipt(cast.subarea, make_category()).ticket
    client.force_login(cast.specialist)
    crossed = reverse("tickets:photo", args=[other.reference, photo.pk, "small"])
    assert client.get(crossed).status_code == 404


def test_a_photo_is_shown_to_its_resident_and_once_released_to_all(cast, client, photo):
    session = client.session
    drafts.remember_code(session, photo.ticket.reference, photo.ticket.tracking_digest)
    session.save()
    assert client.get(photo_address(photo)).status_code == 200
    client.logout()
    assert client.get(photo_address(photo)).status_code == 404
    Attachment.objects.update(is_released=True)
    assert client.get(photo_address(photo)).status_code == 200
