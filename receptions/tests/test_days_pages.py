"""Pages of reception days for staff and for everybody; the API; what they cost in queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from receptions.models import Booking, Session
from receptions.tests.factories_days import book, nine, plan, publish, run, visitor
from receptions.views.days_today import todos
from receptions.workflow import bookings
from tickets.choices import Kind
from tickets.tests.factories import make_category, make_ticket

pytestmark = pytest.mark.django_db


def address(name, *args):
    return reverse(f"receptions:{name}", args=args)


@pytest.fixture
def office(client, cast):
    client.force_login(cast.secretary)
    return client


SAID = {"begins": "09:00", "ends": "11:00", "place": "一楼", "slot_minutes": "15"}


def said(cast, **more):
    date = timezone.localdate() + timedelta(days=8)
    host = {"host": cast.secretary.pk, "date": date.isoformat()}
    return SAID | host | {"grid": cast.community.code} | more


def test_day_is_planned_changed_published_opened_and_closed(office, cast):
    answer = office.post(address("plan"), said(cast))
    day = Session.objects.get()
    assert answer.headers["Location"] == address("manage_day", day.pk)
    assert day.slots.count() == 8
    assert office.get(address("change", day.pk)).status_code == 200
    office.post(address("change", day.pk), said(cast, place="二楼"))
    office.post(address("publish", day.pk), {"late_reason": ""})
    day.refresh_from_db()
    assert (day.place, day.status) == ("二楼", "published")
    Session.objects.update(starts_at=timezone.now() + timedelta(minutes=1))
    assert office.post(address("open", day.pk)).headers["Location"] == address("board", day.pk)
    office.post(address("close", day.pk))
    day.refresh_from_db()
    assert day.status == "closed"


FAULTS = [
    ({"date": ""}, "id_date_error"),
    ({"date": "2020-01-01"}, "id_begins_error"),
    ({"ends": "08:00"}, "id_ends_error"),
    ({"slot_minutes": "0"}, "id_slot_minutes_error"),
    ({"host": "0"}, "id_host_error"),
    ({"place": ""}, "id_place_error"),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_fault_stands_beside_its_field_and_nothing_is_lost(office, cast, fault, error):
    text = office.post(address("plan"), said(cast, subject="供暖专场", **fault)).content.decode()
    assert error in text
    assert "供暖专场" in text
    assert Session.objects.count() == 0


def test_late_publication_comes_back_with_the_sentence(office, cast):
    day = plan(cast, starts_at=nine(1))
    text = office.post(address("publish", day.pk), {"late_reason": ""}).content.decode()
    assert "id_late_reason_error" in text


def test_board_takes_taps_and_outcomes(office, cast):
    session = publish(cast)
    for number in (1, 2):
        book(cast, session, number)
    one, two = session.bookings.all()
    run(session)
    office.post(address("check_in", one.pk))
    office.post(address("absent", two.pk))
    assert office.get(address("hear", one.pk)).status_code == 200
    text = office.post(address("hear", one.pk), {"outcome": "explained"}).content.decode()
    assert "id_words_error" in text
    office.post(address("hear", one.pk), {"outcome": "explained", "words": "讲清楚了"})
    assert list(session.bookings.values_list("status", flat=True)) == ["heard", "absent"]
    assert office.get(address("board", session.pk)).status_code == 200
    assert office.post(address("replan", session.pk)).status_code == 302


def test_paper_list_and_screen_agree(office, cast):
    session = publish(cast, places=3)
    for number in range(1, 6):
        book(cast, session, number)
    screen = office.get(address("manage_day", session.pk)).content.decode()
    paper = office.get(address("day_list", session.pk)).content.decode()
    titles = [row.ticket.title for row in session.bookings.select_related("ticket")]
    assert [screen.count(title) for title in titles] == [1] * 5
    places = [paper.index(title) for title in titles]
    assert places == sorted(places)


def test_two_bookings_are_merged_on_their_page(office, cast):
    session = publish(cast)
    one, two = (book(cast, session, number).booking for number in (1, 2))
    assert office.get(address("merge", two.pk)).status_code == 200
    assert office.post(address("merge", two.pk), {"into": ""}).status_code == 200
    office.post(address("merge", two.pk), {"into": one.pk})
    one.refresh_from_db()
    assert one.taken == 2


def test_confidential_matter_is_a_number_to_those_who_may_not_read_it(client, cast):
    session = publish(cast)
    ticket = make_ticket(cast.village, make_category(), title="举报某人", kind=Kind.TIP_OFF)
    booking = bookings.book(
        session, ticket=ticket, people=[visitor(7)], source="web", by=None
    ).booking
    for name, user, sees in (("worker", cast.worker, False), ("office", cast.secretary, True)):
        client.force_login(user)
        for page in ("manage_day", "board", "day_list"):
            text = client.get(address(page, session.pk)).content.decode()
            assert ("举报某人" in text, "居民7" in text) == (sees, sees), (name, page)
        status = 200 if sees else 404
        for page in ("folder", "record", "slip"):
            assert client.get(address(page, booking.pk)).status_code == status


def test_co_host_reads_masked_names(client, cast):
    session = publish(cast, co_hosts=[cast.neighbour_secretary])
    booking = book(cast, session, 1, people=[visitor(1, name="欧阳秀兰")]).booking
    client.force_login(cast.neighbour_secretary)
    for page, pk in (
        ("manage_day", session.pk),
        ("day_list", session.pk),
        ("folder", booking.pk),
        ("record", booking.pk),
    ):
        text = client.get(address(page, pk)).content.decode()
        assert "欧阳秀兰" not in text
        assert "100 0000 0001" not in text
    client.force_login(cast.secretary)
    assert "欧阳秀兰" in client.get(address("folder", booking.pk)).content.decode()


# --- Queries -------------------------------------------------------------------------------


def queries(client, page):
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["days", "manage"])
def test_lists_cost_the_same_for_one_and_three_days(office, cast, name):
    publish(cast)
    one = queries(office, address(name))
    for days in (8, 9):
        publish(cast, starts_at=nine(days))
    assert queries(office, address(name)) == one


@pytest.mark.parametrize("name", ["manage_day", "board", "day_list"])
def test_day_costs_the_same_for_one_and_three_bookings(office, cast, name):
    session = publish(cast)
    book(cast, session, 1)
    one = queries(office, address(name, session.pk))
    for number in (2, 3):
        book(cast, session, number)
    assert queries(office, address(name, session.pk)) == one


# --- Today, API ----------------------------------------------------------------------------


def test_host_is_told_what_is_to_be_done(cast):
    day = plan(cast, starts_at=nine(5))
    at = timezone.now()
    assert [each.address for each in todos(cast.secretary, at)] == [address("manage_day", day.pk)]
    assert todos(cast.worker, at) == []
    Session.objects.update(status="published")
    assert todos(cast.secretary, at) == []
    assert len(todos(cast.secretary, day.starts_at)) == 1
    Session.objects.update(status="running")
    assert [each.address for each in todos(cast.secretary, at)] == [address("board", day.pk)]


def post(client, name, data, *args, **headers):
    page = reverse(f"receptions_api:{name}", args=args)
    return client.post(page, data, content_type="application/json", headers=headers)


BOOKING = {"words": "路灯坏了三天", "speaker": {"name": "王秀兰", "phone": "10000000771"}}


def test_program_books_once_under_its_key_and_reads_the_booking(client, cast):
    make_category(code="1299")
    session = publish(cast)
    days = client.get(reverse("receptions_api:days")).json()["results"]
    assert [(day["id"], day["free"], day["places"]) for day in days] == [(session.pk, 13, 13)]
    said = BOOKING | {"grid": cast.village.code}
    first = post(client, "book", said, session.pk, **{"Idempotency-Key": "abcdefgh"})
    again = post(client, "book", said, session.pk, **{"Idempotency-Key": "abcdefgh"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert Booking.objects.count() == 1
    told = first.json()
    mine = {name: told[name] for name in ("reference", "tracking_code")}
    assert post(client, "my_booking", mine).json()["status"] == "held"
    wrong = mine | {"tracking_code": "AAAA-BBBB-CC"}
    assert post(client, "my_booking", wrong).status_code == 404


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"words": ""}, "words"),
        ({"speaker": {"name": "王", "phone": "abc"}}, "speaker.phone"),
        ({"grid": "nowhere"}, "grid"),
        ({"reference": "1234567890"}, "tracking_code"),
    ],
)
def test_program_is_told_which_field_is_wrong(client, cast, fault, field):
    session = publish(cast)
    answer = post(client, "book", BOOKING | fault, session.pk)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert Booking.objects.count() == 0
