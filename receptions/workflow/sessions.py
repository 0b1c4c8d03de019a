"""Reception days from plan to close: residents' days and the secretaries' alike."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.choices import Role
from accounts.reports import day_of, reach
from common.errors import NotAllowed, RuleViolation
from grids.choices import GridLevel
from receptions.choices import (
    BookingStatus,
    EventVerb,
    SessionForm,
    SessionKind,
    SessionStatus,
)
from receptions.models import Booking, Session, SessionPolicy, Slot
from receptions.workflow import telling
from receptions.workflow.moves import Move, append, moving, now
from receptions.workflow.summonses import stand_down

# Who plans and runs which day; a role counts at its place and below it.
PLANNERS = {
    SessionKind.COMMUNITY_DAY: (Role.COMMUNITY_SECRETARY, Role.STREET_SECRETARY, Role.DISPATCHER),
    SessionKind.STREET_DAY: (Role.STREET_SECRETARY, Role.DISPATCHER),
    SessionKind.DISTRICT_DAY: (Role.DISTRICT_SECRETARY, Role.DISPATCHER, Role.SUPERVISOR),
}
LEVELS = {
    SessionKind.COMMUNITY_DAY: GridLevel.COMMUNITY,
    SessionKind.STREET_DAY: GridLevel.STREET,
    SessionKind.DISTRICT_DAY: GridLevel.DISTRICT,
}
MOST_SLOTS = 96


def may_plan(kind, grid, by):
    """Whether this person plans days of this kind for this place."""
    return not reach(by).roles_at(grid.path).isdisjoint(PLANNERS[kind])


def is_planner(session, by):
    return may_plan(session.kind, session.grid, by)


def is_keeper(session, by):
    """Whether this person runs the day: who may plan it, its host, or who hosts with them."""
    return (
        session.host_id == by.pk
        or is_planner(session, by)
        or session.co_hosts.filter(pk=by.pk).exists()
    )


S = SessionStatus
SESSION_MOVES = {
    EventVerb.CHANGE: Move((S.PLANNED, S.PUBLISHED), None, is_planner),
    EventVerb.PUBLISH: Move((S.PLANNED,), S.PUBLISHED, is_planner),
    EventVerb.CALL: Move((S.PLANNED, S.PUBLISHED, S.RUNNING), None, is_planner),
    EventVerb.OPEN: Move((S.PUBLISHED,), S.RUNNING, is_keeper),
    EventVerb.CLOSE: Move((S.RUNNING,), S.CLOSED, is_keeper),
    EventVerb.CANCEL: Move((S.PLANNED, S.PUBLISHED), S.CANCELLED, is_planner),
}


def plan_session(
    *,
    kind,
    grid,
    host,
    place,
    starts_at,
    ends_at,
    by,
    host_title="",
    form="",
    subject="",
    slot_minutes=None,
    co_hosts=(),
    is_demonstration=False,
    at=None,
):
    """Plan a reception day and cut it into slots; return it. Raises RuleViolation, NotAllowed."""
    at = at or now()
    if grid.level != LEVELS[kind]:
        raise RuleViolation(_("This kind of day is not held for that place."), field="grid")
    if not may_plan(kind, grid, by):
        raise NotAllowed(_("You do not plan days of this kind for that place."))
    session = Session(
        kind=kind,
        form="" if kind == SessionKind.COMMUNITY_DAY else form or SessionForm.REPORT,
        grid=grid,
        host=host,
        host_title=host_title,
        place=place,
        subject=subject,
        starts_at=starts_at,
        ends_at=ends_at,
        slot_minutes=slot_minutes or SessionPolicy.objects.of(kind).slot_minutes,
        planned_by=by,
        is_demonstration=is_demonstration,
    )
    _check_times(session, at)
    with transaction.atomic():
        session.save(force_insert=True)
        session.co_hosts.set(co_hosts)
        _cut_slots(session)
        append(session, EventVerb.PLAN, by=by, at=at)
    return session


def _check_times(session, at):
    if session.starts_at <= at:
        raise RuleViolation(_("This time is over already."), field="starts_at")
    if session.ends_at <= session.starts_at:
        raise RuleViolation(_("The end must come after the beginning."), field="ends_at")
    if day_of(session.ends_at) != day_of(session.starts_at):
        raise RuleViolation(_("A reception day ends on the day it begins."), field="ends_at")
    if not session.is_for_residents:
        return
    number = len(session.slot_times())
    if not number:
        raise RuleViolation(_("Not even one matter fits into that time."), field="ends_at")
    if number > MOST_SLOTS:
        raise RuleViolation(
            _("That would be more than %(most)d matters.") % {"most": MOST_SLOTS}, field="ends_at"
        )


def _cut_slots(session):
    """Write the slots of a residents' day; the secretaries' days go by their agenda."""
    if session.is_for_residents:
        Slot.objects.bulk_create(
            Slot(session=session, number=number, starts_at=starts_at)
            for number, starts_at in enumerate(session.slot_times(), 1)
        )


def publish(session, *, by, late_reason="", at=None):
    """Tell everybody of a day; later than the rule asks only with a reason that all may read."""
    at = at or now()
    with moving(session, EventVerb.PUBLISH, table=SESSION_MOVES, by=by, at=at) as step:
        day = step.row
        if day.starts_at <= at:
            raise RuleViolation(_("This time is over already."), field="starts_at")
        notice_days = SessionPolicy.objects.of(day.kind).notice_days
        if (day_of(day.starts_at) - day_of(at)).days < notice_days and not late_reason:
            raise RuleViolation(
                _("A day is published %(days)d days before. Please say why it is later.")
                % {"days": notice_days},
                field="late_reason",
            )
        step.set(published_at=at, late_reason=late_reason)
        step.say(late_reason=late_reason)
        sentence = gettext_noop("%(day)s, %(when)s: you are the host")
        telling.tell_staff(
            day, [day.host_id, *_co_host_ids(day)], "reception_host", sentence, key="publish"
        )
    return step.row


CHANGEABLE = (
    "host", "host_title", "place", "subject", "starts_at", "ends_at", "slot_minutes", "form",
)  # fmt: skip


def change(session, *, by, co_hosts=None, at=None, **fields):
    """Change host, place or time; bookings follow and everybody who was told is told again."""
    at = at or now()
    unknown = set(fields) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"not changeable: {sorted(unknown)}")
    with moving(session, EventVerb.CHANGE, table=SESSION_MOVES, by=by, at=at) as step:
        day = step.row
        before = {name: getattr(day, name) for name in fields}
        changed = {name: value for name, value in fields.items() if before[name] != value}
        step.set(**changed)
        involved = {before.get("host", day.host).pk, day.host_id, *_co_host_ids(day)}
        if co_hosts is not None:
            day.co_hosts.set(co_hosts)
            involved |= set(_co_host_ids(day))
        _check_times(day, at)
        bookings = list(day.bookings.live().select_related("slot", "ticket"))
        if changed.keys() & {"starts_at", "ends_at", "slot_minutes"}:
            telling.forget_reminders(bookings)
            _recut_slots(day)
            bookings = list(day.bookings.live().select_related("slot", "ticket"))
        step.say(fields=sorted(changed))
        if changed and day.status == SessionStatus.PUBLISHED:
            _tell_of_change(day, bookings, involved, at)
    return step.row


def _tell_of_change(day, bookings, involved, at):
    key = f"change{day.events.count()}"
    telling.tell_all(bookings, day, "reception_change", telling.DAY_CHANGED, key=key)
    called = day.summonses.waiting().values_list("person", flat=True)
    sentence = gettext_noop("%(day)s has changed: %(when)s")
    telling.tell_staff(day, involved | set(called), "reception_change", sentence, key=key)
    for booking in bookings:
        if booking.status == BookingStatus.HELD:
            telling.forget_reminders([booking])
            telling.remind(booking, day, at)


def _recut_slots(day):
    """Give the slots their new times by number; who has a place keeps its number."""
    times = day.slot_times() if day.is_for_residents else []
    slots = list(day.slots.order_by("number"))
    surplus = slots[len(times) :]
    if any(slot.taken for slot in surplus):
        raise RuleViolation(
            _("More places are taken than would be left. Please keep the day as long as it was."),
            field="ends_at",
        )
    Slot.objects.filter(pk__in=[slot.pk for slot in surplus]).delete()
    for slot, starts_at in zip(slots, times, strict=False):
        slot.starts_at = starts_at
    Slot.objects.bulk_update(slots[: len(times)], ["starts_at"])
    Slot.objects.bulk_create(
        Slot(session=day, number=number, starts_at=starts_at)
        for number, starts_at in enumerate(times, 1)
        if number > len(slots)
    )


def open(session, *, by, at=None):
    """Begin the day; not on another day than the one it was published for."""
    at = at or now()
    with moving(session, EventVerb.OPEN, table=SESSION_MOVES, by=by, at=at) as step:
        if day_of(at) < day_of(step.row.starts_at):
            raise RuleViolation(_("The day has not come yet."))
        step.set(opened_at=at)
    return step.row


def close(session, *, by, at=None):
    """End the day; refused while somebody who was to be heard has no outcome.

    Who is still on the waiting list and not in the room is told that the day is over.
    """
    with moving(session, EventVerb.CLOSE, table=SESSION_MOVES, by=by, at=at) as step:
        day = step.row
        open_ones = waiting_for_outcome(day).count()
        if open_ones:
            raise RuleViolation(
                _("%(number)d matters have no outcome yet.") % {"number": open_ones},
                code="undecided",
            )
        rest = list(day.bookings.queued().select_related("slot", "ticket"))
        telling.tell_all(rest, day, "reception_over", telling.DAY_OVER, key="close")
        day.bookings.queued().update(status=BookingStatus.CANCELLED)
        step.set(closed_at=step.at)
        step.say(heard=day.bookings.filter(status=BookingStatus.HEARD).count(), left=len(rest))
    return step.row


def waiting_for_outcome(session):
    """Return the bookings that keep a day open: those with a place, and who waits in the room."""
    in_the_room = session.bookings.queued().exclude(arrived_at=None)
    return session.bookings.undecided() | in_the_room.order_by()


def cancel(session, *, by, reason, at=None):
    """Call a day off: everybody is told, places are given back, the matters go on as tickets."""
    if not reason:
        raise RuleViolation(_("Please say why; everybody reads it."), field="reason")
    with moving(session, EventVerb.CANCEL, table=SESSION_MOVES, by=by, at=at) as step:
        day = step.row
        step.set(cancel_reason=reason)
        bookings = list(day.bookings.live().select_related("slot", "ticket"))
        telling.forget_reminders(bookings)
        telling.tell_all(
            bookings, day, "reception_off", telling.DAY_CANCELLED, key="cancel", reason=reason
        )
        Slot.objects.filter(bookings__in=[each.pk for each in bookings]).update(taken=0)
        live = Booking.objects.filter(pk__in=[each.pk for each in bookings])
        live.update(status=BookingStatus.CANCELLED, slot=None, offered_until=None)
        called = day.summonses.waiting().values_list("person", flat=True)
        people = {day.host_id, *_co_host_ids(day), *called}
        stand_down(day.summonses.all())
        sentence = gettext_noop("%(day)s, %(when)s, does not take place")
        telling.tell_staff(day, people, "reception_off", sentence, key="cancel")
        step.say(reason=reason, bookings=len(bookings))
    return step.row


def _co_host_ids(day):
    return list(day.co_hosts.values_list("pk", flat=True))


def answer_due(session):
    """Return until when a department that is called to the day has to answer."""
    hours = SessionPolicy.objects.of(session.kind).call_lead_hours
    return session.starts_at - timedelta(hours=hours)
