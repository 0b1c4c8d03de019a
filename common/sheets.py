"""What imports from a spreadsheet share: each faulty line is named, and all are written or none."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import resources, widgets

from common.text import tidy


class CodeWidget(widgets.ForeignKeyWidget):
    """Another row by its code; an unknown one is a sentence, not an exception's name.

    `sentence` returns that sentence, with a place for %(code)s.
    """

    def __init__(self, model, field="code", sentence=None):
        super().__init__(model, field)
        self.sentence = sentence or (lambda: _("Nothing has the code %(code)s."))

    def clean(self, value, row=None, **kwargs):
        code = str(value or "").strip()
        if not code:
            return None
        found = self.model.objects.filter(**{self.field: code}).first()
        if found is None:
            raise ValueError(self.sentence() % {"code": code[:40]})
        return found


class WordWidget(widgets.CharWidget):
    """One word out of a list, e.g. a role."""

    def __init__(self, choices):
        super().__init__()
        self.choices = choices

    def clean(self, value, row=None, **kwargs):
        word = str(value or "").strip()
        if word not in self.choices.values:
            known = {"word": word[:40], "known": ", ".join(self.choices.values)}
            raise ValueError(_("“%(word)s” is none of: %(known)s.") % known)
        return word


class SheetResource(resources.ModelResource):
    """One line for one thing, each thing on one line only; all lines are written or none."""

    class Meta:
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
        key = []
        for name in self._meta.import_id_fields:
            row[name] = tidy(str(row.get(name) or ""), 150, one_line=True)
            key.append(row[name])
        first = self._meta.import_id_fields[0]
        if not row[first]:
            raise ValidationError({first: _("This cell must not be empty.")})
        if tuple(key) in self._seen:
            raise ValidationError({first: _("The same stands further up in the file already.")})
        self._seen.add(tuple(key))
