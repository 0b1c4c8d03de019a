"""What the workflow tells people: short Chinese sentences, put into the outbox in its block."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from accounts.reports import secretary_of
from notices.workflow import enqueue
from tickets.choices import PersonKind, Priority, Verb

# What a resident reads of the words that a member of staff writes to them.
_DONE = gettext_noop("Matter %(reference)s: %(note)s Is it solved? Please tell us.")
TO_RESIDENT = {
    Verb.TELL_RESIDENT: gettext_noop("Matter %(reference)s: %(note)s"),
    Verb.ASK_RESIDENT: gettext_noop("A question about matter %(reference)s: %(note)s"),
    Verb.REJECT: gettext_noop("Matter %(reference)s was not accepted: %(note)s"),
    Verb.RESOLVE: _DONE,
    Verb.RESOLVE_ON_SPOT: _DONE,
}


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


def tell_urged(act, supervisors, note):
    """Tell the holder and those who watch over the street that the resident asks to hurry."""
    ticket = act.ticket
    title = say(gettext_noop("The resident asks to hurry: %(title)s"), title=ticket.title)
    for user in {ticket.holder, *supervisors}:
        urgent = ticket.priority == Priority.URGENT
        tell_staff(ticket, user, "urged", title, note, key=ticket.event_count, urgent=urgent)


def tell_deciders(act, note):
    """Tell who may decide that somebody asks for more time: the community's secretary, the desk."""
    ticket = act.ticket
    title = say(gettext_noop("More time is asked for: %(title)s"), title=ticket.title)
    for user in deciders(ticket, act.at):
        if user.pk != act.by.pk:
            tell_staff(ticket, user, "extension", title, note, key=ticket.event_count)


def deciders(ticket, at):
    """Return who is asked first to grant more time: the nearest secretary above the place."""
    found = secretary_of(ticket.grid, at)
    return [found.user] if found else []


def tell_decided(act, asked, sentence, note):
    """Tell whoever asked for more time, and the holder, what was decided."""
    ticket = act.ticket
    for user in {ticket.holder, asked.by}:
        title = say(sentence, title=ticket.title)
        tell_staff(ticket, user, "extension", title, note, key=ticket.event_count)


def to_resident(verb, ticket, note):
    """Return the message in which a resident reads the words written with this verb."""
    return say(TO_RESIDENT[verb], reference=ticket.reference, note=note)


def texted(ticket):
    """Return the people behind a ticket who get text messages: they left a phone, and want them."""
    people = ticket.people.exclude(phone_index="").exclude(kind=PersonKind.HELPER)
    return people.filter(wants_call=False)


def tell_residents(act, kind, sentence):
    """Send a text message to everybody behind the ticket who is to be texted."""
    ticket = act.ticket
    for person in texted(ticket):
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
        return date_format(timezone.localtime(moment), pgettext("date format", "j M"))
