"""What reception days tell people: short Chinese sentences, into the outbox in the step's block."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notices.workflow import Message, enqueue_many, void
from receptions.models import Representative

REMINDED_AT = time(9)
BOOKED = gettext_noop(
    "You are booked: %(when)s, %(place)s (%(day)s). Matter %(reference)s. "
    "If you cannot come, please cancel with this number and your tracking code."
)
QUEUED = gettext_noop(
    "All places of %(when)s (%(day)s) are taken: you are on the waiting list. We write as soon as "
    "one is free. Matter %(reference)s is being worked on meanwhile."
)
OFFERED = gettext_noop(
    "A place is free: %(when)s, %(place)s (%(day)s). Please accept by %(until)s with number "
    "%(reference)s and your tracking code, or ring the community."
)
LAPSED = gettext_noop(
    "The place kept for matter %(reference)s has gone to the next person. You are still on the "
    "waiting list and may take any place that becomes free."
)
MOVED = gettext_noop("Your time has changed: %(when)s, %(place)s (%(day)s). Matter %(reference)s.")
CANCELLED = gettext_noop(
    "The booking for %(day)s is cancelled. Matter %(reference)s is worked on as before."
)
DAY_CANCELLED = gettext_noop(
    "%(day)s on %(date)s does not take place: %(reason)s Matter %(reference)s is worked on as "
    "before; you may book another day."
)
DAY_CHANGED = gettext_noop(
    "%(day)s has changed. Now: %(when)s, %(place)s, host %(host)s. Matter %(reference)s."
)
DAY_OVER = gettext_noop(
    "%(day)s is over and there was no free place for matter %(reference)s. It is worked on as "
    "before; please book the next day."
)
JOINED = gettext_noop(
    "One more person speaks for matter %(reference)s: %(when)s, %(place)s (%(day)s)."
)
REMINDER = gettext_noop("Tomorrow: %(when)s, %(place)s (%(day)s). Matter %(reference)s.")


def say(sentence, **values):
    """Return a sentence in the portal's first language, whatever the actor's page speaks."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(sentence) % values


def moment(at):
    """Return a moment as people say it: 12月3日 09:15."""
    with translation.override(settings.LANGUAGE_CODE):
        local = timezone.localtime(at)
        return f"{date_format(local, 'MONTH_DAY_FORMAT')} {local:%H:%M}"


def facts_of(booking, session):
    """Return what every sentence may name."""
    starts_at = booking.slot.starts_at if booking.slot else session.starts_at
    with translation.override(settings.LANGUAGE_CODE):
        date = date_format(timezone.localtime(session.starts_at), "MONTH_DAY_FORMAT")
        return {
            "when": moment(starts_at),
            "date": date,
            "place": session.place,
            "day": str(session.get_kind_display()),
            "host": str(session.host),
            "reference": booking.ticket.reference,
        }


def tell_people(booking, session, kind, sentence, *, key, at=None, **values):
    """Text everybody who speaks for a matter; who wants to be rung is named to the planner."""
    tell_all([booking], session, kind, sentence, key=key, at=at, **values)


def tell_all(bookings, session, kind, sentence, *, key, at=None, **values):
    """Text everybody behind these bookings, with one write and one question."""
    by_booking = {booking.pk: booking for booking in bookings}
    messages, to_ring = [], 0
    for person in Representative.objects.filter(booking__in=by_booking):
        booking = by_booking[person.booking_id]
        if person.wants_call or not person.phone_index:
            to_ring += 1
            continue
        messages.append(
            Message(
                unique_key=f"booking:{booking.pk}:{kind}:{key}:{person.pk}",
                kind=kind,
                title="",
                body=say(sentence, **facts_of(booking, session), **values),
                phone=person.phone,
                channel="sms",
                at=at,
            )
        )
    # A reminder of what was not texted would ring the planner before anybody knows of it.
    if to_ring and at is None:
        messages.append(_ring_list(session, kind, key, to_ring))
    enqueue_many(messages)


def _ring_list(session, kind, key, number):
    return Message(
        unique_key=f"session:{session.pk}:ring:{kind}:{key}",
        kind="reception_ring",
        title=say(gettext_noop("Please ring %(number)d people about a booking"), number=number),
        body=say(gettext_noop("They left no mobile phone, or asked to be rung.")),
        to=session.planned_by_id,
        link=reverse("receptions:manage_day", args=[session.pk]),
    )


def tell_staff(session, people, kind, sentence, *, key, **values):
    """Tell colleagues about a day; the same person is told once."""
    values = {"day": str(session.get_kind_display()), "when": moment(session.starts_at)} | values
    title = say(sentence, **values)
    enqueue_many(
        Message(
            unique_key=f"session:{session.pk}:{kind}:{key}:{pk}",
            kind=kind,
            title=title,
            body=session.place,
            to=pk,
            link=reverse("receptions:manage_day", args=[session.pk]),
        )
        for pk in sorted({getattr(person, "pk", person) for person in people})
    )


# --- The day before ------------------------------------------------------------------------


def remind(booking, session, at):
    """Write the reminder for the morning before; nothing where that morning is over."""
    day_before = timezone.localtime(session.starts_at).date() - timedelta(days=1)
    due = timezone.make_aware(datetime.combine(day_before, REMINDED_AT))
    if due > at:
        tell_people(booking, session, "reception_reminder", REMINDER, key=booking.slot_id, at=due)


def forget_reminders(bookings):
    """Withdraw reminders of bookings whose time no longer holds."""
    people = Representative.objects.filter(booking__in=bookings).select_related("booking")
    keys = [
        f"booking:{each.booking_id}:reception_reminder:{each.booking.slot_id}:{each.pk}"
        for each in people
    ]
    if keys:
        void(*keys)
