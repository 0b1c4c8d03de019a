"""What an administrator types about time limits and reply templates, in the units people use."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.errors import RuleViolation
from common.forms import TidyCharField
from tickets.catalogue import tree
from tickets.choices import ClockMode, LimitUnit, Priority, Stage
from tickets.models import Category, Policy, ReplyTemplate
from tickets.policies import amount_of, hours_of
from tickets.replies import check_template

# What each promise is, for who decides how long it is.
MEANINGS = {
    Stage.ACCEPT: gettext_lazy("until the matter is accepted or handed over"),
    Stage.CONTACT: gettext_lazy("until a person has spoken to the resident"),
    Stage.RESOLVE: gettext_lazy("until the matter is dealt with"),
    Stage.CONFIRM: gettext_lazy("how long the resident is asked whether it is solved"),
    Stage.WORD: gettext_lazy("how long the resident may go without a word"),
}
MEASURES = {
    "hours": (ClockMode.WALL, LimitUnit.SECONDS),
    "working_hours": (ClockMode.BUSINESS, LimitUnit.SECONDS),
    "working_days": (ClockMode.BUSINESS, LimitUnit.WORKING_DAYS),
}
CHOOSE = {"invalid_choice": gettext_lazy("Please choose from the list.")}
SAY_WHICH = CHOOSE | {"required": gettext_lazy("Choose what is promised.")}
SAY_HOW = CHOOSE | {"required": gettext_lazy("Choose what the time is counted in.")}
SAY_WHOSE = CHOOSE | {"required": gettext_lazy("Choose a category.")}
ANY_PRIORITY = pgettext_lazy("priority", "Any priority")


def choices_of_leaves():
    """Return the categories a matter may have, under their tops."""
    return [(str(top), [(each.id, named(each)) for each in leaves]) for top, leaves in tree()]


def choices_of_categories():
    """Return every category, each top and each of its own, in the order of the codes."""
    found = [("", _("Every category"))]
    for top, leaves in tree():
        whole = (top.id, _("All of “%(top)s”") % {"top": named(top)})
        found.append((str(top), [whole, *((each.id, named(each)) for each in leaves)]))
    return found


def named(facts):
    return f"{facts.code} {facts}"


class LookUpForm(forms.Form):
    """Which limits count: of a category, and of another priority than its own if wished."""

    category = forms.TypedChoiceField(
        label=gettext_lazy("Category"),
        choices=choices_of_leaves,
        coerce=int,
        error_messages=SAY_WHOSE,
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        required=False,
        choices=[("", gettext_lazy("That of the category")), *Priority.choices],
        error_messages=CHOOSE,
    )


class PublishForm(forms.Form):
    """One time limit: for what, how long, and which decision it rests on."""

    stage = forms.ChoiceField(
        label=gettext_lazy("What is promised"),
        choices=lambda: [
            (stage.value, _("%(stage)s: %(meaning)s") % {"stage": stage.label, "meaning": meaning})
            for stage, meaning in MEANINGS.items()
        ],
        widget=forms.RadioSelect,
        error_messages=SAY_WHICH,
    )
    category = forms.TypedChoiceField(
        label=gettext_lazy("Category"),
        required=False,
        choices=choices_of_categories,
        coerce=int,
        empty_value=None,
        error_messages=CHOOSE,
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        required=False,
        choices=[("", ANY_PRIORITY), *Priority.choices],
        error_messages=CHOOSE,
    )
    amount = TidyCharField(
        label=gettext_lazy("How long"),
        limit=20,
        one_line=True,
        help_text=gettext_lazy("A number such as 24; half an hour is 0.5."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write how long.")},
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("Counted in"),
        choices=[
            ("hours", gettext_lazy("Hours round the clock, nights and holidays included")),
            ("working_hours", gettext_lazy("Working hours of the calendar")),
            ("working_days", gettext_lazy("Working days, counted from the day after")),
        ],
        widget=forms.RadioSelect,
        error_messages=SAY_HOW,
    )
    note = TidyCharField(
        label=gettext_lazy("Which decision it rests on"),
        limit=Policy._meta.get_field("note").max_length,
        one_line=True,
        required=False,
    )

    @classmethod
    def initial_of(cls, policy):
        """Return what the form shows first for a limit that takes this one's place."""
        terms = (policy.mode, policy.unit)
        measure = next(word for word, known in MEASURES.items() if known == terms)
        is_hours = policy.unit == LimitUnit.SECONDS
        return {
            "stage": policy.stage,
            "category": policy.category_id,
            "priority": policy.priority,
            "amount": hours_of(policy.amount) if is_hours else policy.amount,
            "measure": measure,
        }

    def clean(self):
        cleaned = super().clean()
        if "amount" in cleaned and "measure" in cleaned:
            cleaned["mode"], cleaned["unit"] = MEASURES[cleaned.pop("measure")]
            try:
                cleaned["amount"] = amount_of(cleaned["amount"], cleaned["unit"])
            except RuleViolation as refusal:
                self.add_error(refusal.field, refusal.message)
        return cleaned

    def terms(self):
        """Return what `publish_policy` takes."""
        category = self.cleaned_data["category"]
        found = category and Category.objects.get(pk=category)
        return self.cleaned_data | {"category": found or None}


# What each name in curly brackets becomes (tickets.replies fills them in).
FILLED_IN = {
    "date": gettext_lazy("the promised day"),
    "reference": gettext_lazy("the number of the matter"),
    "place": gettext_lazy("where it is"),
    "holder": gettext_lazy("who handles it"),
    "organisation": gettext_lazy("which organisation handles it"),
}


class ReplyTemplateForm(forms.ModelForm):
    """A sentence ready to send, whose places for facts can all be filled."""

    text = TidyCharField(
        label=gettext_lazy("text"),
        limit=ReplyTemplate._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60}),
    )

    class Meta:
        model = ReplyTemplate
        fields = ["name", "verb", "category", "text", "is_active"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "text" in self.fields:
            names = " · ".join(f"{{{name}}} {meaning}" for name, meaning in FILLED_IN.items())
            self.fields["text"].help_text = _("These are filled in: %(names)s") % {"names": names}

    def clean_text(self):
        text = self.cleaned_data["text"]
        try:
            check_template(text)
        except RuleViolation as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        return text
