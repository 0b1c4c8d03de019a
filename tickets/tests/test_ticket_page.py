"""The page of one ticket: what it tells, to whom, and what it asks the database."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from common.models import AuditEntry
from common.uploads import clean_photo
from tickets import drafts, reports, workflow
from tickets.choices import Kind
from tickets.models import Attachment
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
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


@pytest.mark.parametrize("many", [1, 3])
def test_page_asks_the_same_questions_however_much_has_happened(
    cast, client, ticket, power_cut, maps_in_memory, django_assert_num_queries, many
):
    workflow.acknowledge(ticket, by=cast.specialist)
    for number in range(many):
        workflow.record_finding(ticket, by=cast.specialist, note=f"第{number}处")
        workflow.join(ticket, contact=workflow.Contact(phone=f"+861381234567{number}"))
        workflow.merge(make_ticket(cast.subarea, power_cut), by=cast.secretary, into=ticket)
    show(client, cast.specialist, ticket)
    # session, user, postings, own communities; ticket, co-handlers; events, people named; clocks;
    # whom it is told to: ladder, leaves, manager, leaves, leader, leaves; photos; joined; contacts
    with django_assert_num_queries(18):
        response = client.get(address(ticket))
    assert len(response.context["same"]) == many
    assert len(response.context["people"]) == 1 + many


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


def test_the_clock_says_whom_it_climbs_to(cast, client, ticket):
    response = show(client, cast.specialist, ticket)
    here, above = response.context["ladder"]
    assert here[1:] == ("specialist", True)
    assert {name for name in cast.people if above[1].find(name) >= 0} == {"secretary", "manager"}


def test_a_wall_clock_is_told_in_plain_words(cast, client, ticket):
    promise = show(client, cast.specialist, ticket).context["promise"]
    assert (promise.is_wall, promise.open_seconds, promise.percent) == (True, 86_400, 12)
    assert 75_000 < promise.left <= 75_600


def test_a_business_clock_lists_its_days_and_what_is_not_counted(cast, client):
    make_calendar(2026)
    category = make_category(clock_mode="business", limit_unit="working_days", limit_amount=3)
    friday = workflow.now().replace(year=2026, month=11, day=20, hour=2, minute=0, second=0)
    ticket = make_ticket(cast.subarea, category, at=friday)
    promise = show(client, cast.secretary, ticket).context["promise"]
    assert [day.isoformat() for day in promise.days] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert [day.isoformat() for day in promise.closed_days] == ["2026-11-21", "2026-11-22"]


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
