"""People, organisations and postings from and to a spreadsheet; each faulty line is named.

People are known by user name, organisations and grids by code. Cells that say nothing are left
out; nothing is written as long as one line is faulty.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, widgets

from accounts import workflow
from accounts.choices import OrganisationKind, Role
from accounts.models import Organisation, Posting, User
from common.errors import RuleViolation
from common.models import Version
from common.sheets import CodeWidget, SheetResource, WordWidget
from common.text import normalise_phone
from grids.models import Grid


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


class UserResource(SheetResource):
    """People by user name. New ones have no password until an administrator sets one."""

    phone = fields.Field("phone", "phone", PhoneWidget())

    class Meta(SheetResource.Meta):
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


class OrganisationResource(SheetResource):
    """Organisations by code."""

    kind = fields.Field("kind", "kind", WordWidget(OrganisationKind))
    phone = fields.Field("phone", "phone", PhoneWidget(service=True))
    grid = fields.Field(
        "grid",
        "grid",
        CodeWidget(Grid, "code", lambda: _("There is no grid with the code %(code)s.")),
    )

    class Meta(SheetResource.Meta):
        model = Organisation
        import_id_fields = ["code"]
        fields = [
            "code", "name", "name_en", "kind", "phone", "grid", "is_active", "is_demonstration",
        ]  # fmt: skip

    def after_import(self, dataset, result, **kwargs):
        Version.objects.bump("organisations")


class PostingResource(SheetResource):
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

    class Meta(SheetResource.Meta):
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
