"""What residents type: the steps of a report, the tracking page, remarks about the portal."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Organisation
from common.forms import PhoneField, TidyCharField
from common.text import narrow
from grids.models import Grid
from tickets import catalogue
from tickets.choices import Kind
from tickets.models import TEXT_LIMIT

NAME_LIMIT, RELATION_LIMIT, ADDRESS_LIMIT, TITLE_LIMIT = 40, 30, 120, 60
REMARK_LIMIT = 2_000


def _area(rows, **attrs):
    return forms.Textarea(attrs={"rows": rows} | attrs)


class WhatForm(forms.Form):
    """The matter in the resident's own words."""

    description = TidyCharField(
        label=gettext_lazy("In your own words"),
        limit=TEXT_LIMIT,
        widget=_area(6, **{"data-count": TEXT_LIMIT, "data-draft": "report"}),
        error_messages={"required": gettext_lazy("Please write what happened, in your own words.")},
    )
    title = TidyCharField(
        label=gettext_lazy("In one line"),
        limit=TITLE_LIMIT,
        one_line=True,
        required=False,
    )


class PlaceForm(forms.Form):
    """The place by its grid code, and a landmark in words."""

    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=15,
        error_messages={
            "required": gettext_lazy("Please choose the village or estate."),
            "max_length": gettext_lazy("Please choose a place from the list."),
        },
    )
    address = TidyCharField(
        label=gettext_lazy("Where exactly?"),
        help_text=gettext_lazy("For example the building number, or what stands next to it."),
        limit=ADDRESS_LIMIT,
        one_line=True,
        required=False,
    )

    def clean_place(self):
        """Return the Grid; a retired one gets its own sentence."""
        code = self.cleaned_data["place"].strip().upper()
        grid = Grid.objects.listed().defer("outline").filter(code=code).first()
        if grid is None and Grid.objects.filter(code=code).exists():
            raise ValidationError(
                _("This place has been reorganised. Please choose it again from the list."),
                code="retired",
            )
        if grid is None:
            raise ValidationError(_("Please choose a place from the list."), code="unknown")
        return grid


class PositionForm(forms.Form):
    """A position as the phone tells it, in degrees (WGS-84)."""

    lat = forms.FloatField(min_value=-90, max_value=90)
    lon = forms.FloatField(min_value=-180, max_value=180)


class PhotosForm(forms.Form):
    """What was wrong with photos that came; the photos themselves go through common.uploads."""

    photos = forms.FileField(label=gettext_lazy("Photos"), required=False)

    @classmethod
    def with_errors(cls, errors):
        """Return a form that says what was wrong, one sentence a photo."""
        if not errors:
            return cls()
        form = cls({})
        for error in errors:
            form.add_error("photos", error)
        return form


class JoinForm(forms.Form):
    """A phone for the answer, when somebody joins a matter of others."""

    phone = PhoneField(
        label=gettext_lazy("Phone, if you would like to be told"),
        required=False,
    )


class ContactForm(forms.Form):
    """How to reach the person concerned, and who writes for them; all of it may stay empty."""

    phone = PhoneField(label=gettext_lazy("Phone"), required=False)
    name = TidyCharField(
        label=gettext_lazy("How shall we address you?"),
        limit=NAME_LIMIT,
        one_line=True,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    wants_call = forms.BooleanField(
        label=gettext_lazy("Ring me, do not send text messages"), required=False
    )
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("Without my name: keep neither name nor phone"), required=False
    )
    for_other = forms.BooleanField(
        label=gettext_lazy("I am writing for somebody else"), required=False
    )
    helper_name = TidyCharField(
        label=gettext_lazy("Your own name"), limit=NAME_LIMIT, one_line=True, required=False
    )
    helper_phone = PhoneField(label=gettext_lazy("Your own phone"), required=False)
    relation = TidyCharField(
        label=gettext_lazy("What are you to them? For example daughter, neighbour, grid worker"),
        limit=RELATION_LIMIT,
        one_line=True,
        required=False,
    )

    def clean(self):
        said = super().clean()
        if said.get("for_other") and not said.get("helper_name") and "helper_name" in said:
            self.add_error("helper_name", _("Please give your own name, since you write for them."))
        reachable = said.get("phone") or said.get("is_anonymous") or "phone" in self.errors
        if said.get("wants_call") and not reachable:
            self.add_error("phone", _("Please leave a phone, so that we can ring you."))
        return said


class CheckForm(forms.Form):
    """The choices of the last page: what kind of matter it is, and whom it is about."""

    category = forms.CharField(
        label=gettext_lazy("What is it about?"),
        max_length=4,
        error_messages={
            "required": gettext_lazy("Please choose a category from the list."),
            "max_length": gettext_lazy("Please choose a category from the list."),
        },
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What would you like?"),
        choices=Kind.choices,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Please choose one of the answers.")},
    )
    accused = forms.ModelChoiceField(
        label=gettext_lazy("Which unit is it about?"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=pgettext_lazy("unit complained of", "I do not know"),
        error_messages={"invalid_choice": gettext_lazy("Please choose one of the answers.")},
    )

    def __init__(self, *args, is_tip_off=False, **options):
        super().__init__(*args, **options)
        if is_tip_off or self.data.get("accused"):
            self.fields["accused"].queryset = Organisation.objects.active().order_by("name")

    def clean_category(self):
        """Return the CategoryFacts of a leaf that is in use."""
        facts = catalogue.by_code(self.cleaned_data["category"].strip())
        if facts is None or not facts.is_leaf or not facts.is_active:
            raise ValidationError(_("Please choose a category from the list."), code="unknown")
        return facts

    def clean_kind(self):
        return self.cleaned_data["kind"] or Kind.HELP.value


def tidy_reference(text):
    """Return what was typed as a reference: narrow letters and digits, nothing between them."""
    return re.sub(r"[^0-9A-Za-z]+", "", narrow(text))[:20]


class CodeForm(forms.Form):
    """The tracking code, as it is read off a receipt."""

    code = forms.CharField(
        label=gettext_lazy("Tracking code"),
        help_text=gettext_lazy("The ten letters and digits on your receipt."),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        error_messages={
            "required": gettext_lazy("Please type the tracking code."),
            "max_length": gettext_lazy("Please type the tracking code."),
        },
    )

    def clean_code(self):
        return narrow(self.cleaned_data["code"]).replace("\0", "")


class TrackForm(CodeForm):
    """Reference and tracking code."""

    reference = forms.CharField(
        label=gettext_lazy("Reference number"),
        help_text=gettext_lazy("The ten digits on your receipt."),
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={
            "required": gettext_lazy("Please type the reference number."),
            "max_length": gettext_lazy("Please type the reference number."),
        },
    )
    field_order = ["reference", "code"]

    def clean_reference(self):
        reference = tidy_reference(self.cleaned_data["reference"])
        if not (reference.isascii() and reference.isdigit()):
            raise ValidationError(_("A reference number has ten digits."))
        return reference


class AnswerForm(forms.Form):
    """The answer to a question of the person handling the matter."""

    note = TidyCharField(
        label=gettext_lazy("Your answer"),
        limit=TEXT_LIMIT,
        widget=_area(4),
        error_messages={"required": gettext_lazy("Please write your answer.")},
    )


class UrgeForm(forms.Form):
    """A few words with the wish that somebody hurries."""

    note = TidyCharField(
        label=gettext_lazy("What should they know?"),
        help_text=gettext_lazy("You need not write anything; the button alone is enough."),
        limit=TEXT_LIMIT,
        widget=_area(3),
        required=False,
    )


class ReasonForm(forms.Form):
    """A few words with "not solved", "reopen" or "withdraw"."""

    comment = TidyCharField(
        label=gettext_lazy("What is still not right?"),
        limit=TEXT_LIMIT,
        widget=_area(4),
        required=False,
    )


class WithdrawForm(ReasonForm):
    """Why a matter is taken back."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["comment"].label = _("Why?")


class ConfirmForm(forms.Form):
    """Solved; and, another matter, whether the resident is satisfied."""

    satisfied = forms.TypedChoiceField(
        label=gettext_lazy("Are you satisfied with how it was handled?"),
        choices=[
            ("yes", pgettext_lazy("satisfied", "Satisfied")),
            ("no", pgettext_lazy("satisfied", "Not satisfied")),
            ("", pgettext_lazy("satisfied", "I would rather not say")),
        ],
        coerce=lambda value: {"yes": True, "no": False}.get(value),
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    comment = TidyCharField(
        label=gettext_lazy("Anything else?"),
        limit=TEXT_LIMIT,
        widget=_area(3),
        required=False,
    )


class RemarkForm(forms.Form):
    """A complaint or praise about the portal itself."""

    text = TidyCharField(
        label=gettext_lazy("What would you like to say about this website?"),
        limit=REMARK_LIMIT,
        widget=_area(5, **{"data-count": REMARK_LIMIT}),
        error_messages={"required": gettext_lazy("Please write what you would like to say.")},
    )
    phone = PhoneField(
        label=gettext_lazy("Phone, if you would like an answer"),
        required=False,
    )
    page = TidyCharField(limit=200, one_line=True, required=False, widget=forms.HiddenInput)


class RemarkAnswerForm(forms.Form):
    """What staff answer to a remark, and whether everybody may read it."""

    answer = TidyCharField(
        label=gettext_lazy("Answer"),
        limit=REMARK_LIMIT,
        widget=_area(5),
        error_messages={"required": gettext_lazy("Please write the answer.")},
    )
    is_released = forms.BooleanField(
        label=gettext_lazy("Show remark and answer to everybody"), required=False
    )
