"""What the workflow tells people: short Chinese sentences, put into the outbox in its block."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from notices.workflow import enqueue
from tickets.choices import PersonKind, Priority


def tell_staff(ticket, user, kind, title, body, *, key, urgent=False):
    """Put one message for a colleague into the outbox; `key` keeps it from being sent twice."""
    enqueue(
        unique_key=f"ticket:{ticket.pk}:{kind}:{key}:{user.pk}",
        kind=kind,
        title=title,
        body=body,
        to=user,
        link=reverse("tickets:detail", args=[ticket.reference]),
        urgent=urgent,
    )


def tell_holder(act, why=""):
    """Tell the new holder that a matter is theirs now, and why."""
    ticket = act.ticket
    if act.by.pk == ticket.holder_id:
        return
    with translation.override(settings.LANGUAGE_CODE):
        tell_staff(
            ticket,
            ticket.holder,
            "handed_over",
            _("A matter has come to you: %(title)s") % {"title": ticket.title},
            why,
            key=ticket.event_count,
            urgent=ticket.priority == Priority.URGENT,
        )


def tell_residents(act, kind, sentence):
    """Send a text message to everybody behind the ticket who left a phone (and may be texted)."""
    ticket = act.ticket
    people = ticket.people.exclude(phone_index="").exclude(kind=PersonKind.HELPER)
    for person in people.filter(wants_call=False):
        enqueue(
            unique_key=f"ticket:{ticket.pk}:{kind}:{ticket.event_count}:person:{person.pk}",
            kind=kind,
            title="",
            body=sentence,
            phone=person.phone,
            channel="sms",
        )


def say(sentence, **values):
    """Return a sentence in the portal's first language, whatever the actor's page speaks."""
    with translation.override(settings.LANGUAGE_CODE):
        return _(sentence) % values


def on_day(moment):
    """Return a date as people say it: 11月27日."""
    with translation.override(settings.LANGUAGE_CODE):
        return date_format(timezone.localtime(moment), "MONTH_DAY_FORMAT")
