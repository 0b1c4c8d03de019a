"""Bookings: places, the waiting list, representatives, offers, the day itself; nothing doubled."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from common.errors import AlreadyDone, RuleViolation
from common.tests.factories import run_rivals
from notices.models import Notice
from receptions.choices import BookingStatus, EventVerb, Outcome
from receptions.models import Booking, Session, Slot
from receptions.reports.days import board_of
from receptions.tests.factories_days import book, filing, plan, publish, run, visitor
from receptions.workflow import bookings, outcomes, running
from receptions.workflow.bookings import BOOKING_MOVES
from tickets.tests.factories import make_category, make_ticket

B, V = BookingStatus, EventVerb


# --- R2: exact under rivalry ---------------------------------------------------------------

CONNECTIONS, RIVALS = 20, 100


@pytest.mark.django_db(transaction=True)
def test_hundred_rivals_for_thirteen_places(cast):
    """13 are held, 87 wait in the order in which they came; no place is given twice.

    On SQLite (a file) as on PostgreSQL, without an error.
    """
    make_category()
    session = publish(cast)

    def rival(start):
        numbers = range(start + 1, RIVALS + 1, CONNECTIONS)
        return [book(cast, session, number).booking.pk for number in numbers]

    outcomes_ = run_rivals(rival, CONNECTIONS)
    errors = [each for each in outcomes_ if isinstance(each, Exception)]
    assert errors == []
    statuses = list(Booking.objects.order_by("pk").values_list("status", flat=True))
    assert statuses == ["held"] * 13 + ["queued"] * 87
    taken = Booking.objects.holding().values_list("slot", flat=True)
    assert len(set(taken)) == 13
    assert set(Slot.objects.values_list("taken", flat=True)) == {1}
    in_order = [bookings.place_in_queue(each) for each in Booking.objects.queued()]
    assert in_order == list(range(1, 88))


@pytest.mark.django_db(transaction=True)
def test_one_place_given_back_is_offered_to_one(cast):
    session = publish(cast, places=1)
    first = book(cast, session, 1).booking
    for number in (2, 3):
        book(cast, session, number)
    results = run_rivals(lambda i: bookings.cancel_booking(first, by=None), 8)
    assert Counter(type(each).__name__ for each in results) == {"Booking": 1, "AlreadyDone": 7}
    assert Counter(Booking.objects.values_list("status", flat=True)) == {
        "cancelled": 1,
        "offered": 1,
        "queued": 1,
    }


pytestmark = pytest.mark.django_db


# --- The table -----------------------------------------------------------------------------

ALLOWED = {
    (V.ACCEPT, B.OFFERED), (V.ACCEPT, B.QUEUED),
    (V.CANCEL_BOOKING, B.HELD), (V.CANCEL_BOOKING, B.OFFERED), (V.CANCEL_BOOKING, B.QUEUED),
    (V.CHECK_IN, B.HELD), (V.CHECK_IN, B.OFFERED), (V.CHECK_IN, B.QUEUED), (V.CHECK_IN, B.ABSENT),
    (V.MISS, B.HELD), (V.MISS, B.OFFERED),
    (V.HEAR, B.HELD), (V.HEAR, B.ARRIVED), (V.HEAR, B.QUEUED),
}  # fmt: skip
DO = {
    V.ACCEPT: lambda row, by, at: bookings.accept_offer(row, by=by, at=at - timedelta(days=1)),
    V.CANCEL_BOOKING: lambda row, by, at: bookings.cancel_booking(row, by=by, at=at),
    V.CHECK_IN: lambda row, by, at: running.check_in(row, by=by, at=at),
    V.MISS: lambda row, by, at: running.mark_absent(row, by=by, at=at),
    V.HEAR: lambda row, by, at: outcomes.hear(
        row, outcome=Outcome.EXPLAINED, words="讲清楚了", by=by, at=at
    ),
}


def in_status(cast, status, verb):
    """Return a booking in this status on a day that runs (or is public still, to accept)."""
    session = publish(cast, places=2)
    booking = book(cast, session, 1).booking
    holds = status in (B.HELD, B.OFFERED, B.ARRIVED, B.HEARD)
    if not holds:
        Slot.objects.release(booking.slot_id)
    Booking.objects.filter(pk=booking.pk).update(
        status=status,
        slot=booking.slot_id if holds else None,
        offered_until=session.starts_at if status == B.OFFERED else None,
        outcome="explained" if status == B.HEARD else "",
        # Heard from the waiting list only when in the room.
        arrived_at=session.starts_at if verb == V.HEAR and status == B.QUEUED else None,
    )
    if verb != V.ACCEPT:
        Session.objects.filter(pk=session.pk).update(status="running")
    return Booking.objects.select_related("slot", "session").get(pk=booking.pk)


@pytest.mark.parametrize("status", B.values)
@pytest.mark.parametrize("verb", list(DO))
def test_every_verb_in_every_status(cast, verb, status):
    booking = in_status(cast, status, verb)
    at = booking.session.starts_at
    if (verb, status) in ALLOWED:
        assert DO[verb](booking, cast.secretary, at).status == BOOKING_MOVES[verb].to
        booking.refresh_from_db()
        assert booking.status == BOOKING_MOVES[verb].to
    else:
        with pytest.raises(RuleViolation) as caught:
            DO[verb](booking, cast.secretary, at)
        assert isinstance(caught.value, AlreadyDone) == (status == BOOKING_MOVES[verb].to)
        booking.refresh_from_db()
        assert booking.status == status
    assert_not_doubled(booking.session)


@pytest.mark.parametrize("verb", [verb for verb in DO if verb != V.HEAR])
def test_somebody_from_next_door_does_nothing(cast, verb):
    sources = [status for each, status in ALLOWED if each == verb]
    booking = in_status(cast, sources[0], verb)
    with pytest.raises(RuleViolation) as caught:
        DO[verb](booking, cast.neighbour_secretary, booking.session.starts_at)
    assert caught.value.code == "not_allowed"


def test_worker_takes_bookings_and_does_not_hear(cast):
    booking = in_status(cast, B.HELD, V.HEAR)
    with pytest.raises(RuleViolation) as caught:
        DO[V.HEAR](booking, cast.worker, booking.session.starts_at)
    assert caught.value.code == "not_allowed"
    assert running.check_in(booking, by=cast.worker, at=booking.session.starts_at)


def assert_not_doubled(session):
    """Every place holds one booking at most, and says itself how many."""
    held = Counter(session.bookings.holding().values_list("slot", flat=True))
    assert set(held.values()) <= {1}
    for slot in session.slots.all():
        assert slot.taken == held[slot.pk]


# --- Booking -------------------------------------------------------------------------------


def test_same_person_and_matter_find_the_same_booking(cast):
    session = publish(cast)
    first = book(cast, session, 1)
    again = book(cast, session, 1)
    by_number = book(cast, session, 1, ticket=first.booking.ticket)
    assert (again.is_repeat, by_number.is_repeat) == (True, True)
    assert again.booking == by_number.booking == first.booking
    assert again.tracking_code == ""
    assert Booking.objects.count() == 1


def test_several_people_are_one_booking_and_five_at_most(cast):
    session = publish(cast)
    ticket = book(cast, session, 1).booking.ticket
    for number in range(2, 6):
        assert book(cast, session, number, ticket=ticket).has_joined
    booking = Booking.objects.get()
    assert (booking.taken, session.slots.filter(taken=1).count()) == (5, 1)
    with pytest.raises(RuleViolation) as caught:
        book(cast, session, 6, ticket=ticket)
    assert caught.value.code == "representatives"
    assert Notice.objects.filter(kind="reception_joined").count() == 2 + 3 + 4 + 5
    with pytest.raises(RuleViolation):
        book(cast, session, 9, people=[visitor(each) for each in range(10, 16)])


def test_two_bookings_of_one_cause_are_heard_as_one(cast):
    session = publish(cast, places=2)
    one, two, three = (book(cast, session, number).booking for number in (1, 2, 3))
    into = bookings.merge(two, into=one, by=cast.secretary)
    three.refresh_from_db()
    assert (into.taken, three.status) == (2, "offered")
    assert_not_doubled(session)


REFUSED = {"planned": "unpublished", "running": "past", "closed": "past", "cancelled": "cancelled"}


@pytest.mark.parametrize(("status", "code"), REFUSED.items())
def test_day_that_takes_no_bookings_says_why(cast, status, code):
    session = plan(cast)
    Session.objects.filter(pk=session.pk).update(status=status)
    with pytest.raises(RuleViolation) as caught:
        book(cast, session, 1)
    assert caught.value.code == code
    assert Booking.objects.count() == 0


def test_past_day_takes_no_bookings(cast):
    session = publish(cast)
    with pytest.raises(RuleViolation) as caught:
        book(cast, session, 1, at=session.starts_at)
    assert caught.value.code == "past"


def test_chosen_time_is_given_once(cast):
    session = publish(cast)
    slot = session.slots.get(number=5)
    assert book(cast, session, 1, slot=slot).booking.slot == slot
    with pytest.raises(RuleViolation) as caught:
        book(cast, session, 2, slot=slot)
    assert caught.value.field == "slot"
    assert Booking.objects.count() == 1


def test_booking_is_texted_and_reminded_the_day_before(cast):
    session = publish(cast)
    book(cast, session, 1)
    reminder = Notice.objects.get(kind="reception_reminder")
    assert reminder.deliver_after == session.starts_at - timedelta(days=1)
    assert Notice.objects.filter(kind="reception_booked").count() == 1
    bookings.cancel_booking(Booking.objects.get(), by=None)
    reminder.refresh_from_db()
    assert reminder.state == "void"


def test_who_wants_to_be_rung_is_named_to_the_planner(cast):
    session = publish(cast)
    book(cast, session, 1, people=[visitor(1, wants_call=True)])
    notice = Notice.objects.get(kind="reception_ring")
    assert notice.recipient == cast.secretary
    assert Notice.objects.filter(channel="sms").count() == 0


# --- Offers --------------------------------------------------------------------------------


def test_offers_lapse_and_go_on_once_a_person(cast):
    session = publish(cast, places=1)
    first, second, third = (book(cast, session, number).booking for number in (1, 2, 3))
    bookings.cancel_booking(first, by=None)
    until = Booking.objects.get(pk=second.pk).offered_until
    assert bookings.run_offers(until - timedelta(seconds=1)) == 0
    assert bookings.run_offers(until) == 1
    assert bookings.run_offers(until) == 0
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.status, third.status) == ("queued", "offered")
    assert bookings.run_offers(third.offered_until) == 1
    assert bookings.run_offers(third.offered_until) == 0
    # Everybody had a turn: the place is free to whoever comes first.
    assert bookings.accept_offer(second, by=None, at=until).status == "held"
    with pytest.raises(RuleViolation) as caught:
        bookings.accept_offer(third, by=None, at=until)
    assert caught.value.code == "full"
    assert_not_doubled(session)


def test_offer_whose_time_is_over_is_not_accepted(cast):
    session = publish(cast, places=1)
    first, second = (book(cast, session, number).booking for number in (1, 2))
    bookings.cancel_booking(first, by=None)
    second.refresh_from_db()
    with pytest.raises(RuleViolation) as caught:
        bookings.accept_offer(second, by=None, at=second.offered_until)
    assert caught.value.code == "lapsed"


# --- R4: the day ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_day_replanned_never_double_books(cast, seed):
    """Two absences, three walk-ins, people early and late: paper and screen are the same rows."""
    chance = random.Random(seed)
    session = publish(cast)
    for number in range(1, 14):
        book(cast, session, number)
    session, by, at = run(session), cast.secretary, session.starts_at
    rows = list(session.bookings.all())
    chance.shuffle(rows)
    absent, present = rows[:2], rows[2:]
    steps = [lambda row=row: running.mark_absent(row, by=by, at=at) for row in absent]
    steps += [lambda row=row: running.check_in(row, by=by, at=at) for row in present]
    steps += [
        lambda number=number: running.walk_in(
            session,
            people=[visitor(number)],
            filing=filing(cast, f"临时来的第{number}件", number=number),
            by=by,
            at=at,
        )
        for number in (51, 52, 53)
    ]
    steps += [lambda: running.replan(session, by=by, at=at)] * 3
    chance.shuffle(steps)
    for step in steps:
        step()
        assert_not_doubled(session)
    running.check_in(absent[0], by=by, at=at)
    running.replan(session, by=by, at=at)
    assert_not_doubled(session)
    board = board_of(session)
    numbers = [row.queue_number for row in session.bookings.exclude(queue_number=None)]
    assert sorted(numbers) == list(range(1, 16))
    placed = [row.slot.number for row in board.placed]
    assert placed == sorted(set(placed))
    assert len(board.placed) + len(board.in_room) + len(board.absent) == 16


def test_those_present_move_forward_in_the_order_of_arrival(cast):
    session = publish(cast, places=3)
    one, two, three = (book(cast, session, number).booking for number in (1, 2, 3))
    session, at = run(session), session.starts_at
    running.mark_absent(one, by=cast.worker, at=at)
    running.check_in(three, by=cast.worker, at=at)
    running.check_in(two, by=cast.worker, at=at)
    moved = running.replan(session, by=cast.secretary, at=at)
    assert [(row.pk, row.slot.number) for row in moved] == [(three.pk, 1)]
    two.refresh_from_db()
    assert two.slot.number == 2


def test_who_waits_in_the_room_is_heard_after_the_others(cast):
    session = run(publish(cast, places=1))
    at, by = session.starts_at, cast.secretary
    for number in (1, 2):
        running.walk_in(
            session, people=[visitor(number)], filing=filing(cast, f"{number}"), by=by, at=at
        )
    second = session.bookings.get(status=B.QUEUED)
    outcomes.hear(second, outcome=Outcome.EXPLAINED, words="讲清楚了", by=by, at=at)
    second.refresh_from_db()
    assert (second.status, second.slot.number) == ("heard", 2)
    assert_not_doubled(session)


def test_nobody_is_checked_in_before_the_day_is_opened(cast):
    booking = book(cast, publish(cast), 1).booking
    for step in (running.check_in, running.mark_absent):
        with pytest.raises(RuleViolation) as caught:
            step(booking, by=cast.secretary)
        assert caught.value.code == "not_running"


def test_walk_in_with_a_booked_matter_is_checked_in(cast):
    session = publish(cast)
    ticket = make_ticket(cast.village, make_category())
    booking = book(cast, session, 1, ticket=ticket).booking
    session = run(session)
    booked = running.walk_in(
        session, people=[visitor(1)], ticket=ticket, by=cast.worker, at=session.starts_at
    )
    assert (booked.booking.pk, booked.booking.status) == (booking.pk, "arrived")
