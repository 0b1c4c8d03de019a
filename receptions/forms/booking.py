"""What people type who book a place: the matter, who speaks; and the one form of the counter."""

import secrets

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.forms import PhoneField, TidyCharField
from common.text import narrow
from grids.models import Grid
from receptions.choices import BookingSource
from tickets.forms.filing import CategoryField, suggested
from tickets.forms.resident import tidy_reference
from tickets.models import TEXT_LIMIT

NAME_LIMIT, RELATION_LIMIT = 40, 30


def places_in(community):
    """Return [(code, name)] of the villages and estates of a community, itself first."""
    rows = Grid.objects.listed().filter(parent=community).order_by("short_name")
    somewhere = pgettext_lazy("place of a matter", "Somewhere in %(name)s")
    return [
        (community.code, somewhere % {"name": community.short_name}),
        *rows.values_list("code", "short_name"),
    ]


def _ask_for_words(form):
    """Let words be needed, unless the number of a matter was typed instead."""
    field = form.fields["words"]
    field.required = not (form.data.get("reference") or form.data.get("code"))
    field.error_messages["required"] = _("Please write in a sentence what it is about.")


class PlaceField(forms.ChoiceField):
    """A village or estate of the day's community; the cleaned value is the Grid."""

    def clean(self, value):
        code = super().clean(value)
        return Grid.objects.defer("outline").get(code=code) if code else None


class MatterForm(forms.Form):
    """What it is about: in words, or the number of a matter that was reported before."""

    words = TidyCharField(
        label=gettext_lazy("In your own words"),
        limit=TEXT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    place = PlaceField(label=gettext_lazy("Where is it?"), required=False)
    reference = forms.CharField(
        label=gettext_lazy("Reference number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Tracking code"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args, community, **options):
        super().__init__(*args, **options)
        self.fields["place"].choices = places_in(community)
        _ask_for_words(self)

    def clean_reference(self):
        return tidy_reference(self.cleaned_data["reference"]).replace("\0", "")

    def clean_code(self):
        return narrow(self.cleaned_data["code"]).replace("\0", "")

    def clean(self):
        said = super().clean()
        if said.get("reference") and not said.get("code"):
            self.add_error("code", _("Please type the tracking code."))
        elif said.get("code") and not said.get("reference"):
            self.add_error("reference", _("Please type the reference number."))
        return said


class SpeakerForm(forms.Form):
    """Who will come and speak, and who books for them."""

    name = TidyCharField(
        label=gettext_lazy("Name of whoever comes"),
        limit=NAME_LIMIT,
        one_line=True,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Please write the name of whoever comes.")},
    )
    phone = PhoneField(
        label=gettext_lazy("Phone"),
        required=False,
        help_text=gettext_lazy("So that we can tell you if anything changes."),
    )
    wants_call = forms.BooleanField(
        label=gettext_lazy("Ring me, do not send text messages"), required=False
    )
    helper_name = TidyCharField(
        label=gettext_lazy("Your own name, if you book for somebody else"),
        limit=NAME_LIMIT,
        one_line=True,
        required=False,
    )
    relation = TidyCharField(
        label=gettext_lazy("What are you to them? For example daughter, neighbour, grid worker"),
        limit=RELATION_LIMIT,
        one_line=True,
        required=False,
    )

    def clean(self):
        said = super().clean()
        if (
            said.get("relation")
            and not said.get("helper_name")
            and "helper_name" not in self.errors
        ):
            self.add_error("helper_name", _("Please give your own name, since you book for them."))
        if said.get("wants_call") and not said.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Please leave a phone, so that we can ring you."))
        return said


class CounterForm(SpeakerForm):
    """A booking taken down by staff: by phone, at the counter, on the doorstep, or on the day."""

    field_order = [
        "source", "words", "place", "category", "reference", "name", "phone", "wants_call",
        "helper_name", "relation",
    ]  # fmt: skip
    key = forms.CharField(min_length=8, max_length=64, widget=forms.HiddenInput)
    source = forms.ChoiceField(
        label=gettext_lazy("How did it come?"),
        choices=[
            choice for choice in BookingSource.choices if choice[0] in ("grid", "phone", "counter")
        ],
        widget=forms.RadioSelect,
        initial=BookingSource.GRID,
    )
    words = TidyCharField(
        label=gettext_lazy("What is it about?"),
        limit=TEXT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    place = PlaceField(label=gettext_lazy("Place"), required=False)
    category = CategoryField(
        label=gettext_lazy("Category"),
        required=False,
        empty=pgettext_lazy("category", "Suggest one from the words"),
    )
    reference = forms.CharField(
        label=gettext_lazy("Or the number of a matter that was reported before"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args, community, **options):
        options["initial"] = {"key": secrets.token_urlsafe(16)} | options.get("initial", {})
        super().__init__(*args, **options)
        self.fields["place"].choices = places_in(community)
        _ask_for_words(self)

    def clean_reference(self):
        return tidy_reference(self.cleaned_data["reference"]).replace("\0", "")

    def clean(self):
        said = super().clean()
        if said.get("words") and not said.get("category") and "category" not in self.errors:
            said["category"] = suggested(said["words"])
        return said

    def renew(self):
        """Give the form a new key after one that was used for other words, and say so."""
        self.data = self.data.copy()
        self.data["key"] = secrets.token_urlsafe(16)
        self.add_error(
            None, _("This form was sent before with other words. Send again to file it as new.")
        )
