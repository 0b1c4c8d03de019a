"""What people type about whistles: few fields, on a phone, in the street."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory
from accounts.choices import OrganisationKind
from accounts.models import Organisation
from common.forms import TidyCharField
from common.text import mask_text
from receptions.choices import WHISTLE_ENDED, WHISTLE_MET, WHISTLE_OPEN, WhistleKind, WhistleStatus
from tickets.catalogue import categories
from tickets.models import TEXT_LIMIT

WORDS = 200
CALLABLE = (
    OrganisationKind.DEPARTMENT,
    OrganisationKind.UTILITY,
    OrganisationKind.PROPERTY,
    OrganisationKind.STREET_OFFICE,
)
GROUPS = {"open": WHISTLE_OPEN, "met": WHISTLE_MET, "ended": WHISTLE_ENDED}
POINTS = [
    (5, pgettext_lazy("points", "5 – very good")),
    (4, pgettext_lazy("points", "4 – good")),
    (3, pgettext_lazy("points", "3 – fair")),
    (2, pgettext_lazy("points", "2 – poor")),
    (1, pgettext_lazy("points", "1 – very poor")),
]


def words(label, missing="", *, limit=TEXT_LIMIT, rows=3, help_text=""):
    """Return the field for a few sentences; without `missing` it may stay empty."""
    return TidyCharField(
        label=label,
        limit=limit,
        help_text=help_text,
        required=bool(missing),
        error_messages={"required": missing},
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def callable_organisations(but=None):
    """Return the entries of the organisations that a whistle may call."""
    return [each for each in directory.active() if each.kind in CALLABLE and each.id != but]


class DepartmentsField(forms.MultipleChoiceField):
    """Departments as ticks; the cleaned value is a list of Organisations."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value):
        chosen = super().clean(value)
        return list(Organisation.objects.active().filter(pk__in=chosen))


class WhistleForm(forms.Form):
    """Kind, ground and departments; the facts are known from the matter and may be changed."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What kind of whistle"),
        choices=WhistleKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose the kind of whistle.")},
    )
    ground = words(
        gettext_lazy("Why the community cannot settle it"),
        gettext_lazy("Please say why the community cannot settle it."),
        help_text=gettext_lazy("One sentence is enough: what is missing, powers, money or skill."),
    )
    organisations = DepartmentsField(
        label=gettext_lazy("Departments to call"),
        error_messages={"required": gettext_lazy("Please choose at least one department.")},
    )
    facts = words(
        gettext_lazy("What the departments are told"),
        gettext_lazy("Please say what is the matter."),
        help_text=gettext_lazy("Without names and numbers of residents."),
    )

    def __init__(self, *args, ticket, whistle=None, **options):
        near = near_departments(ticket)
        first = {
            "kind": WhistleKind.EMERGENCY if ticket.priority == "urgent" else None,
            "facts": mask_text(ticket.description),
            "organisations": [str(each.id) for each in near],
        }
        if whistle is not None:
            first = {
                "kind": whistle.kind,
                "facts": whistle.facts,
                "ground": whistle.ground,
                "organisations": [str(each.pk) for each in whistle.departments.all()],
            }
        super().__init__(*args, initial=first | options.pop("initial", {}), **options)
        rest = [each for each in callable_organisations(ticket.accused_id) if each not in near]
        self.near_count = len(near)
        self.fields["organisations"].choices = [
            (str(each.id), each.label) for each in [*near, *rest]
        ]

    def near(self):
        """Return the ticks of the departments that the category names."""
        return list(self["organisations"])[: self.near_count]

    def others(self):
        return list(self["organisations"])[self.near_count :]

    def has_others_chosen(self):
        """Whether the folded part holds a tick, and so must not be folded."""
        chosen = {str(each) for each in self["organisations"].value() or []}
        keys = [key for key, _label in self.fields["organisations"].choices[self.near_count :]]
        return not chosen.isdisjoint(keys)


def near_departments(ticket):
    """Return the entries of who handles such matters: the category's department and helpers."""
    category = categories.get(ticket.category_id)
    ids = [ticket.organisation_id, getattr(category, "department_id", None)]
    ids += [*getattr(category, "co_department_ids", ())]
    ids += [leg.organisation_id for leg in ticket.legs.all()]
    known = {each.id: each for each in callable_organisations(ticket.accused_id)}
    return [known[each] for each in dict.fromkeys(ids) if each in known]


class Nothing(forms.Form):
    """A step without anything to type."""


class NoteForm(forms.Form):
    """A step with a reason that must be given."""

    note = words(gettext_lazy("Why"), gettext_lazy("Please write why."))


class DeclineForm(forms.Form):
    note = words(
        gettext_lazy("Why nobody can come"),
        gettext_lazy("Please say why nobody can come."),
        limit=WORDS,
        help_text=gettext_lazy("Your manager and the secretary read it at once."),
    )


class CallForm(forms.Form):
    """One more department."""

    organisation = forms.ChoiceField(
        label=gettext_lazy("Department"),
        error_messages={"required": gettext_lazy("Please choose a department.")},
    )
    note = words(gettext_lazy("What for"), limit=WORDS, rows=2)

    def __init__(self, *args, whistle, **options):
        super().__init__(*args, **options)
        entries = callable_organisations(whistle.ticket.accused_id)
        self.fields["organisation"].choices = [
            ("", _("Choose one")),
            *((str(each.id), each.label) for each in entries),
        ]

    def clean_organisation(self):
        return Organisation.objects.active().get(pk=self.cleaned_data["organisation"])


class PromiseForm(forms.Form):
    """One promise of the meeting: what, by which department, until which day."""

    text = words(gettext_lazy("What is promised"), gettext_lazy("Please write what is promised."))
    lead = forms.ChoiceField(
        label=gettext_lazy("By which department"),
        error_messages={"required": gettext_lazy("Please choose a department.")},
    )
    due_on = forms.DateField(
        label=gettext_lazy("Until which day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Please give the day by which it is done."),
            "invalid": gettext_lazy("Please give a day, such as 2026-12-01."),
        },
    )

    def __init__(self, *args, whistle, **options):
        super().__init__(*args, **options)
        called = [each.organisation_id for each in whistle.summonses.all()]
        entries = callable_organisations(whistle.ticket.accused_id)
        entries.sort(key=lambda each: each.id not in called)
        self.fields["lead"].choices = [
            ("", _("Choose one")),
            *((str(each.id), each.label) for each in entries),
        ]
        self.fields["due_on"].widget.attrs["min"] = timezone.localdate().isoformat()

    def clean_lead(self):
        key = self.cleaned_data["lead"]
        return Organisation.objects.active().get(pk=key) if key else None


class ResolveForm(PromiseForm):
    """The minutes, and the first promise where there is one; more can be added afterwards."""

    minutes = words(
        gettext_lazy("What was found and decided"),
        gettext_lazy("Please write what was found and decided."),
        rows=4,
    )
    field_order = ["minutes", "text", "lead", "due_on"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in ("text", "lead", "due_on"):
            self.fields[name].required = False
        self.fields["text"].help_text = _("Only if work is left to do; it becomes a matter.")

    def clean(self):
        data = super().clean()
        if any(data.get(name) for name in ("text", "lead", "due_on")):
            for name in ("text", "lead", "due_on"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return data

    def decisions(self):
        data = self.cleaned_data
        if not data["text"]:
            return []
        return [{name: data[name] for name in ("text", "lead", "due_on")}]


class HandOverForm(forms.Form):
    """The minutes, and whose meeting takes it."""

    minutes = words(
        gettext_lazy("What was found, and what the secretaries are to decide"),
        gettext_lazy("Please write what was found and decided."),
        rows=4,
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Whose reception day"),
        choices=[
            ("street", gettext_lazy("The street's secretary")),
            ("district", gettext_lazy("The district's secretaries")),
        ],
        initial="street",
        widget=forms.RadioSelect,
    )


class ScoreForm(forms.Form):
    """Points for how it went, of the work and not of a person."""

    score = forms.TypedChoiceField(
        label=gettext_lazy("How did it go"),
        choices=POINTS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please give one to five points.")},
    )
    words = words(
        gettext_lazy("A few words"),
        limit=WORDS,
        rows=2,
        help_text=gettext_lazy("The other side reads it."),
    )


class WhistleFilterForm(forms.Form):
    """Which whistles a list shows; everything stands in the address."""

    state = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Community"), required=False)
    month = forms.CharField(widget=forms.HiddenInput, required=False)
    mine = forms.BooleanField(label=gettext_lazy("Only what concerns me"), required=False)

    def __init__(self, *args, places, **options):
        super().__init__(*args, **options)
        self.fields["state"].choices = [
            ("", _("Any status")),
            ("open", _("All open")),
            ("met", _("Points to give")),
            ("ended", _("All ended")),
            ("called", _("Departments were called")),
            *WhistleStatus.choices,
        ]
        self.fields["kind"].choices = [("", _("Any kind")), *WhistleKind.choices]
        self.fields["place"].choices = [("", _("Any community"))]
        self.fields["place"].choices += [(each.code, each.name) for each in places]
