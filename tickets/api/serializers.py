"""The shapes of the API: what is sent, as JSON types only, and what is answered.

What a value may be is judged by the same forms as on the pages; here only its type is.
"""

import math

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from tickets.choices import Kind, Status, Verb

# --- Sent ----------------------------------------------------------------------------------


class Text(serializers.CharField):
    """A string just as it was typed: the forms clean and judge it."""

    def __init__(self, **options):
        super().__init__(allow_blank=True, trim_whitespace=False, **options)
        # NUL and half surrogates are taken out by the forms instead of being refused here.
        self.validators = []

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class Degrees(serializers.FloatField):
    """A position's angle in WGS-84; neither a truth value nor an endless number."""

    def to_internal_value(self, data):
        if isinstance(data, bool):
            self.fail("invalid")
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


def optional(field, **options):
    return field(required=False, allow_null=True, **options)


class ContactIn(serializers.Serializer):
    name = optional(Text)
    phone = optional(Text)
    anonymous = optional(serializers.BooleanField)


class OnBehalfIn(serializers.Serializer):
    name = optional(Text)
    phone = optional(Text)
    relation = optional(Text, help_text=gettext_lazy("What you are to this person."))


class FilingIn(serializers.Serializer):
    """A new matter. What is not listed here is ignored."""

    description = Text()
    title = optional(Text)
    category = optional(
        Text, help_text=gettext_lazy("A code of the category tree; suggested if left out.")
    )
    grid = optional(
        Text,
        help_text=gettext_lazy("The 15-character grid code; may be left out with a position."),
    )
    address = optional(Text)
    latitude = optional(Degrees, min_value=-90, max_value=90)
    longitude = optional(Degrees, min_value=-180, max_value=180)
    kind = optional(Text, help_text=", ".join(Kind.values))
    contact = optional(ContactIn)
    on_behalf_of = optional(
        OnBehalfIn, help_text=gettext_lazy("The person concerned, if you write for somebody else.")
    )


class TrackIn(serializers.Serializer):
    """What the receipt says."""

    reference = Text()
    tracking_code = Text()


class ConfirmIn(TrackIn):
    """The resident's word: solved, and, another matter, satisfied."""

    solved = serializers.BooleanField()
    satisfied = optional(serializers.BooleanField)
    comment = optional(Text)


class AnswerIn(TrackIn):
    """The answer to a question of the person handling the matter."""

    note = Text()


class UrgeIn(TrackIn):
    """The wish that somebody hurries, with a word or without; once a day."""

    note = optional(Text)


# --- Answered ------------------------------------------------------------------------------


class Holder(serializers.Serializer):
    name = serializers.CharField()
    organisation = serializers.CharField()
    phone = serializers.CharField()


class ReceiptOut(serializers.Serializer):
    """What was promised, by whom, and the code that is shown this once."""

    reference = serializers.CharField()
    tracking_code = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    promised_at = serializers.DateTimeField(allow_null=True)
    holder = Holder()
    routing_reason = serializers.CharField()


class HappeningOut(serializers.Serializer):
    at = serializers.DateTimeField()
    title = serializers.CharField()
    by = serializers.CharField()
    text = serializers.CharField()


class ProgressOut(serializers.Serializer):
    """How a matter stands, as its resident may know it; the timeline begins with the newest."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    says = serializers.CharField(help_text=gettext_lazy("The status in one sentence."))
    promised_at = serializers.DateTimeField(allow_null=True)
    first_promised_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("Only where the promise has moved.")
    )
    moved_because = serializers.CharField()
    why = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("How the promised day was counted.")
    )
    next_word_by = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()
    may_urge = serializers.BooleanField()
    urged_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("When they were asked to hurry today.")
    )
    holder = Holder()
    question = serializers.CharField()
    timeline = HappeningOut(many=True)


class CategoryOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    emergency_number = serializers.CharField()


CATEGORIES = inline_serializer(
    "CategoryTree",
    {
        "results": inline_serializer(
            "TopCategory",
            {
                "code": serializers.CharField(),
                "name": serializers.CharField(),
                "children": CategoryOut(many=True),
            },
            many=True,
        )
    },
)


class CodedName(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class PlaceOut(CodedName):
    path_names = serializers.ListField(child=serializers.CharField())


class RowOut(serializers.Serializer):
    """One line about a ticket."""

    reference = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    kind = serializers.ChoiceField(Kind.choices)
    category = CodedName()
    grid = PlaceOut()
    organisation = CodedName(allow_null=True)
    holder = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    promised_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()
    supporters = serializers.IntegerField()
    main_action = serializers.ChoiceField(Verb.choices, allow_null=True)


class PersonOut(serializers.Serializer):
    kind = serializers.CharField()
    is_anonymous = serializers.BooleanField()
    name = serializers.CharField()
    phone = serializers.CharField()
    relation = serializers.CharField()
    wants_call = serializers.BooleanField()


class LegOut(serializers.Serializer):
    """A unit's time with the matter; `open_seconds`: what the matter's own clock ran meanwhile."""

    name = serializers.CharField()
    part = serializers.CharField()
    started = serializers.DateTimeField()
    acknowledged = serializers.DateTimeField(allow_null=True)
    ended = serializers.DateTimeField(allow_null=True)
    open_seconds = serializers.IntegerField(allow_null=True)


class DetailOut(RowOut):
    """Everything this reader may know of a ticket; people are masked, or left out."""

    description = serializers.CharField()
    address = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    cycle = serializers.IntegerField()
    seen = serializers.IntegerField(
        help_text=gettext_lazy("Send it with a step: it is refused if something came between.")
    )
    people = PersonOut(many=True)
    legs = LegOut(many=True)
    timeline = HappeningOut(many=True)


class ChoiceOut(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()


class FieldOut(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    help = serializers.CharField()
    type = serializers.ChoiceField(["text", "number", "boolean", "moment", "choice", "choices"])
    required = serializers.BooleanField()
    choices = ChoiceOut(many=True, required=False)


class ActionOut(serializers.Serializer):
    verb = serializers.ChoiceField(Verb.choices)
    label = serializers.CharField()
    fields_to_send = FieldOut(many=True)


class ActionsOut(serializers.Serializer):
    """The steps this person may take now; one that is not listed would be refused."""

    seen = serializers.IntegerField()
    results = ActionOut(many=True)


class StandingOut(serializers.Serializer):
    """How the ticket stands after a step."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    promised_at = serializers.DateTimeField(allow_null=True)
    holder = Holder()
    seen = serializers.IntegerField()


class OrganisationOut(CodedName):
    kind = serializers.CharField()
    phone = serializers.CharField()


ORGANISATIONS = inline_serializer("Organisations", {"results": OrganisationOut(many=True)})


class ProblemOut(serializers.Serializer):
    """Problem details (RFC 9457): what was refused, in words for the person who sent it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


def holder_of(ticket):
    """Return who has the ticket, as receipts name them; a public service number or none."""
    organisation = ticket.organisation
    phone = ticket.holder.shown_phone or (organisation.phone if organisation else "")
    name = str(organisation) if organisation else ""
    return {"name": str(ticket.holder), "organisation": name, "phone": phone}
