"""The day itself: who has come, who has not, who comes unannounced, and who is next."""

from dataclasses import replace
from datetime import timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from receptions.choices import BookingSource, BookingStatus, EventVerb, SessionStatus
from receptions.models import Booking, Slot
from receptions.workflow import telling
from receptions.workflow.bookings import (
    BOOKING_MOVES,
    Booked,
    add_people,
    give_up_place,
    holding,
    is_clerk,
    join,
    new_booking,
    same_matter,
    take_free,
)
from receptions.workflow.moves import append, moving, now
from receptions.workflow.sessions import is_keeper
from tickets.workflow import RESIDENT, file_ticket

B = BookingStatus
# Somebody has come and there is no place: they wait in the room and are called when there is one.
_WAITS_IN_ROOM = BOOKING_MOVES | {
    EventVerb.CHECK_IN: replace(BOOKING_MOVES[EventVerb.CHECK_IN], to=B.QUEUED)
}


def must_run(day):
    if day.status != SessionStatus.RUNNING:
        raise RuleViolation(_("Please open the day first."), code="not_running")


def _ahead(day, at):
    """Return the slots of the day that are not over."""
    return day.slots.filter(starts_at__gt=at - timedelta(minutes=day.slot_minutes))


def next_number(day):
    return (day.bookings.aggregate(last=Max("queue_number"))["last"] or 0) + 1


def check_in(booking, *, by, at=None):
    """Note that somebody has come and give them the next queue number.

    Late ones get the earliest place that is left; with none they wait in the room.
    """
    with holding(booking.session_id) as day:
        at = at or now()
        must_run(day)
        booking.refresh_from_db()
        if booking.status == B.QUEUED and booking.arrived_at:
            raise AlreadyDone(_("Somebody else has just done this."))
        slot = None
        if booking.status in (B.ABSENT, B.QUEUED):
            slot = take_free(_ahead(day, at))
            table = BOOKING_MOVES if slot else _WAITS_IN_ROOM
        else:
            slot, table = booking.slot, BOOKING_MOVES
        with moving(booking, EventVerb.CHECK_IN, table=table, by=by, at=at) as step:
            number = step.row.queue_number or next_number(day)
            telling.forget_reminders([step.row])
            step.set(arrived_at=at, queue_number=number, slot=slot, offered_until=None)
            step.say(number=number, slot=slot and slot.pk)
    return step.row


def walk_in(session, *, people, by, ticket=None, filing=None, demand="", at=None):
    """Take somebody who came without a booking: a free place now, else a seat in the room.

    Whoever had booked the matter is checked in. Returns a Booked.
    """
    with holding(session.pk) as day:
        at = at or now()
        must_run(day)
        if by is not None and not is_clerk(Booking(session=day), by):
            raise NotAllowed(_("This step is not yours to take."))
        code, people = "", list(people)
        if filing is not None:
            ticket = same_matter(day, filing, people)
            if ticket is None:
                receipt = file_ticket(filing, by=by or RESIDENT, at=at)
                ticket, code = receipt.ticket, receipt.tracking_code
        known = day.bookings.filter(ticket=ticket).exclude(status=B.CANCELLED)
        booking = known.select_related("slot", "ticket").order_by("pk").last()
        if booking is not None:
            return _come_in(day, booking, people, by, at)
        booking = new_booking(day, ticket, people, BookingSource.WALK_IN, by, at, demand)
        booking.slot = take_free(_ahead(day, at))
        booking.status = B.ARRIVED if booking.slot else B.QUEUED
        booking.arrived_at, booking.queue_number = at, next_number(day)
        booking.save(force_insert=True)
        add_people(booking, people)
        append(
            booking,
            EventVerb.BOOK,
            by=by,
            at=at,
            status=booking.status,
            slot=booking.slot_id,
            number=booking.queue_number,
            walk_in=True,
        )
        return Booked(booking, code)


def _come_in(day, booking, people, by, at):
    """Treat a known matter as arrived; a further person joins it."""
    booked = Booked(booking, is_repeat=True)
    if booking.status in (B.HELD, B.OFFERED, B.ARRIVED, B.QUEUED):
        booked = join(day, booking, people, by, at)
    has_come = booking.status in (B.ARRIVED, B.HEARD) or booking.arrived_at
    if not has_come or booking.status == B.ABSENT:
        booked = replace(booked, booking=check_in(booking, by=by, at=at))
    return booked


def mark_absent(booking, *, by, at=None):
    """Note that somebody has not come; the place goes to whoever waits in the room."""
    with holding(booking.session_id) as day:
        at = at or now()
        must_run(day)
        with moving(booking, EventVerb.MISS, table=BOOKING_MOVES, by=by, at=at) as step:
            give_up_place(step)
        seat_waiting(day, by, at)
    return step.row


def seat_waiting(day, by, at):
    """Give free places to those who wait in the room, in the order in which they came."""
    seated = []
    in_room = day.bookings.queued().exclude(arrived_at=None).order_by("queue_number")
    for booking in in_room:
        slot = take_free(_ahead(day, at))
        if slot is None:
            break
        with moving(booking, EventVerb.CHECK_IN, table=BOOKING_MOVES, by=by, at=at) as step:
            step.set(slot=slot)
            step.say(slot=slot.pk)
        seated.append(step.row)
    return seated


def replan(session, *, by, at=None):
    """Move those who are present forward into places that became free; return who was moved.

    In the order of arrival, and never backward. Who is not here yet keeps the time they were told.
    """
    with holding(session.pk) as day:
        at = at or now()
        must_run(day)
        if by is not None and not is_keeper(day, by):
            raise NotAllowed(_("This step is not yours to take."))
        moved = []
        present = day.bookings.filter(status=B.ARRIVED).select_related("slot")
        for booking in present.order_by("queue_number"):
            earlier = _ahead(day, at).filter(number__lt=booking.slot.number)
            slot = take_free(earlier)
            if slot is None:
                continue
            with moving(booking, EventVerb.MOVE, table=BOOKING_MOVES, by=by, at=at) as step:
                Slot.objects.release(step.row.slot_id)
                step.say(before=step.row.slot_id, slot=slot.pk)
                step.set(slot=slot)
            moved.append(step.row)
        return moved + seat_waiting(day, by, at)


def extra_slot(day):
    """Add a place after the last one and claim it, for whoever is heard when all are done."""
    last = day.slots.order_by("number").last()
    length = timedelta(minutes=day.slot_minutes)
    return Slot.objects.create(
        session=day, number=last.number + 1, starts_at=last.starts_at + length, limit=1, taken=1
    )
