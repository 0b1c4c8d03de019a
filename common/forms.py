"""Form fields for what people type; both keep the typed text on the page when they refuse it."""

from django import forms
from django.core.exceptions import ValidationError

from common.errors import RuleViolation
from common.text import normalise_phone, tidy


class TidyCharField(forms.CharField):
    """Free text of at most `limit` characters, cleaned by common.text.tidy.

    The limit is not written into the page as maxlength: browsers then cut pasted text in silence.
    """

    def __init__(self, *, limit=7000, one_line=False, **options):
        super().__init__(**options)
        self.limit = limit
        self.one_line = one_line

    def to_python(self, value):
        if value in self.empty_values:
            return self.empty_value
        return _or_invalid(tidy, str(value), self.limit, one_line=self.one_line) or self.empty_value


class PhoneField(forms.CharField):
    """A phone number in any habit of writing; the cleaned value is canonical (normalise_phone)."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"})

    def __init__(self, *, service=False, **options):
        super().__init__(**options)
        self.service = service

    def to_python(self, value):
        value = super().to_python(value)
        if value in self.empty_values:
            return self.empty_value
        return _or_invalid(normalise_phone, value, service=self.service)


def _or_invalid(clean, *args, **options):
    try:
        return clean(*args, **options)
    except RuleViolation as refusal:
        raise ValidationError(refusal.message, code=refusal.code) from refusal
