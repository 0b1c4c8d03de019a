"""Categories from and to a spreadsheet by code; each faulty line is named, all lines or none."""

from django.utils.translation import gettext as _
from import_export import fields, widgets

from accounts.models import Organisation
from common.models import Version
from common.sheets import CodeWidget, SheetResource, WordWidget
from common.text import tidy
from specialists.choices import Handler
from tickets.choices import Priority
from tickets.models import Category

SEPARATOR = "|"


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
