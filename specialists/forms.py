"""Filters of the directory and of the coverage page, and the admin's form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from common.errors import RuleViolation
from grids.choices import GridLevel
from grids.models import Grid
from specialists import workflow
from specialists.models import Assignment


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
