"""How pages write money and name the steps of the fund; presentation only."""

from django import template
from django.utils.translation import pgettext_lazy

from receptions.choices import EventVerb, RequestStatus
from receptions.workflow import fund

register = template.Library()

ACTS = {
    EventVerb.ADVANCE: pgettext_lazy("fund step", "Advance the money"),
    EventVerb.REFUSE: pgettext_lazy("fund step", "Refuse"),
    EventVerb.WITHDRAW: pgettext_lazy("fund step", "Take the request back"),
    EventVerb.REPAY: pgettext_lazy("fund step", "Book what was paid back"),
    EventVerb.CORRECT: pgettext_lazy("fund step", "Correct a mistaken booking"),
}
# The badge whose sign and colour mean the same on every other page.
TONES = {
    RequestStatus.REQUESTED: "submitted",
    RequestStatus.ADVANCED: "in_progress",
    RequestStatus.REPAID: "closed",
    RequestStatus.REFUSED: "rejected",
    RequestStatus.WITHDRAWN: "withdrawn",
}


@register.filter
def yuan(fen):
    """Write fen as yuan: 2,000 or 1,999.50."""
    return fund.yuan(fen)


@register.filter
def yuan_signed(fen):
    """Write a booking with its sign, as accounts do: −2,000, +500."""
    return ("−" if fen < 0 else "+") + fund.yuan(abs(fen))


@register.filter
def fund_act(verb):
    """Return the words on the button of a step."""
    return ACTS[verb]


@register.filter
def fund_tone(status):
    """Return the status of a matter whose badge this one wears."""
    return TONES[status]
