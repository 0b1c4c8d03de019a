"""What staff type when they file for residents, and when they try out the routing."""

import secrets

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.forms import PhoneField, TidyCharField
from grids import directory
from grids.models import Grid
from grids.reports import search
from tickets.catalogue import by_code, tree
from tickets.choices import Kind, Source
from tickets.forms.staff import MomentField, speak_plainly
from tickets.models import TEXT_LIMIT
from tickets.suggest import suggest


def choices_of_categories(empty):
    return [
        ("", empty),
        *((str(top), [(leaf.code, str(leaf)) for leaf in leaves]) for top, leaves in tree()),
    ]


class CategoryField(forms.ChoiceField):
    """A category by its code; the cleaned value is its CategoryFacts, or None."""

    def __init__(self, *, empty, **options):
        super().__init__(choices=lambda: choices_of_categories(empty), **options)

    def clean(self, value):
        value = super().clean(value)
        return by_code(value) if value else None


def suggested(description):
    """Return the likeliest category of these words, None when no word is known."""
    found = suggest(description, limit=1)
    return found[0].category if found else None


class _FilingForm(forms.Form):
    """What every way of filing by staff shares; `key` makes a second tap find the first ticket."""

    key = forms.CharField(
        min_length=8,
        max_length=64,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "min_length", "max_length"),
            gettext_lazy("Please open this page again: it was incomplete."),
        ),
    )
    description = TidyCharField(
        label=gettext_lazy("What happened?"),
        limit=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Please write what happened.")},
    )
    category = CategoryField(
        label=gettext_lazy("Category"),
        required=False,
        empty=pgettext_lazy("category", "Suggest one from the words"),
    )

    def __init__(self, *args, **options):
        options["initial"] = {"key": secrets.token_urlsafe(16)} | options.get("initial", {})
        super().__init__(*args, **options)
        speak_plainly(self)

    def renew(self):
        """Give the form a new key after one that was used for other words, and say so."""
        self.data = self.data.copy()
        self.data["key"] = secrets.token_urlsafe(16)
        self.add_error(
            None, _("This form was sent before with other words. Send again to file it as new.")
        )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("description") and "category" in cleaned and not cleaned["category"]:
            cleaned["category"] = suggested(cleaned["description"])
            if cleaned["category"] is None:
                self.add_error(
                    "category", _("The words do not tell the category. Please choose one.")
                )
        return cleaned


class QuickForm(_FilingForm):
    """A grid worker's report in three fields; the place begins with their own."""

    field_order = ["description", "place", "category"]
    place = forms.ChoiceField(label=gettext_lazy("Place"))

    def __init__(self, *args, places, **options):
        super().__init__(*args, **options)
        self.fields["place"].choices = [(str(each.id), shown_path(each)) for each in places]
        if places:
            self.initial.setdefault("place", str(places[0].id))

    def clean_place(self):
        grid = Grid.objects.current().filter(pk=self.cleaned_data["place"]).first()
        if grid is None:
            raise ValidationError(_("This place has been reorganised. Please choose another."))
        return grid


def shown_path(entry):
    return " · ".join(directory.path_names(entry.id)[-2:])


class IntakeForm(_FilingForm):
    """The counter's and the telephone's form: who, where, what, and by which door."""

    field_order = [
        "source", "description", "place", "chosen_place", "address", "category", "kind", "name",
        "phone", "wants_call", "is_anonymous", "helper_name", "helper_phone", "relation",
    ]  # fmt: skip
    source = forms.ChoiceField(
        label=gettext_lazy("How did it come?"),
        choices=[choice for choice in Source.choices if choice[0] in ("phone", "counter")],
        widget=forms.RadioSelect,
        initial=Source.PHONE,
    )
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=60,
        error_messages={"required": gettext_lazy("Please say where it is.")},
        help_text=gettext_lazy("Name, first letters or code of the village or estate."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    chosen_place = forms.CharField(
        label=gettext_lazy("Which of these?"), max_length=15, required=False,
        widget=forms.RadioSelect,
    )  # fmt: skip
    address = TidyCharField(
        label=gettext_lazy("Where exactly"), limit=120, one_line=True, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the resident wants"), choices=Kind.choices, initial=Kind.HELP
    )
    name = TidyCharField(
        label=gettext_lazy("Resident's name"), limit=40, one_line=True, required=False
    )
    phone = PhoneField(label=gettext_lazy("Resident's phone"), required=False)
    wants_call = forms.BooleanField(
        label=gettext_lazy("Ring the resident, send no text messages"), required=False
    )
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("Without a name: keep neither name nor phone"), required=False
    )
    helper_name = TidyCharField(
        label=gettext_lazy("Who speaks for the resident"), limit=40, one_line=True, required=False,
        help_text=gettext_lazy("Only if somebody else came or rang for the resident."),
    )  # fmt: skip
    helper_phone = PhoneField(label=gettext_lazy("Phone of that person"), required=False)
    relation = TidyCharField(
        label=gettext_lazy("What they are to the resident"),
        limit=30,
        one_line=True,
        required=False,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.found = []
        chosen = self.fields["chosen_place"].widget
        if self.is_bound:
            self.found = search(self.data.get("place", ""), limit=10)
        chosen.choices = [(grid.code, shown_path(grid)) for grid in self.found]

    def clean(self):
        cleaned = super().clean()
        cleaned["grid"] = self._grid(cleaned)
        if cleaned.get("helper_phone") and not cleaned.get("helper_name"):
            self.add_error("helper_name", _("Please write down who speaks for the resident."))
        if cleaned.get("wants_call") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("A number is needed to ring the resident."))
        return cleaned

    def _grid(self, cleaned):
        """Return the place: the one ticked, else the only one found; add the error otherwise."""
        code = cleaned.get("chosen_place")
        ticked = [grid for grid in self.found if grid.code == code]
        if ticked or len(self.found) == 1:
            return (ticked or self.found)[0]
        exact = [grid for grid in self.found if grid.short_name == cleaned.get("place", "").strip()]
        if len(exact) == 1:
            return exact[0]
        if not cleaned.get("place"):
            return None
        if not self.found:
            self.add_error("place", _("No place is found under this name."))
        else:
            self.add_error("chosen_place", _("There are several. Please tick the right one."))
        return None


class SimulatorForm(forms.Form):
    """Category, place and day: whom would the routing name?"""

    category = CategoryField(
        label=gettext_lazy("Category"),
        empty=pgettext_lazy("category", "Choose one"),
        error_messages={"required": gettext_lazy("Please choose one.")},
    )
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=60,
        help_text=gettext_lazy("Name, first letters or code of the village or estate."),
        error_messages={"required": gettext_lazy("Please say where it is.")},
    )
    at = MomentField(
        label=gettext_lazy("When"),
        required=False,
        help_text=gettext_lazy("Leave empty for now."),
    )

    def clean_place(self):
        typed = self.cleaned_data["place"]
        found = search(typed, limit=6)
        if not found:
            raise ValidationError(_("No place is found under this name."))
        exact = [grid for grid in found if typed in (grid.short_name, grid.code, grid.name)]
        if len(found) > 1 and len(exact) != 1:
            names = [f"{shown_path(grid)} ({grid.code})" for grid in found]
            raise ValidationError(
                _("There are several: %(names)s. Please type the code of one.")
                % {"names": _("; ").join(names)}
            )
        return (exact or found)[0]
