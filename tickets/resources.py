"""Categories from and to a spreadsheet by code; each faulty line is named, all lines or none."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from accounts.models import Organisation
from common.models import Version
from common.text import tidy
from specialists.choices import Handler
from tickets.choices import ClockMode, LimitUnit, Priority
from tickets.models import Category

SEPARATOR = "|"


class WordWidget(widgets.CharWidget):
    """One word out of a list of choices."""

    def __init__(self, choices):
        super().__init__()
        self.choices = choices

    def clean(self, value, row=None, **kwargs):
        word = str(value or "").strip()
        if word not in self.choices.values:
            known = {"word": word[:40], "known": ", ".join(self.choices.values)}
            raise ValueError(_("“%(word)s” is none of: %(known)s.") % known)
        return word


class NumberWidget(widgets.IntegerWidget):
    """A whole number above zero."""

    def clean(self, value, row=None, **kwargs):
        text = str(value if value is not None else "").strip().removesuffix(".0")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31):
            raise ValueError(_("“%(text)s” is not a whole number.") % {"text": text[:40]})
        return int(text)


class WordsWidget(widgets.Widget):
    """Several words in one cell, with a stroke between them."""

    def clean(self, value, row=None, **kwargs):
        words = tidy(str(value or ""), 2_000, one_line=True).split(SEPARATOR)
        return [word.strip() for word in words if word.strip()]

    def render(self, value, obj=None, **kwargs):
        return SEPARATOR.join(value or [])


class CodeWidget(widgets.ForeignKeyWidget):
    """Another row by its code; an unknown one is a sentence."""

    def clean(self, value, row=None, **kwargs):
        code = str(value or "").strip()
        if not code:
            return None
        found = self.model.objects.filter(code=code).first()
        if found is None:
            raise ValueError(_("Nothing has the code %(code)s.") % {"code": code[:40]})
        return found


class CodesWidget(widgets.ManyToManyWidget):
    """Several rows by their codes, with a stroke between them."""

    def clean(self, value, row=None, **kwargs):
        codes = WordsWidget().clean(value)
        found = {each.code: each for each in self.model.objects.filter(code__in=codes)}
        for code in codes:
            if code not in found:
                raise ValueError(_("Nothing has the code %(code)s.") % {"code": code[:40]})
        return list(found.values())


class CategoryResource(resources.ModelResource):
    """Categories by code; a top may stand further up in the same file."""

    parent = fields.Field("parent", "parent", CodeWidget(Category, "code"))
    handler = fields.Field("handler", "handler", WordWidget(Handler))
    department = fields.Field("department", "department", CodeWidget(Organisation, "code"))
    co_departments = fields.Field(
        "co_departments",
        "co_departments",
        CodesWidget(Organisation, separator=SEPARATOR, field="code"),
    )
    priority = fields.Field("priority", "priority", WordWidget(Priority))
    clock_mode = fields.Field("clock_mode", "clock_mode", WordWidget(ClockMode))
    contact_seconds = fields.Field("contact_seconds", "contact_seconds", NumberWidget())
    limit_amount = fields.Field("limit_amount", "limit_amount", NumberWidget())
    limit_unit = fields.Field("limit_unit", "limit_unit", WordWidget(LimitUnit))
    keywords = fields.Field("keywords", "keywords", WordsWidget())

    class Meta:
        model = Category
        import_id_fields = ["code"]
        fields = [
            "code", "parent", "name", "name_en", "handler", "department", "co_departments",
            "property_helps", "priority", "clock_mode", "contact_seconds", "limit_amount",
            "limit_unit", "keywords", "is_immediate", "is_restricted", "emergency_number",
            "is_active",
        ]  # fmt: skip
        skip_unchanged = True
        report_skipped = False
        clean_model_instances = True
        use_transactions = True

    def import_data(self, dataset, rollback_on_validation_errors=True, **kwargs):
        """Write all lines or none, whatever kind of fault one of them has."""
        return super().import_data(
            dataset, rollback_on_validation_errors=rollback_on_validation_errors, **kwargs
        )

    def before_import(self, dataset, **kwargs):
        self._seen = set()

    def before_import_row(self, row, **kwargs):
        row["code"] = code = tidy(str(row.get("code") or ""), 20, one_line=True)
        if not code:
            raise ValidationError({"code": _("This cell must not be empty.")})
        if code in self._seen:
            raise ValidationError({"code": _("The same stands further up in the file already.")})
        self._seen.add(code)

    def after_import(self, dataset, result, **kwargs):
        Version.objects.bump("categories")
