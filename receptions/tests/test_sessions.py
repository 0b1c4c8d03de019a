"""Reception days from plan to close: every verb in every status, and who may."""

from datetime import timedelta

import pytest

from common.errors import AlreadyDone, NotAllowed, RuleViolation
from notices.models import Notice
from receptions.choices import EventVerb, SessionKind, SessionStatus
from receptions.models import Booking, Session, SessionEvent, Slot
from receptions.tests.factories_days import book, nine, plan, publish, run
from receptions.workflow import bookings, running, sessions
from receptions.workflow.moves import available
from receptions.workflow.sessions import SESSION_MOVES

pytestmark = pytest.mark.django_db
V, S = EventVerb, SessionStatus

ALLOWED = {
    (V.CHANGE, S.PLANNED), (V.CHANGE, S.PUBLISHED), (V.PUBLISH, S.PLANNED), (V.CALL, S.PLANNED),
    (V.CALL, S.PUBLISHED), (V.CALL, S.RUNNING), (V.OPEN, S.PUBLISHED), (V.CLOSE, S.RUNNING),
    (V.CANCEL, S.PLANNED), (V.CANCEL, S.PUBLISHED),
}  # fmt: skip
DO = {
    V.CHANGE: lambda day, by: sessions.change(day, by=by, place="二楼"),
    V.PUBLISH: lambda day, by: sessions.publish(day, by=by),
    V.OPEN: lambda day, by: sessions.open(day, by=by, at=day.starts_at),
    V.CLOSE: lambda day, by: sessions.close(day, by=by),
    V.CANCEL: lambda day, by: sessions.cancel(day, by=by, reason="主持人生病"),
}


@pytest.mark.parametrize("status", S.values)
@pytest.mark.parametrize("verb", list(DO))
def test_every_verb_in_every_status(cast, verb, status):
    day = plan(cast)
    Session.objects.filter(pk=day.pk).update(status=status)
    before = SessionEvent.objects.count()
    if (verb, status) in ALLOWED:
        fresh = DO[verb](day, cast.secretary)
        assert fresh.status == (SESSION_MOVES[verb].to or status)
        assert SessionEvent.objects.count() == before + 1
        return
    with pytest.raises(RuleViolation) as caught:
        DO[verb](day, cast.secretary)
    assert isinstance(caught.value, AlreadyDone) == (status == SESSION_MOVES[verb].to)
    day.refresh_from_db()
    assert (day.status, SessionEvent.objects.count()) == (status, before)


@pytest.mark.parametrize("status", S.values)
def test_offered_verbs_are_those_of_the_table(cast, status):
    day = plan(cast)
    day.status = status
    expected = [verb for verb in SESSION_MOVES if (verb, status) in ALLOWED]
    assert available(day, cast.secretary, SESSION_MOVES) == expected
    assert available(day, cast.worker, SESSION_MOVES) == []


PLANNERS = {
    SessionKind.COMMUNITY_DAY: (
        "community",
        {"secretary", "street_secretary", "street_dispatcher", "dispatcher"},
    ),
    SessionKind.STREET_DAY: ("street", {"street_secretary", "street_dispatcher", "dispatcher"}),
    SessionKind.DISTRICT_DAY: ("district", {"district_secretary", "dispatcher", "supervisor"}),
}


@pytest.mark.parametrize("kind", SessionKind.values)
def test_each_level_is_planned_by_its_own(cast, kind):
    place, expected = PLANNERS[kind]
    people = cast.people | cast.neighbours
    grid = getattr(cast, place)
    may = {name for name, user in people.items() if sessions.may_plan(kind, grid, user)}
    assert may == expected
    with pytest.raises(NotAllowed):
        plan(cast, kind=kind, grid=grid, by=cast.worker)


def test_secretaries_day_has_no_slots_and_a_form(cast):
    day = plan(
        cast, kind=SessionKind.STREET_DAY, grid=cast.street, by=cast.street_secretary, form="talk"
    )
    assert (day.form, day.slots.count()) == ("talk", 0)
    with pytest.raises(RuleViolation):
        book(cast, sessions.publish(day, by=cast.street_secretary), 1)


BAD = [
    ({"starts_at": nine(-1)}, "starts_at"),
    ({"places": 0}, "ends_at"),
    ({"ends_at": nine(8)}, "ends_at"),
    ({"slot_minutes": 300}, "ends_at"),
    ({"places": 200, "slot_minutes": 5}, "ends_at"),
    ({"kind": SessionKind.STREET_DAY}, "grid"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_impossible_days_are_refused_beside_the_field(cast, fields, field):
    with pytest.raises(RuleViolation) as caught:
        plan(cast, **fields)
    assert caught.value.field == field
    assert Session.objects.count() == 0


def test_slots_follow_the_times(cast):
    day = plan(cast)
    slots = list(day.slots.values_list("number", "starts_at"))
    assert [number for number, _at in slots] == list(range(1, 14))
    assert slots[-1][1] == day.starts_at + timedelta(minutes=180)


# --- R1: three days before, or a reason ----------------------------------------------------


@pytest.mark.parametrize(("days", "needs"), [(1, True), (2, True), (3, False), (7, False)])
def test_late_publication_needs_a_reason(cast, days, needs):
    day = plan(cast, starts_at=nine(days))
    if needs:
        with pytest.raises(RuleViolation) as caught:
            sessions.publish(day, by=cast.secretary)
        assert caught.value.field == "late_reason"
    fresh = sessions.publish(day, by=cast.secretary, late_reason="停水，急需答复" if needs else "")
    assert (fresh.status, bool(fresh.late_reason)) == ("published", needs)


def test_day_that_is_over_is_not_published(cast):
    day = plan(cast)
    with pytest.raises(RuleViolation):
        sessions.publish(day, by=cast.secretary, at=day.starts_at)


# --- Change, cancel, close -----------------------------------------------------------------


def test_new_host_keeps_the_bookings_and_everybody_is_told(cast):
    day = publish(cast)
    first, second = book(cast, day, 1).booking, book(cast, day, 2).booking
    sessions.change(day, by=cast.secretary, host=cast.street_secretary)
    texts = Notice.objects.filter(kind="reception_change", channel="sms")
    assert texts.count() == 2
    assert {cast.secretary.pk, cast.street_secretary.pk} == set(
        Notice.objects.filter(kind="reception_change", channel="site").values_list(
            "recipient", flat=True
        )
    )
    assert set(day.bookings.holding()) == {first, second}


def test_later_beginning_moves_the_slots_with_their_bookings(cast):
    day = publish(cast)
    booking = book(cast, day, 1).booking
    later = timedelta(hours=1)
    sessions.change(
        day, by=cast.secretary, starts_at=day.starts_at + later, ends_at=day.ends_at + later
    )
    booking.refresh_from_db()
    assert booking.slot.starts_at == day.starts_at + later
    assert day.slots.count() == 13


def test_day_is_not_cut_below_what_is_booked(cast):
    day = publish(cast, places=3)
    for number in range(3):
        book(cast, day, number + 1)
    with pytest.raises(RuleViolation) as caught:
        sessions.change(day, by=cast.secretary, ends_at=day.starts_at + timedelta(minutes=30))
    assert caught.value.field == "ends_at"
    assert day.slots.count() == 3


def test_called_off_day_tells_everybody_and_keeps_the_matters(cast):
    day = publish(cast, places=1)
    held, queued = book(cast, day, 1).booking, book(cast, day, 2).booking
    sessions.cancel(day, by=cast.secretary, reason="会议室漏水")
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(Slot.objects.values_list("taken", flat=True)) == {0}
    assert Notice.objects.filter(kind="reception_off", channel="sms").count() == 2
    assert {held.ticket.status, queued.ticket.status} == {"submitted"}
    with pytest.raises(RuleViolation):
        sessions.cancel(day, by=cast.secretary, reason="")


def test_day_opens_on_its_day_only(cast):
    day = publish(cast)
    with pytest.raises(RuleViolation):
        sessions.open(day, by=cast.secretary)
    assert run(day).status == "running"


def test_day_with_a_matter_without_outcome_does_not_close(cast):
    day = publish(cast, places=1)
    book(cast, day, 1)
    waiting = book(cast, day, 2).booking
    run(day)
    with pytest.raises(RuleViolation) as caught:
        sessions.close(day, by=cast.secretary)
    assert caught.value.code == "undecided"
    first = day.bookings.holding().get()
    running.mark_absent(first, by=cast.secretary, at=day.starts_at)
    assert sessions.close(day, by=cast.secretary).status == "closed"
    waiting.refresh_from_db()
    assert waiting.status == "cancelled"
    assert Notice.objects.filter(kind="reception_over").count() == 1


def test_who_waits_in_the_room_keeps_the_day_open(cast):
    day = run(publish(cast, places=1))
    at = day.starts_at
    for number in (1, 2):
        running.walk_in(
            day,
            people=[bookings.Contact(name="居民", phone=f"+8610000000{number:03d}")],
            ticket=book_ticket(cast, number),
            by=cast.worker,
            at=at,
        )
    running_ones = list(day.bookings.order_by("pk").values_list("status", flat=True))
    assert running_ones == ["arrived", "queued"]
    with pytest.raises(RuleViolation):
        sessions.close(day, by=cast.secretary)


def book_ticket(cast, number):
    from tickets.tests.factories import make_category, make_ticket

    return make_ticket(cast.village, make_category(), description=f"第{number}件")
