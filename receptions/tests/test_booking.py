"""Booking page by page without an account, one's own booking, and the counter's form."""

import re

import pytest
from django.urls import reverse

from receptions.models import Booking
from receptions.tests.factories_days import book, publish, run
from receptions.workflow import bookings
from tickets.models import Ticket
from tickets.tests.factories import make_category

pytestmark = pytest.mark.django_db

WORDS = "三单元楼道灯坏了三天，晚上看不见。"


@pytest.fixture
def session(cast):
    make_category(code="1299")
    return publish(cast)


def address(name, *args):
    return reverse(f"receptions:{name}", args=args)


def say_matter(client, session, **said):
    data = {"words": WORDS, "place": session.grid.code} | said
    return client.post(address("book", session.pk), data)


def say_all(client, session, **said):
    """Go through the steps and return the page that follows the last one."""
    say_matter(client, session)
    client.post(address("book_who", session.pk), {"name": "王秀兰", "phone": "10000000771"} | said)
    page = client.get(address("book_check", session.pk))
    key = re.search(r'name="key" value="([^"]+)"', page.content.decode())[1]
    return client.post(address("book_check", session.pk), {"key": key}), key


def test_steps_lead_to_a_slip_with_both_numbers(client, session):
    pages = [client.get(address("days")), client.get(address("day", session.pk))]
    pages += [client.get(address("book", session.pk))]
    assert [page.status_code for page in pages] == [200] * 3
    answer, _key = say_all(client, session)
    booking = Booking.objects.get()
    ticket = booking.ticket
    assert answer.headers["Location"] == address("booking", session.pk, ticket.reference)
    assert (booking.status, booking.source, ticket.description) == ("held", "web", WORDS)
    text = client.get(answer.headers["Location"]).content.decode()
    assert "09:00" in text
    assert ticket.reference[:3] in text
    person = booking.representatives.get()
    assert (person.name, person.phone) == ("王秀兰", "+8610000000771")
    assert ticket.people.get().phone == "+8610000000771"


def test_second_press_finds_the_first_booking(client, session):
    first, key = say_all(client, session)
    second = client.post(address("book_check", session.pk), {"key": key})
    assert second.headers["Location"] == first.headers["Location"]
    assert Booking.objects.count() == Ticket.objects.count() == 1


def test_words_are_asked_for_and_what_was_typed_is_kept(client, session):
    assert say_matter(client, session, words="").status_code == 302
    text = client.get(address("book", session.pk)).content.decode()
    assert "id_words_error" in text
    client.post(address("book_who", session.pk), {"name": "王", "phone": "abc"})
    assert Booking.objects.count() == 0
    say_matter(client, session)
    client.post(address("book_who", session.pk), {"name": "王秀兰", "phone": "abc"})
    text = client.get(address("book_who", session.pk)).content.decode()
    assert "王秀兰" in text
    assert "id_phone_error" in text


@pytest.mark.parametrize("step", ["book_who", "book_check"])
def test_a_step_too_far_leads_back(client, session, step):
    answer = client.get(address(step, session.pk))
    assert answer.headers["Location"] == address("book", session.pk)


def test_number_and_code_book_a_matter_that_is_there(client, cast, session):
    other = publish(cast)
    booked = book(cast, other, 1)
    reference = booked.booking.ticket.reference
    said = {"words": "", "reference": reference, "code": booked.tracking_code}
    answer = say_matter(client, session, **said)
    assert answer.headers["Location"] == address("book_who", session.pk)
    client.post(address("book_who", session.pk), {"name": "李", "phone": "10000000772"})
    page = client.get(address("book_check", session.pk)).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    client.post(address("book_check", session.pk), {"key": key})
    assert Booking.objects.filter(session=session).get().ticket_id == booked.booking.ticket_id
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("said", [{"reference": "0000000000"}, {"code": "AAAA-BBBB-CC"}])
def test_wrong_number_and_wrong_code_get_the_same_words(client, cast, session, said):
    booked = book(cast, session, 1)
    right = {"reference": booked.booking.ticket.reference, "code": booked.tracking_code}
    page = say_matter(client, session, words="", **right | said).content.decode()
    assert page.count("id_code_error") > 0
    assert "book/who" not in page


def test_closed_day_says_so(client, session):
    bookings.Session.objects.filter(pk=session.pk).update(status="running")
    answer = client.get(address("book", session.pk))
    assert answer.headers["Location"] == address("day", session.pk)


def test_own_booking_needs_the_code(client, cast, session):
    booked = book(cast, session, 1)
    reference = booked.booking.ticket.reference
    page = address("booking", session.pk, reference)
    assert client.get(page).headers["Location"] == address("find")
    assert client.post(address("booking_cancel", session.pk, reference)).status_code == 302
    assert Booking.objects.get().status == "held"
    answer = client.post(address("find"), {"reference": reference, "code": booked.tracking_code})
    assert answer.headers["Location"] == page
    client.post(address("booking_cancel", session.pk, reference))
    assert Booking.objects.get().status == "cancelled"


def test_offer_is_accepted_with_the_code(client, cast):
    session = publish(cast, places=1)
    first, second = book(cast, session, 1), book(cast, session, 2)
    bookings.cancel_booking(first.booking, by=None)
    reference = second.booking.ticket.reference
    client.post(address("find"), {"reference": reference, "code": second.tracking_code})
    client.post(address("booking_accept", session.pk, reference))
    second.booking.refresh_from_db()
    assert second.booking.status == "held"


# --- The counter ---------------------------------------------------------------------------


def counter(client, session, **said):
    data = {
        "key": "0123456789abcdef",
        "source": "grid",
        "words": WORDS,
        "place": session.grid.code,
        "name": "王秀兰",
        "phone": "",
    } | said
    return client.post(address("take_down", session.pk), data)


def test_grid_worker_books_and_prints_a_slip(client, cast, session):
    client.force_login(cast.worker)
    assert client.get(address("take_down", session.pk)).status_code == 200
    answer = counter(client, session)
    booking = Booking.objects.get()
    assert answer.headers["Location"] == address("slip", booking.pk)
    assert (booking.source, booking.booked_by) == ("grid", cast.worker)
    assert counter(client, session).headers["Location"] == answer.headers["Location"]
    assert Booking.objects.count() == 1
    slip = client.get(answer.headers["Location"]).content.decode()
    assert "09:00" in slip
    assert slip.count('class="digits"') == 2


def test_counter_refuses_in_a_sentence_and_keeps_the_words(client, cast, session):
    client.force_login(cast.worker)
    page = counter(client, session, name="").content.decode()
    assert "id_name_error" in page
    assert WORDS in page
    page = counter(client, session, words="", reference="0000000000").content.decode()
    assert "id_reference_error" in page


def test_counter_of_another_community_is_hidden(client, cast, session):
    client.force_login(cast.neighbour_worker)
    assert client.get(address("take_down", session.pk)).status_code == 404


def test_on_the_day_the_counter_lets_in(client, cast):
    make_category(code="1299")
    session = run(publish(cast))
    client.force_login(cast.worker)
    counter(client, session)
    assert Booking.objects.get().status in ("arrived", "queued")
    assert Booking.objects.get().source == "walk_in"
