"""Booking a matter for a residents' day: places, the waiting list, offers, giving a place back.

Whoever writes to the bookings of a day holds the day's row first: one writer a day. Places are
still claimed by the capacity primitive, whose CHECK makes a double booking impossible.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.reports import reach
from common import crypto
from common.errors import AlreadyDone, RuleViolation
from receptions.choices import (
    BOOKING_LIVE,
    BookingStatus,
    EventVerb,
    SessionStatus,
)
from receptions.models import Booking, Representative, Session, SessionPolicy, Slot
from receptions.workflow import telling
from receptions.workflow.moves import Move, append, moving, now
from receptions.workflow.sessions import is_keeper
from tickets.models import Ticket
from tickets.workflow import RESIDENT, Contact, Filing, file_ticket

B = BookingStatus


def is_clerk(booking, by):
    """Whether this person takes bookings for the day: its keepers, and the community's staff."""
    return is_keeper(booking.session, by) or works_around(booking.session, by)


def works_around(session, by):
    """Whether this person works in the day's place, or for a place around it."""
    path = session.grid.path
    seen = reach(by)
    return bool(seen.roles_at(path)) or any(each.startswith(path) for each in seen.paths)


def is_hearer(booking, by):
    return is_keeper(booking.session, by)


BOOKING_MOVES = {
    EventVerb.ACCEPT: Move((B.OFFERED, B.QUEUED), B.HELD, is_clerk),
    EventVerb.CANCEL_BOOKING: Move((B.HELD, B.OFFERED, B.QUEUED), B.CANCELLED, is_clerk),
    EventVerb.OFFER: Move((B.QUEUED,), B.OFFERED, is_hearer),
    EventVerb.LAPSE: Move((B.OFFERED,), B.QUEUED, is_hearer),
    EventVerb.CHECK_IN: Move((B.HELD, B.OFFERED, B.QUEUED, B.ABSENT), B.ARRIVED, is_clerk),
    EventVerb.MISS: Move((B.HELD, B.OFFERED), B.ABSENT, is_clerk),
    EventVerb.MOVE: Move((B.ARRIVED, B.HELD), None, is_hearer),
    EventVerb.HEAR: Move((B.HELD, B.ARRIVED, B.QUEUED), B.HEARD, is_hearer),
}


@dataclass(frozen=True)
class Booked:
    """What somebody gets who books: the booking, and the new matter's code where one was filed.

    `is_repeat`: the same person had booked the same matter; `has_joined`: others had, and this
    person speaks for it with them.
    """

    booking: Booking
    tracking_code: str = ""
    is_repeat: bool = False
    has_joined: bool = False


@contextmanager
def holding(session_id):
    """Yield the day's row, locked: the one writer of its bookings until the block ends."""
    with transaction.atomic():
        days = Session.objects.select_for_update(of=("self",)).select_related("grid", "host")
        yield days.get(pk=session_id)


# --- Booking -------------------------------------------------------------------------------


def book(session, *, people, source, by, ticket=None, filing=None, slot=None, demand="", at=None):
    """Book a matter, an old ticket or a new filing, and return a Booked.

    The earliest free place is taken, or `slot`; with none free the matter waits in order. The same
    person with the same matter finds the same booking; another person joins it. Raises
    RuleViolation with a plain sentence for a day that is closed, past, or not public, and for a
    representative too many.
    """
    if (ticket is None) == (filing is None):
        raise TypeError("a booking is about a ticket or files one")
    people = list(people)
    if not people:
        raise RuleViolation(_("Please say who will speak."), field="name")
    with holding(session.pk) as day:
        at = at or now()
        _must_take_bookings(day, at)
        code = ""
        if filing is not None:
            ticket = same_matter(day, filing, people)
            if ticket is None:
                receipt = file_ticket(filing, by=by or RESIDENT, at=at)
                ticket, code = receipt.ticket, receipt.tracking_code
        booking = day.bookings.live().select_related("slot", "ticket").filter(ticket=ticket).first()
        if booking is not None:
            return join(day, booking, people, by, at)
        booking = new_booking(day, ticket, people, source, by, at, demand)
        _give_place(day, booking, slot)
        booking.save(force_insert=True)
        add_people(booking, people)
        _tell_booked(day, booking, by, at)
        return Booked(booking, code)


def filing_for(session, *, words, category_id, grid, speaker, source, helper=None):
    """Return the Filing of a matter told while booking; whoever speaks is the person concerned."""
    return Filing(
        description=words,
        category_id=category_id,
        grid=grid or session.grid,
        source=source,
        resident=Contact(name=speaker.name, phone=speaker.phone, wants_call=speaker.wants_call),
        helper=helper,
    )


def _must_take_bookings(day, at):
    if not day.is_for_residents:
        raise RuleViolation(_("The secretaries' days cannot be booked."), code="not_booked")
    if day.status == SessionStatus.PLANNED:
        raise RuleViolation(_("This day is not public yet."), code="unpublished")
    if day.status == SessionStatus.CANCELLED:
        raise RuleViolation(
            _("This day does not take place. Please choose another."), code="cancelled"
        )
    if day.status != SessionStatus.PUBLISHED or day.starts_at <= at:
        raise RuleViolation(
            _("This day has begun or is over. Please choose another, or simply come."), code="past"
        )


def _index(person):
    return crypto.blind_index(person.phone, purpose="phone") if person.phone else ""


def same_matter(day, filing, people):
    """Return the ticket this person has booked for the day in the same words, or None."""
    phones = [_index(person) for person in people if person.phone]
    booked = day.bookings.live().filter(representatives__phone_index__in=phones)
    tickets = Ticket.objects.filter(pk__in=booked.values("ticket"), grid=filing.grid)
    return tickets.filter(description=filing.description).first()


def new_booking(day, ticket, people, source, by, at, demand):
    most = SessionPolicy.objects.of(day.kind).most_representatives
    if len(people) > most:
        raise _too_many(most)
    earlier = Booking.objects.filter(ticket=ticket).exclude(session=day)
    return Booking(
        session=day,
        ticket=ticket,
        limit=most,
        taken=len(people),
        source=source,
        booked_by=by,
        booked_at=at,
        is_repeat=earlier.filter(status=B.HEARD).exists(),
        demand=demand,
    )


def _too_many(most):
    return RuleViolation(
        _("At most %(most)d people speak for one matter. Please agree who comes.") % {"most": most},
        code="representatives",
    )


def _give_place(day, booking, slot=None):
    """Give a booking the place asked for or the earliest free one; else it waits."""
    if slot is not None:
        if slot.session_id != day.pk or not Slot.objects.claim(slot.pk):
            raise RuleViolation(
                _("This time has just been taken. Please choose another."), field="slot"
            )
        booking.slot, booking.status = slot, B.HELD
        return
    booking.slot = take_free(day.slots)
    booking.status = B.HELD if booking.slot else B.QUEUED


def take_free(slots):
    """Claim the earliest free one of these slots and return it, None where none is free."""
    for slot in slots.free():
        if Slot.objects.claim(slot.pk):
            return slot
    return None


def add_people(booking, people):
    rows = []
    for person in people:
        row = Representative(
            booking=booking, relation=person.relation, wants_call=person.wants_call
        )
        row.seal(name=person.name, phone=person.phone)
        rows.append(row)
    Representative.objects.bulk_create(rows)


def _tell_booked(day, booking, by, at):
    append(
        booking,
        EventVerb.BOOK,
        by=by,
        at=at,
        status=booking.status,
        slot=booking.slot_id,
        people=booking.taken,
    )
    is_held = booking.status == B.HELD
    sentence = telling.BOOKED if is_held else telling.QUEUED
    telling.tell_people(booking, day, "reception_booked", sentence, key="book")
    if is_held:
        telling.remind(booking, day, at)


def join(day, booking, people, by, at):
    """Let more people speak for a matter that is booked; who is on it already changes nothing."""
    known = set(booking.representatives.values_list("phone_index", flat=True)) - {""}
    fresh = [person for person in people if not person.phone or _index(person) not in known]
    if not fresh:
        return Booked(booking, is_repeat=True)
    if not Booking.objects.claim(booking.pk, len(fresh)):
        raise _too_many(booking.limit)
    add_people(booking, fresh)
    booking.refresh_from_db(fields=["taken"])
    append(booking, EventVerb.JOIN, by=by, at=at, people=len(fresh))
    key = f"join{booking.taken}"
    telling.tell_people(booking, day, "reception_joined", telling.JOINED, key=key)
    if booking.status == B.HELD:
        telling.remind(booking, day, at)
    return Booked(booking, has_joined=True)


def merge(booking, *, into, by, at=None):
    """Hear two bookings of one cause as one: its people join the other, its place is given on."""
    with holding(booking.session_id) as day:
        at = at or now()
        if into.session_id != day.pk or into.pk == booking.pk:
            raise RuleViolation(_("Please choose another booking of the same day."), field="into")
        into = day.bookings.live().select_related("slot", "ticket").filter(pk=into.pk).first()
        if into is None:
            raise RuleViolation(_("That booking is no longer there."), field="into")
        people = [
            Contact(
                name=row.name, phone=row.phone, relation=row.relation, wants_call=row.wants_call
            )
            for row in booking.representatives.all()
        ]
        _leave(day, booking, by, at, into=into.pk)
        join(day, into, people, by, at)
        offer_free(day, at)
    into.refresh_from_db()
    return into


# --- Giving a place back -------------------------------------------------------------------


def cancel_booking(booking, *, by, at=None):
    """Give a booking up; the matter stays, and the place is offered to whoever waits first."""
    with holding(booking.session_id) as day:
        at = at or now()
        fresh = _leave(day, booking, by, at)
        telling.tell_people(
            fresh, day, "reception_cancelled", telling.CANCELLED, key=f"cancel{fresh.pk}"
        )
        offer_free(day, at)
    return fresh


def _leave(day, booking, by, at, **said):
    with moving(booking, EventVerb.CANCEL_BOOKING, table=BOOKING_MOVES, by=by, at=at) as step:
        telling.forget_reminders([step.row])
        give_up_place(step)
        step.say(**said)
    return step.row


def give_up_place(step):
    """Give the place of the step's booking back, if it has one."""
    if step.row.slot_id:
        step.say(slot=step.row.slot_id)
        Slot.objects.release(step.row.slot_id)
    step.set(slot=None, offered_until=None)


# --- Offers --------------------------------------------------------------------------------


def offer_free(day, at):
    """Offer every free place to whoever waits longest and has had no offer; return how many.

    So a place is free to everybody only when all who waited have had their turn. On the day
    itself nobody is written to any more: free places go to those in the room.
    """
    if day.status != SessionStatus.PUBLISHED or day.starts_at <= at:
        return 0
    number = 0
    waiting = day.bookings.queued().filter(offered_until=None).select_related("ticket")
    minutes = SessionPolicy.objects.of(day.kind).offer_minutes
    until = min(at + timedelta(minutes=minutes), day.starts_at)
    for booking in waiting:
        slot = take_free(day.slots)
        if slot is None:
            break
        with moving(booking, EventVerb.OFFER, table=BOOKING_MOVES, by=None, at=at) as step:
            step.set(slot=slot, offered_until=until)
            step.say(slot=slot.pk, until=until.isoformat())
        telling.tell_people(
            step.row,
            day,
            "reception_offer",
            telling.OFFERED,
            key=slot.pk,
            until=telling.moment(until),
        )
        number += 1
    return number


def accept_offer(booking, *, by, at=None):
    """Take the place that is offered; who still waits takes a free one, if there is any."""
    with holding(booking.session_id) as day:
        at = at or now()
        _must_take_bookings(day, at)
        with moving(booking, EventVerb.ACCEPT, table=BOOKING_MOVES, by=by, at=at) as step:
            row = step.row
            if row.status == B.OFFERED and row.offered_until <= at:
                raise RuleViolation(
                    _("The place was kept until %(until)s and has gone to the next person.")
                    % {"until": telling.moment(row.offered_until)},
                    code="lapsed",
                )
            if row.slot_id is None:
                step.set(slot=take_free(day.slots))
                if row.slot_id is None:
                    raise RuleViolation(_("No place is free at the moment."), code="full")
            step.set(offered_until=None)
            step.say(slot=row.slot_id)
        telling.tell_people(
            step.row, day, "reception_booked", telling.BOOKED, key=f"accept{step.row.slot_id}"
        )
        telling.remind(step.row, day, at)
    return step.row


def run_offers(at):
    """Let offers whose time is over lapse and offer their places to the next; return how many."""
    lapsed = 0
    due = Booking.objects.filter(status=B.OFFERED, offered_until__lte=at)
    for session_id in sorted(set(due.values_list("session", flat=True))):
        with holding(session_id) as day:
            for booking in due.filter(session=day).select_related("ticket"):
                lapsed += _lapse(day, booking, at)
            offer_free(day, at)
    return lapsed


def _lapse(day, booking, at):
    try:
        with moving(booking, EventVerb.LAPSE, table=BOOKING_MOVES, by=None, at=at) as step:
            Slot.objects.release(step.row.slot_id)
            step.say(slot=step.row.slot_id)
            # `offered_until` stays: whoever had an offer is not written to again and again.
            step.set(slot=None)
    except AlreadyDone:
        return 0
    telling.tell_people(
        step.row, day, "reception_lapsed", telling.LAPSED, key=step.row.offered_until.isoformat()
    )
    return 1


# --- Where somebody stands -----------------------------------------------------------------


def place_in_queue(booking):
    """Return how many wait before this booking, plus one; None where it does not wait."""
    if booking.status != B.QUEUED:
        return None
    before = Booking.objects.queued().filter(session=booking.session_id, pk__lt=booking.pk)
    return before.count() + 1


def live_booking(session, ticket):
    """Return the booking of a matter for a day that still counts, or None."""
    return Booking.objects.filter(session=session, ticket=ticket, status__in=BOOKING_LIVE).first()
