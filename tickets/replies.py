"""Sentences ready to send: kept with places for facts, filled in, and shown as they will be read.

Whatever language the writer's page speaks, the resident reads the portal's first language.
"""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import directory as organisations
from common.errors import RuleViolation
from common.text import tidy
from grids import directory as grids
from tickets.choices import Verb
from tickets.models import TEXT_LIMIT, ReplyTemplate
from tickets.workflow import words

PLACE_FOR_A_FACT = re.compile(r"\{([^{}]*)\}")
# Chinese keyboards write wide brackets; they mean the same.
_BRACKETS = str.maketrans("｛｝", "{}")
# A result is written with the same words wherever the matter was settled.
SAME_WORDS = {Verb.RESOLVE_ON_SPOT: Verb.RESOLVE}


def _date(ticket):
    return words.on_day(ticket.due_at) if ticket.due_at else _("as soon as possible")


def _place(ticket):
    *_around, village, place = ["", "", *grids.path_names(ticket.grid_id)]
    return place if place.startswith(village) else village + place


FACTS = {
    "date": _date,
    "reference": lambda ticket: ticket.reference,
    "place": _place,
    "holder": lambda ticket: str(ticket.holder),
    "organisation": lambda ticket: organisations.name(ticket.organisation_id) or _("the community"),
}


def check_template(text):
    """Raise RuleViolation for a sentence whose facts cannot be filled in."""
    text = text.translate(_BRACKETS)
    for name in PLACE_FOR_A_FACT.findall(text):
        if name.strip() not in FACTS:
            raise RuleViolation(
                _("There is no fact called “%(name)s”. These can be filled in: %(names)s")
                % {"name": name, "names": _names()},
                code="unknown_fact",
                field="text",
            )
    if re.search("[{}]", PLACE_FOR_A_FACT.sub("", text)):
        raise RuleViolation(
            _("A curly bracket stands alone. These can be filled in: %(names)s")
            % {"names": _names()},
            code="lone_bracket",
            field="text",
        )


def _names():
    return pgettext("between names", ", ").join(f"{{{name}}}" for name in FACTS)


def fill(template_text, ticket):
    """Return a sentence with the ticket's facts; a name that nothing fills stays as it is.

    No query once the ticket's holder is fetched.
    """

    def fact(found):
        name = found[1].strip()
        return FACTS[name](ticket) if name in FACTS else found[0]

    with translation.override(settings.LANGUAGE_CODE):
        return PLACE_FOR_A_FACT.sub(fact, template_text.translate(_BRACKETS))


@dataclass(frozen=True)
class Ready:
    """A sentence that fits a step, filled in for one ticket."""

    id: int
    name: str
    text: str


def ready_for(verb, ticket):
    """Return the sentences for this step of this ticket, its category's own first (one query)."""
    found = ReplyTemplate.objects.for_step(SAME_WORDS.get(verb, verb), ticket.category_id)
    return [Ready(row.pk, row.name, fill(row.text, ticket)) for row in found]


def put_in(typed, chosen, ready):
    """Return the words with the chosen sentence: alone, in place of another one, or after them."""
    typed = typed.strip()
    if not typed or typed in {each.text for each in ready}:
        return chosen.text
    return f"{typed}\n{chosen.text}"


@dataclass(frozen=True)
class Preview:
    """What a resident will read: the message itself, and to how many telephones it goes."""

    message: str
    phones: int


def preview(verb, ticket, note, *, by_phone=False):
    """Return the Preview of words written with this verb (one query); None for none, or too many.

    What was said on the telephone is not sent once more.
    """
    try:
        note = tidy(note, TEXT_LIMIT)
    except RuleViolation:
        return None
    if not note:
        return None
    phones = 0 if by_phone else words.texted(ticket).count()
    return Preview(words.to_resident(verb, ticket, note), phones)


def is_read_by_resident(verb):
    """Whether the words of this step are meant for the resident."""
    return verb in words.TO_RESIDENT
