"""Categories and time limits from and to a spreadsheet; each faulty line is named, all or none."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, widgets

from accounts.models import Organisation
from common.errors import RuleViolation
from common.models import Version
from common.sheets import CodeWidget, SheetResource, WordWidget
from common.text import tidy
from specialists.choices import Handler
from tickets import workflow
from tickets.choices import ClockMode, LimitUnit, Priority, Stage
from tickets.models import Category, Policy
from tickets.policies import amount_of, hours_of

SEPARATOR = "|"
HOURS = "hours"


class WordsWidget(widgets.Widget):
    """Several words in one cell, with a stroke between them."""

    def clean(self, value, row=None, **kwargs):
        words = tidy(str(value or ""), 2_000, one_line=True).split(SEPARATOR)
        return [word.strip() for word in words if word.strip()]

    def render(self, value, obj=None, **kwargs):
        return SEPARATOR.join(value or [])


class CodesWidget(widgets.ManyToManyWidget):
    """Several rows by their codes, with a stroke between them."""

    def clean(self, value, row=None, **kwargs):
        codes = WordsWidget().clean(value)
        found = {each.code: each for each in self.model.objects.filter(code__in=codes)}
        for code in codes:
            if code not in found:
                raise ValueError(_("Nothing has the code %(code)s.") % {"code": code[:40]})
        return list(found.values())


class CategoryResource(SheetResource):
    """Categories by code; a top may stand further up in the same file."""

    parent = fields.Field("parent", "parent", CodeWidget(Category))
    handler = fields.Field("handler", "handler", WordWidget(Handler))
    department = fields.Field("department", "department", CodeWidget(Organisation))
    co_departments = fields.Field(
        "co_departments",
        "co_departments",
        CodesWidget(Organisation, separator=SEPARATOR, field="code"),
    )
    priority = fields.Field("priority", "priority", WordWidget(Priority))
    keywords = fields.Field("keywords", "keywords", WordsWidget())

    class Meta(SheetResource.Meta):
        model = Category
        import_id_fields = ["code"]
        fields = [
            "code", "parent", "name", "name_en", "handler", "department", "co_departments",
            "property_helps", "priority", "keywords", "is_immediate", "is_restricted",
            "emergency_number", "is_active",
        ]  # fmt: skip

    def after_import(self, dataset, result, **kwargs):
        Version.objects.bump("categories")


# --- Time limits ---------------------------------------------------------------------------


class AnyPriorityWidget(WordWidget):
    """A priority; an empty cell means any."""

    def clean(self, value, row=None, **kwargs):
        return super().clean(value, row, **kwargs) if str(value or "").strip() else ""


class UnitWidget(widgets.Widget):
    """Hours or working days, as people count; hours are kept as seconds."""

    def clean(self, value, row=None, **kwargs):
        word = str(value or "").strip()
        known = {HOURS: LimitUnit.SECONDS, LimitUnit.WORKING_DAYS.value: LimitUnit.WORKING_DAYS}
        if word not in known:
            shown = {"word": word[:40], "known": ", ".join(known)}
            raise ValueError(_("“%(word)s” is none of: %(known)s.") % shown)
        return known[word].value

    def render(self, value, obj=None, **kwargs):
        return HOURS if value == LimitUnit.SECONDS else value


class AmountWidget(widgets.Widget):
    """How many of the line's unit."""

    def clean(self, value, row=None, **kwargs):
        is_days = str(row.get("unit") or "").strip() == LimitUnit.WORKING_DAYS
        try:
            return amount_of(value, LimitUnit.WORKING_DAYS if is_days else LimitUnit.SECONDS)
        except RuleViolation as refusal:
            raise ValueError(str(refusal)) from refusal


class LimitResource(SheetResource):
    """The limits in force, by stage, category and priority; a line that differs is published.

    No line is a withdrawal: what the file does not name stays as it is.
    """

    stage = fields.Field("stage", "stage", WordWidget(Stage))
    category = fields.Field("category", "category", CodeWidget(Category))
    priority = fields.Field("priority", "priority", AnyPriorityWidget(Priority))
    mode = fields.Field("mode", "clock", WordWidget(ClockMode))
    amount = fields.Field("amount", "amount", AmountWidget())
    unit = fields.Field("unit", "unit", UnitWidget())

    class Meta(SheetResource.Meta):
        model = Policy
        import_id_fields = ["stage", "category", "priority"]
        fields = import_order = export_order = [
            "stage", "category", "priority", "mode", "amount", "unit",
        ]  # fmt: skip

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.by = kwargs.get("by")

    def dehydrate_amount(self, policy):
        """Return how many hours or working days a limit is; a cell knows nothing of its line."""
        if policy.amount is None or policy.unit != LimitUnit.SECONDS:
            return policy.amount
        return hours_of(policy.amount)

    def filter_export(self, queryset, **kwargs):
        return queryset.filter(until=None).select_related("category")

    def get_instance(self, instance_loader, row):
        return (
            Policy.objects.in_force()
            .filter(
                stage=row["stage"],
                category__code=row["category"] or None,
                priority=row["priority"],
            )
            .first()
        )

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        instance.published_by = instance.published_by or self.by.get_username()
        super().validate_instance(instance, import_validation_errors, validate_unique)

    def do_instance_save(self, instance, is_create):
        terms = {
            name: getattr(instance, name)
            for name in ("stage", "category", "priority", "mode", "amount", "unit")
        }
        try:
            instance.pk = workflow.publish_policy(**terms, by=self.by).pk
        except RuleViolation as refusal:
            raise ValidationError({refusal.field or "amount": str(refusal)}) from refusal
