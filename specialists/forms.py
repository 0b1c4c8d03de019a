"""Filters of the directory and of the coverage page, and the admin's form."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import OrganisationKind
from accounts.models import Organisation
from accounts.reports import day_of
from common.errors import RuleViolation
from common.forms import PhoneField
from grids.choices import GridLevel
from grids.models import Grid
from specialists import workflow
from specialists.choices import Weekday
from specialists.duty import monday_of
from specialists.models import Assignment, DutyShift


class _CodeChoice(forms.ModelChoiceField):
    """A choice whose value in the address is the code, so that a link says what it shows."""

    def __init__(self, queryset, **options):
        super().__init__(queryset, to_field_name="code", required=False, **options)


def _places(*levels):
    return Grid.objects.listed().at_level(*levels).only("code", "short_name", "path", "level")


class _PlaceChoice(_CodeChoice):
    def label_from_instance(self, grid):
        # The communities stand under their street.
        return ("　" if grid.level == GridLevel.COMMUNITY else "") + grid.short_name


class DirectoryForm(forms.Form):
    """Where and for which organisation somebody is looked for."""

    grid = _PlaceChoice(
        Grid.objects.none(), label=_("Street or community"), empty_label=_("Everywhere")
    )
    organisation = _CodeChoice(
        Organisation.objects.none(), label=_("Organisation"), empty_label=_("All of them")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].queryset = _places(GridLevel.STREET, GridLevel.COMMUNITY)
        self.fields["organisation"].queryset = (
            Organisation.objects.active().filter(postings__assignments__isnull=False).distinct()
        )


class CoverageForm(forms.Form):
    """The street whose communities are looked at."""

    street = _CodeChoice(Grid.objects.none(), label=_("Street"), empty_label=_("All streets"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = _places(GridLevel.STREET)


class AssignmentForm(forms.ModelForm):
    """A specialist's place in the admin, with the rules of `workflow.assign`."""

    class Meta:
        model = Assignment
        fields = ["posting", "grid", "kind", "valid_from", "valid_to"]

    def clean(self):
        data = super().clean()
        if not self.errors:
            try:
                workflow.check(data["posting"], data["grid"], data["kind"])
            except RuleViolation as refusal:
                self.add_error(refusal.field, refusal.message)
        return data


class WeekForm(forms.Form):
    """Which week of the duty roster, by any of its days, and of which organisation."""

    day = forms.DateField(
        label=_("Week of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    organisation = _CodeChoice(
        Organisation.objects.none(), label=_("Organisation"), empty_label=_("All of them")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("day", monday_of(day_of()))
        self.fields["organisation"].queryset = (
            Organisation.objects.active()
            .filter(Q(kind=OrganisationKind.UTILITY) | Q(postings__duty_shifts__isnull=False))
            .distinct()
        )

    @property
    def monday(self):
        """The first day of the week asked for, of this week where none is or it makes no sense."""
        asked = self.cleaned_data.get("day") if self.is_valid() else None
        if asked is None or not 2000 <= asked.year <= 2999:
            asked = day_of()
        return monday_of(asked)


class ShiftForm(forms.ModelForm):
    """A duty shift in the admin, with the rules of `workflow.check_shift`."""

    weekdays = forms.MultipleChoiceField(
        label=_("days of the week"),
        choices=Weekday.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every day from the first to the last."),
    )
    phone = PhoneField(label=_("phone at night"), required=False, service=True)

    class Meta:
        model = DutyShift
        fields = ["posting", "weekdays", "starts_at", "ends_at", "phone", "valid_from", "valid_to"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["weekdays"] = list(self.instance.weekdays)

    def clean_weekdays(self):
        return "".join(sorted(self.cleaned_data["weekdays"]))

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            try:
                workflow.check_shift(self.instance)
            except RuleViolation as refusal:
                self.add_error(refusal.field, refusal.message)
