"""What staff type when they do something to a ticket: only what the verb needs."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory as organisations
from accounts.choices import ORGANISATION_ROLES
from accounts.models import Organisation, Posting
from common import uploads
from common.errors import RuleViolation
from common.forms import TidyCharField
from common.text import mask_text
from tickets.catalogue import categories, tree
from tickets.choices import HoldReason, Part
from tickets.models import TEXT_LIMIT, Ticket
from tickets.workflow import LONGEST_HOLD

RELEASED_LENGTH = 200
CHOOSE_ONE = pgettext_lazy("organisation", "Choose one")
YES_NO = [("yes", pgettext_lazy("answer", "Yes")), ("no", pgettext_lazy("answer", "No"))]


def words(label, *, help_text="", required=True, rows=3):
    """Return the field for a few sentences."""
    return TidyCharField(
        label=label,
        help_text=help_text,
        required=required,
        limit=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def choices_of_organisations(empty):
    return [("", empty), *((str(each.id), each.label) for each in organisations.active())]


class OrganisationField(forms.ChoiceField):
    """One of the organisations that work; the cleaned value is the Organisation, or None."""

    def __init__(self, *, empty=CHOOSE_ONE, **options):
        super().__init__(choices=lambda: choices_of_organisations(empty), **options)

    def clean(self, value):
        value = super().clean(value)
        return Organisation.objects.active().filter(pk=value).first() if value else None


class MomentField(forms.DateTimeField):
    """A day and a time in Shanghai, as phones let people choose it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def speak_plainly(form):
    """Give every required field without a sentence of its own one that a person would say."""
    for field in form.fields.values():
        if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            is_choice = isinstance(field, forms.ChoiceField)
            words_for = _("Please choose one.") if is_choice else _("Please write a few words.")
            field.error_messages["required"] = words_for


class VerbForm(forms.Form):
    """A verb without anything to type; `seen` says what the page showed when it was opened."""

    seen = forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("Please open this page again: it was incomplete."),
            "invalid": gettext_lazy("Please open this page again: it was incomplete."),
        },
    )

    def __init__(self, *args, ticket, user, **options):
        self.ticket, self.user = ticket, user
        initial = {"seen": ticket.event_count} | self.first_values() | options.pop("initial", {})
        super().__init__(*args, initial=initial, **options)
        speak_plainly(self)

    def first_values(self):
        return {}

    def arguments(self):
        """Return what the verb takes besides who, when and what was seen."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("seen", "photos")
        }

    def photos_taken(self):
        """Return the clean photos that came with the form."""
        return self.cleaned_data.get("photos", [])


class NoteForm(VerbForm):
    note = words(gettext_lazy("Note for colleagues"), help_text=gettext_lazy(
        "Residents do not see it."
    ))  # fmt: skip


class RejectForm(VerbForm):
    note = words(
        gettext_lazy("Why it is not accepted, and who can help instead"),
        help_text=gettext_lazy("The resident reads this."),
    )


class PhotosField(forms.FileField):
    """Several photos at once, cleaned to pixels; the cleaned value is a list of CleanPhoto."""

    class Input(forms.FileInput):
        allow_multiple_selected = True

        def value_from_datadict(self, data, files, name):
            return files.getlist(name) if hasattr(files, "getlist") else files.get(name)

    def __init__(self):
        super().__init__(
            label=gettext_lazy("Photos"),
            required=False,
            help_text=gettext_lazy("Not needed, but a picture often spares a question."),
            widget=self.Input(attrs={"accept": "image/*"}),
        )

    def clean(self, data, initial=None):
        files = [file for file in data or [] if file]
        try:
            uploads.check_count(files)
            return [uploads.clean_photo(file) for file in files]
        except RuleViolation as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal


class FindingForm(VerbForm):
    note = words(gettext_lazy("What did you find?"))
    photos = PhotosField()


class _HappenedForm(VerbForm):
    """Something that may have happened a while ago; empty means now."""

    at = MomentField(
        label=gettext_lazy("When"),
        required=False,
        help_text=gettext_lazy("Leave empty if it is just now."),
    )

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at and at > timezone.now() + timedelta(minutes=1):
            raise ValidationError(_("That time is still to come."))
        return at


class CallContractorForm(_HappenedForm):
    field_order = ["note", "at"]
    note = words(gettext_lazy("Who was called?"), rows=2)


class ContractorForm(_HappenedForm):
    field_order = ["at", "note"]
    note = words(gettext_lazy("A word about it"), required=False, rows=2)


class AskForm(VerbForm):
    note = words(
        gettext_lazy("Your question"),
        help_text=gettext_lazy("The resident reads this; the clock waits for the answer."),
    )
    until = MomentField(
        label=gettext_lazy("Wait until"),
        required=False,
        help_text=gettext_lazy("Five days if left empty, fifteen at most."),
    )


class AnswerForm(VerbForm):
    note = words(gettext_lazy("What the resident answered"))


class HoldForm(VerbForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("What is being waited for"),
        widget=forms.RadioSelect,
        choices=[choice for choice in HoldReason.choices if choice[0] != HoldReason.RESIDENT],
    )
    until = MomentField(
        label=gettext_lazy("Until when"),
        error_messages={"required": gettext_lazy("Please say until when.")},
        help_text=gettext_lazy("Fifteen days at most. Then the clock goes on by itself."),
    )
    note = words(gettext_lazy("A word about it"), required=False, rows=2)

    def first_values(self):
        tomorrow = timezone.localtime() + timedelta(days=1)
        return {"until": tomorrow.replace(hour=17, minute=0, second=0, microsecond=0)}

    def clean_until(self):
        until = self.cleaned_data["until"]
        if until and until > timezone.now() + LONGEST_HOLD:
            raise ValidationError(_("Fifteen days at most. After that, write to the resident."))
        return until


class ResolveForm(VerbForm):
    note = words(gettext_lazy("What was done?"), help_text=gettext_lazy("The resident reads this."))
    photos = PhotosField()


class CallForm(VerbForm):
    reached = forms.ChoiceField(
        label=gettext_lazy("Was the resident reached?"), choices=YES_NO, widget=forms.RadioSelect
    )
    solved = forms.ChoiceField(
        label=gettext_lazy("Does the resident say that it is solved?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    satisfied = forms.ChoiceField(
        label=gettext_lazy("Is the resident satisfied?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    note = words(gettext_lazy("What the resident said"), required=False, rows=2)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reached") == "yes" and not cleaned.get("solved"):
            self.add_error("solved", _("Did the resident say that it is solved?"))
        return cleaned

    def arguments(self):
        said = {"yes": True, "no": False}
        cleaned = super().arguments()
        reached = said[cleaned["reached"]]
        return {
            "reached": reached,
            "solved": said.get(cleaned["solved"]) if reached else None,
            "satisfied": said.get(cleaned["satisfied"]) if reached else None,
            "note": cleaned["note"],
        }


class MergeForm(VerbForm):
    into = forms.CharField(
        label=gettext_lazy("Number of the other matter"),
        error_messages={"required": gettext_lazy("Please type the number of the other matter.")},
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Ten digits. One answer will then serve both."),
    )
    note = words(gettext_lazy("A word about it"), required=False, rows=2)

    def clean_into(self):
        digits = "".join(self.cleaned_data["into"].split())
        found = Ticket.objects.for_user(self.user).filter(reference=digits).first()
        if found is None:
            raise ValidationError(_("There is no matter with this number in your reach."))
        return found


class RecategoriseForm(VerbForm):
    category = forms.ChoiceField(
        label=gettext_lazy("Category"),
        choices=lambda: [
            (str(top), [(str(leaf.id), str(leaf)) for leaf in leaves]) for top, leaves in tree()
        ],
        help_text=gettext_lazy("The promised date follows from the category."),
    )

    def first_values(self):
        return {"category": str(self.ticket.category_id)}

    def arguments(self):
        return {"category_id": int(self.cleaned_data["category"])}


class ReleaseForm(VerbForm):
    text = TidyCharField(
        label=gettext_lazy("Words that strangers may read"),
        limit=RELEASED_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("At most 200 characters."),
    )
    is_checked = forms.BooleanField(
        label=gettext_lazy("I have read it: no name, number, address or plate of a person"),
        error_messages={"required": gettext_lazy("Please read the words and tick the box.")},
    )

    def first_values(self):
        words_now = self.ticket.public_text or self.ticket.description
        return {"text": mask_text(words_now)[:RELEASED_LENGTH]}

    def clean_text(self):
        text = self.cleaned_data["text"]
        if mask_text(text) != text:
            raise ValidationError(_("A phone number, plate or the like is still in there."))
        return text

    def arguments(self):
        return {"text": self.cleaned_data["text"]}


class ReopenForm(VerbForm):
    comment = words(gettext_lazy("What the resident says is still wrong"))


class HolderField(forms.ChoiceField):
    """A person of one organisation; empty leaves the choice to the routing."""

    def __init__(self, **options):
        super().__init__(required=False, **options)
        self.people = {}

    def fill(self, organisation_id, empty):
        rows = Posting.objects.current().filter(
            organisation_id=organisation_id, role__in=ORGANISATION_ROLES
        )
        rows = rows.select_related("user").order_by("pk") if organisation_id else []
        self.people = {str(row.user_id): row.user for row in rows}
        names = [(pk, f"{user} {user.shown_phone}".strip()) for pk, user in self.people.items()]
        self.choices = [("", empty), *names]

    def clean(self, value):
        value = super().clean(value)
        return self.people[value] if value else None


class _HandOverForm(VerbForm):
    """Organisation, person and co-handlers; people are those of the organisation chosen so far."""

    holder = HolderField(
        label=gettext_lazy("Person"),
        help_text=gettext_lazy("Left to the routing unless you name somebody."),
    )
    co = forms.MultipleChoiceField(
        label=gettext_lazy("Co-handlers"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        empty = _("Whom the routing names")
        self.fields["holder"].fill(self.chosen_organisation(), empty)
        if "co" in self.fields:
            self.fields["co"].choices = self._helpers()

    def chosen_organisation(self):
        """Return the id of the organisation on the page: chosen now, before, or by the category."""
        given = self.data.get("organisation") or self.initial.get("organisation") or ""
        return int(given) if str(given).isdecimal() and len(str(given)) < 10 else None

    def _helpers(self):
        """Offer the category's co-handlers and those that help now; others by the admin."""
        now = {leg.organisation_id for leg in self.ticket.legs.all() if leg.part == Part.CO}
        likely = set(categories[self.ticket.category_id].co_department_ids) | now
        return [
            (str(each.id), each.label)
            for each in organisations.active()
            if each.id in likely or str(each.id) in self.data_list("co")
        ]

    def data_list(self, name):
        return self.data.getlist(name) if hasattr(self.data, "getlist") else []

    def first_values(self):
        facts = categories[self.ticket.category_id]
        department = facts.department_id
        return {
            "organisation": str(department or ""),
            "co": [str(pk) for pk in facts.co_department_ids],
        }

    def arguments(self):
        cleaned = super().arguments()
        if "co" in cleaned:
            cleaned["co"] = [int(pk) for pk in cleaned["co"]]
        return cleaned


class DispatchForm(_HandOverForm):
    field_order = ["organisation", "holder", "co", "note"]
    organisation = OrganisationField(
        label=gettext_lazy("Organisation"),
        required=False,
        empty=pgettext_lazy("organisation", "As the category says"),
    )
    note = words(gettext_lazy("A word for them"), required=False, rows=2)


class ArbitrateForm(_HandOverForm):
    field_order = ["organisation", "holder", "co", "note"]
    organisation = OrganisationField(label=gettext_lazy("Organisation"))
    note = words(
        gettext_lazy("Ground of the decision"),
        help_text=gettext_lazy("After this it cannot be returned any more."),
    )


class TransferForm(_HandOverForm):
    field_order = ["organisation", "holder", "note"]
    organisation = OrganisationField(
        label=gettext_lazy("Organisation"),
        required=False,
        empty=pgettext_lazy("organisation", "The same as now"),
    )
    co = None
    note = words(gettext_lazy("Why you pass this on"))

    def first_values(self):
        return {"organisation": str(self.ticket.organisation_id or "")}


class ReturnForm(VerbForm):
    note = words(gettext_lazy("Why this is not yours to handle"))
    suggested = OrganisationField(
        label=gettext_lazy("Who should handle it"),
        error_messages={"required": gettext_lazy("Please suggest who should handle this.")},
    )


class RevealForm(forms.Form):
    """Why somebody looks at a resident's number; the reason goes into the audit trail."""

    reason = forms.ChoiceField(
        label=gettext_lazy("What do you need the number for?"),
        choices=[
            ("speak", pgettext_lazy("reason to see a number", "To speak about this matter")),
            ("visit", pgettext_lazy("reason to see a number", "To arrange a visit")),
            ("callback", pgettext_lazy("reason to see a number", "To ask whether it is solved")),
            ("danger", pgettext_lazy("reason to see a number", "Somebody may be in danger")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please say what you need the number for.")},
    )
