"""What staff type when they do one step to many tickets: which ones, and what."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from common.errors import RuleViolation
from common.text import narrow
from tickets import replies
from tickets.catalogue import categories
from tickets.choices import Verb
from tickets.forms.staff import HolderField, OrganisationField, speak_plainly, words
from tickets.models import ReplyTemplate
from tickets.several import MOST, PassOn, Tell

# Ten digits, as they are stored or in groups as pages show them; a phone number has eleven.
REFERENCE = re.compile(r"(?<![0-9])[0-9]{4}[ \u00a0]?[0-9]{4}[ \u00a0]?[0-9]{2}(?![0-9])")
PICK = re.compile(r"([0-9]{10}):([0-9]{1,6})")
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
LONGEST_LIST = 20_000


def references_in(text):
    """Return (references in their order and once each, what has digits and is none)."""
    text = narrow(text)
    found = [re.sub(r"\D", "", each) for each in REFERENCE.findall(text)]
    rest = re.split(r"[\s,，、;；]+", REFERENCE.sub(" ", text))
    return list(dict.fromkeys(found)), [each for each in rest if re.search("[0-9]", each)]


def picks_in(texts):
    """Return [(reference, event count)] as the page of the preview sends them; None if unusable."""
    found = [PICK.fullmatch(text) for text in texts]
    if not found or len(found) > MOST or not all(found):
        return None
    return list({each[1]: int(each[2]) for each in found}.items())


class ManyForm(forms.Form):
    """The numbers of the matters that one step is done to."""

    references = forms.CharField(
        label=gettext_lazy("Numbers of the matters"),
        help_text=gettext_lazy("One a line, or copied from a table. 200 at most."),
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 5, "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Please choose at least one matter."),
            "max_length": gettext_lazy("This list is too long. Please take fewer matters."),
        },
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        speak_plainly(self)

    def clean_references(self):
        """Return the list of references."""
        found, strange = references_in(self.cleaned_data["references"])
        if strange:
            raise ValidationError(
                _("“%(text)s” is no number of a matter: those have ten digits.")
                % {"text": strange[0][:30]}
            )
        if not found:
            raise ValidationError(_("Please choose at least one matter."))
        if len(found) > MOST:
            raise ValidationError(
                ngettext(
                    "%(most)d matter at once at most; there are %(count)d here.",
                    "%(most)d matters at once at most; there are %(count)d here.",
                    MOST,
                )
                % {"most": MOST, "count": len(found)}
            )
        return found


class PassOnForm(ManyForm):
    """To whom, and why."""

    field_order = ["references", "organisation", "holder", "note"]
    organisation = OrganisationField(label=gettext_lazy("Organisation"))
    holder = HolderField(
        label=gettext_lazy("Person"),
        help_text=gettext_lazy("Left to the routing unless you name somebody."),
    )
    note = words(
        gettext_lazy("Why you pass this on"),
        help_text=gettext_lazy("Everybody who gets one of them reads it."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        given = str(self.data.get("organisation") or self.initial.get("organisation") or "")
        chosen = int(given) if given.isdecimal() and len(given) < 10 else None
        self.fields["holder"].fill(chosen, _("Whom the routing names"))

    def action(self):
        said = self.cleaned_data
        return PassOn(said["organisation"], said["holder"], said["note"])


class TellForm(ManyForm):
    """A sentence that is ready, or own words; both may have places for facts of each matter."""

    field_order = ["references", "template", "note"]
    template = forms.ChoiceField(
        label=gettext_lazy("A sentence that is ready"), choices=(), required=False
    )
    note = words(
        gettext_lazy("Or your own words"),
        help_text=gettext_lazy(
            "The residents read this. {date}, {reference}, {place}, {holder} and {organisation} "
            "are filled in for each matter."
        ),
        required=False,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        rows = ReplyTemplate.objects.filter(is_active=True, verb=Verb.TELL_RESIDENT)
        self.templates = {str(row.pk): row for row in rows.order_by("category", "name")}
        self.fields["template"].choices = [
            ("", pgettext_lazy("ready sentence", "None of these")),
            *((pk, _label(row)) for pk, row in self.templates.items()),
        ]

    def clean_template(self):
        return self.templates.get(self.cleaned_data["template"])

    def clean_note(self):
        note = self.cleaned_data["note"]
        try:
            replies.check_template(note)
        except RuleViolation as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal
        return note

    def clean(self):
        said = super().clean()
        if self.errors.keys() & {"template", "note"}:
            return said
        if said.get("template") and said.get("note"):
            self.add_error("note", _("Either a sentence that is ready or your own words, please."))
        elif not said.get("template") and not said.get("note"):
            self.add_error("note", _("Please choose a sentence, or write what to say."))
        return said

    def action(self):
        template = self.cleaned_data["template"]
        return Tell(template.text if template else self.cleaned_data["note"], template)


def _label(template):
    """Return the name of a sentence, and for which kind of matter it is if not for all."""
    if template.category_id is None:
        return template.name
    return _("%(name)s (only for: %(category)s)") % {
        "name": template.name,
        "category": categories.get(template.category_id, ""),
    }


FORMS = {"pass_on": PassOnForm, "tell": TellForm}
