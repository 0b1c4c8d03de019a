"""People, organisations and postings from and to a spreadsheet; each faulty line is named.

People are known by user name, organisations and grids by code. Cells that say nothing are left
out; nothing is written as long as one line is faulty.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from accounts import workflow
from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation, Posting, User
from common.errors import RuleViolation
from common.models import Version
from common.text import normalise_phone, tidy
from grids.models import Grid


class CodeWidget(widgets.ForeignKeyWidget):
    """Another row by its code; an unknown one is a sentence, not an exception's name."""

    def __init__(self, model, field, sentence):
        super().__init__(model, field)
        self.sentence = sentence

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


class PhoneWidget(widgets.CharWidget):
    """A phone in any habit of writing, also as a number cell."""

    def __init__(self, *, service=False):
        super().__init__(allow_blank=True)
        self.service = service

    def clean(self, value, row=None, **kwargs):
        typed = str(value or "").strip().removesuffix(".0")
        if not typed:
            return "" if self.service else None
        try:
            return normalise_phone(typed, service=self.service)
        except RuleViolation as refusal:
            raise ValueError(str(refusal)) from refusal


class DayWidget(widgets.DateWidget):
    """A day; anything else is a sentence."""

    def clean(self, value, row=None, **kwargs):
        try:
            return super().clean(value, row, **kwargs)
        except (TypeError, ValueError) as error:
            shown = {"text": str(value)[:40]}
            raise ValueError(_("“%(text)s” is not a day like 2026-03-10.") % shown) from error


class _Resource(resources.ModelResource):
    """What all three share: one line for one thing, each thing on one line only."""

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


class UserResource(_Resource):
    """People by user name. New ones have no password until an administrator sets one."""

    phone = fields.Field("phone", "phone", PhoneWidget())

    class Meta(_Resource.Meta):
        model = User
        import_id_fields = ["username"]
        fields = ["username", "name", "phone", "is_demonstration"]

    def before_save_instance(self, instance, row, **kwargs):
        if not instance.password:
            instance.set_unusable_password()

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        if not instance.password:
            instance.set_unusable_password()
        super().validate_instance(instance, import_validation_errors, validate_unique)


class OrganisationResource(_Resource):
    """Organisations by code."""

    kind = fields.Field("kind", "kind", WordWidget(OrganisationKind))
    phone = fields.Field("phone", "phone", PhoneWidget(service=True))
    grid = fields.Field(
        "grid",
        "grid",
        CodeWidget(Grid, "code", lambda: _("There is no grid with the code %(code)s.")),
    )

    class Meta(_Resource.Meta):
        model = Organisation
        import_id_fields = ["code"]
        fields = [
            "code", "name", "name_en", "kind", "phone", "grid", "is_active", "is_demonstration",
        ]  # fmt: skip

    def after_import(self, dataset, result, **kwargs):
        Version.objects.bump("organisations")


class PostingResource(_Resource):
    """Postings by person, role and place; new ones are made by `workflow.post`, so audited."""

    user = fields.Field(
        "user",
        "user",
        CodeWidget(User, "username", lambda: _("There is nobody with the user name %(code)s.")),
    )
    role = fields.Field("role", "role", WordWidget(Role))
    grid = fields.Field(
        "grid",
        "grid",
        CodeWidget(Grid, "code", lambda: _("There is no grid with the code %(code)s.")),
    )
    organisation = fields.Field(
        "organisation",
        "organisation",
        CodeWidget(
            Organisation, "code", lambda: _("There is no organisation with the code %(code)s.")
        ),
    )
    valid_from = fields.Field("valid_from", "valid_from", DayWidget())
    valid_to = fields.Field("valid_to", "valid_to", DayWidget())

    class Meta(_Resource.Meta):
        model = Posting
        import_id_fields = ["user", "role", "grid", "organisation"]
        fields = ["user", "role", "grid", "organisation", "valid_from", "valid_to"]

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.by = kwargs.get("by")

    def get_instance(self, instance_loader, row):
        return Posting.objects.filter(
            user__username=row["user"],
            role=row["role"],
            grid__code=row["grid"] or None,
            organisation__code=row["organisation"] or None,
        ).first()

    def import_instance(self, instance, row, **kwargs):
        begun = instance.valid_from
        super().import_instance(instance, row, **kwargs)
        instance.valid_from = instance.valid_from or begun

    def do_instance_save(self, instance, is_create):
        facts = {
            name: getattr(instance, name)
            for name in ("role", "grid", "organisation", "valid_from", "valid_to")
        }
        try:
            if is_create:
                instance.pk = workflow.post(instance.user, by=self.by, **facts).pk
            else:
                workflow.change_posting(instance, by=self.by, **facts)
        except RuleViolation as refusal:
            raise ValidationError({"role": str(refusal)}) from refusal
