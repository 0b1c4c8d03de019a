"""Grids from and to a spreadsheet: each faulty line is named, and then nothing is written."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from common.errors import RuleViolation
from grids import workflow
from grids.models import Grid


class ParentWidget(widgets.ForeignKeyWidget):
    """A parent by its grid code; an unknown one is a sentence, not an exception's name."""

    def clean(self, value, row=None, **kwargs):
        code = str(value or "").strip()
        if not code:
            return None
        grid = Grid.objects.defer("outline").filter(code=code).first()
        if grid is None:
            raise ValueError(_("There is no grid with the code %(code)s.") % {"code": code})
        return grid


class WholeNumberWidget(widgets.IntegerWidget):
    """A whole number; anything else is a sentence instead of an exception of the library."""

    def clean(self, value, row=None, **kwargs):
        try:
            return super().clean(value, row, **kwargs)
        except (ArithmeticError, ValueError) as error:
            shown = {"text": str(value)[:40]}
            raise ValueError(_("“%(text)s” is not a whole number.") % shown) from error


class GridResource(resources.ModelResource):
    """Adds and edits grids by `code`; the tree is kept right by `grids.workflow.save_grid`.

    A grid may name a parent that stands further up in the same file.
    """

    parent = fields.Field("parent", "parent", ParentWidget(Grid, "code"))
    level = fields.Field("level", "level", WholeNumberWidget())
    households = fields.Field("households", "households", WholeNumberWidget())
    population = fields.Field("population", "population", WholeNumberWidget())

    class Meta:
        model = Grid
        import_id_fields = ["code"]
        fields = [
            "code",
            "parent",
            "level",
            "name",
            "short_name",
            "kind",
            "form",
            "division_scheme",
            "division_code",
            "households",
            "population",
            "valid_from",
            "valid_to",
            "is_listed",
            "is_demonstration",
            "source",
        ]
        skip_unchanged = True
        report_skipped = False
        clean_model_instances = True
        use_transactions = True

    def before_import(self, dataset, **kwargs):
        self._seen = set()

    def before_import_row(self, row, **kwargs):
        code = str(row.get("code") or "").strip()
        if not code:
            raise ValidationError({"code": _("The code is missing.")})
        if code in self._seen:
            raise ValidationError({"code": _("This code stands further up in the file already.")})
        self._seen.add(code)
        row["code"] = code

    def import_instance(self, instance, row, **kwargs):
        super().import_instance(instance, row, **kwargs)
        if not instance.short_name:
            instance.short_name = instance.name
        if instance.division_code == "":
            instance.division_code = instance.division_scheme = None

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """Leave all checks but those of single cells to `save_grid`, which also makes the path."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def do_instance_save(self, instance, is_create):
        try:
            workflow.save_grid(instance)
        except RuleViolation as refusal:
            raise ValidationError({refusal.field or "code": str(refusal)}) from refusal
