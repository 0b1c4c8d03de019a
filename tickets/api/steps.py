"""A verb's form told as JSON, and JSON put into the form: one set of rules for page and API.

Organisations and categories go by their codes outside and by their numbers inside.
"""

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts import directory as organisations
from tickets.catalogue import leaves
from tickets.choices import Verb
from tickets.forms.staff import YES_NO, MomentField, OrganisationField
from tickets.views.verbs import VERBS

# Photos are files, and what was seen is told beside the fields.
NOT_TOLD = ("seen", "photos")
YES_OR_NO = {True: "yes", False: "no"}
BY_ORGANISATION, BY_CATEGORY = ("co",), ("category",)


def verb_of(word):
    """Return the Verb that an address names, None if staff have no such step."""
    return Verb(word) if word in VERBS else None


# --- Told ----------------------------------------------------------------------------------


def fields_of(form):
    """Return what a form asks for: name, label, type, choices."""
    return [_field(name, field) for name, field in form.fields.items() if name not in NOT_TOLD]


def _field(name, field):
    told = {
        "name": name,
        "label": str(field.label or ""),
        "help": str(field.help_text or ""),
        "type": _type(field),
        "required": field.required,
    }
    if told["type"] in ("choice", "choices"):
        codes = {pk: code for code, pk in _codes(name, field).items()}
        told["choices"] = [
            {"value": codes.get(str(value), str(value)), "label": str(label)}
            for value, label in _flat(field.choices)
            if value != ""
        ]
    return told


def _type(field):
    if isinstance(field, forms.BooleanField) or getattr(field, "choices", None) == YES_NO:
        return "boolean"
    if isinstance(field, MomentField):
        return "moment"
    if isinstance(field, forms.IntegerField):
        return "number"
    if isinstance(field, forms.MultipleChoiceField):
        return "choices"
    return "choice" if isinstance(field, forms.ChoiceField) else "text"


def _flat(choices):
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def _codes(name, field):
    """Return {code: number inside} for a field whose choices have codes, {} for any other."""
    if isinstance(field, OrganisationField) or name in BY_ORGANISATION:
        return {each.code: str(each.id) for each in organisations.active()}
    if name in BY_CATEGORY:
        return {leaf.code: str(leaf.id) for leaf in leaves()}
    return {}


# --- Sent ----------------------------------------------------------------------------------


def filled(form_class, body, *, ticket, user):
    """Return the form with what was sent; without `seen` it speaks of the ticket as it is now.

    Raises ValidationError for a body that is no object and for values of the wrong type.
    """
    if not isinstance(body, dict):
        raise ValidationError(_("This could not be read. Please send one JSON object."))
    data, errors = MultiValueDict(), {}
    fields = form_class(ticket=ticket, user=user).fields
    for name, field in fields.items():
        value = body.get(name)
        if value is None or name == "photos":
            continue
        try:
            data.setlist(name, _sent(name, field, value))
        except TypeError:
            errors[name] = [_("This has the wrong type.")]
    if errors:
        raise ValidationError(errors)
    data.setdefault("seen", str(ticket.event_count))
    return form_class(data, ticket=ticket, user=user)


def _sent(name, field, value):
    """Return the texts a page would have sent for this JSON value; raises TypeError."""
    is_many = isinstance(field, forms.MultipleChoiceField)
    if isinstance(value, list) != is_many:
        raise TypeError
    if isinstance(value, bool):
        kind = _type(field)
        if kind != "boolean":
            raise TypeError
        if isinstance(field, forms.BooleanField):
            return ["on"] if value else []
        return [YES_OR_NO[value]]
    codes = _codes(name, field)
    return [_text(each, codes) for each in (value if is_many else [value])]


def _text(value, codes):
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    text = str(value)
    # Where codes exist, a number from inside must not pass for one.
    return codes.get(text, "-" if text else "") if codes else text
