"""The admin's form for a grid: what the tree does not allow is a sentence at the field."""

from django import forms

from common.errors import RuleViolation
from grids import workflow
from grids.models import Grid


class GridForm(forms.ModelForm):
    class Meta:
        model = Grid
        fields = [
            "code",
            "parent",
            "level",
            "kind",
            "form",
            "name",
            "short_name",
            "division_scheme",
            "division_code",
            "other_codes",
            "households",
            "population",
            "latitude",
            "longitude",
            "outline",
            "valid_from",
            "valid_to",
            "is_listed",
            "is_demonstration",
            "source",
        ]

    def clean(self):
        data = super().clean()
        if "level" not in data or "kind" not in data or self.errors:
            return data
        before = Grid.objects.filter(pk=self.instance.pk).first()
        after = Grid(parent=data.get("parent"), level=data["level"], kind=data["kind"])
        after.outline = data.get("outline")
        try:
            workflow.check(after, before=before, parent=data.get("parent"))
        except RuleViolation as refusal:
            self.add_error(refusal.field, refusal.message)
        return data
