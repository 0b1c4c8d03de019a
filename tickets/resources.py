"""Categories from and to a spreadsheet by code; each faulty line is named, all lines or none."""

from django.utils.translation import gettext as _
from import_export import fields, widgets

from accounts.models import Organisation
from common.models import Version
from common.sheets import CodeWidget, SheetResource, WordWidget
from common.text import tidy
from specialists.choices import Handler
from tickets.choices import ClockMode, LimitUnit, Priority
from tickets.models import Category

SEPARATOR = "|"


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
    clock_mode = fields.Field("clock_mode", "clock_mode", WordWidget(ClockMode))
    contact_seconds = fields.Field("contact_seconds", "contact_seconds", NumberWidget())
    limit_amount = fields.Field("limit_amount", "limit_amount", NumberWidget())
    limit_unit = fields.Field("limit_unit", "limit_unit", WordWidget(LimitUnit))
    keywords = fields.Field("keywords", "keywords", WordsWidget())

    class Meta(SheetResource.Meta):
        model = Category
        import_id_fields = ["code"]
        fields = [
            "code", "parent", "name", "name_en", "handler", "department", "co_departments",
            "property_helps", "priority", "clock_mode", "contact_seconds", "limit_amount",
            "limit_unit", "keywords", "is_immediate", "is_restricted", "emergency_number",
            "is_active",
        ]  # fmt: skip

    def after_import(self, dataset, result, **kwargs):
        Version.objects.bump("categories")
