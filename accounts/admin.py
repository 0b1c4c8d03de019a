"""People, organisations and postings in the admin; roles are given and taken by the workflow."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from simple_history.admin import SimpleHistoryAdmin

from accounts import workflow
from accounts.forms import LeaveForm, PostingForm
from accounts.models import Leave, Organisation, Posting, User
from accounts.resources import OrganisationResource, PostingResource, UserResource
from common.errors import RuleViolation
from common.forms import PhoneField
from common.models import Version
from common.workflow import record

# A change of these must not leave an open session behind.
SESSION_FIELDS = {"username", "phone", "is_active", "is_staff", "is_superuser", "groups"}


class NewPersonForm(AdminUserCreationForm):
    """A new person: user name, name, phone, and a password or none."""

    phone = PhoneField(label=gettext_lazy("phone"), required=False, service=True)

    class Meta:
        model = User
        fields = ["username", "name", "phone"]

    def clean_phone(self):
        return self.cleaned_data["phone"] or None


class PersonForm(UserChangeForm):
    phone = PhoneField(label=gettext_lazy("phone"), required=False, service=True)

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {}

    def clean_phone(self):
        return self.cleaned_data["phone"] or None


@admin.register(User)
class PersonAdmin(ImportExportModelAdmin, SimpleHistoryAdmin, UserAdmin):
    add_form = NewPersonForm
    form = PersonForm
    resource_classes = [UserResource]
    formats = [XLSX, CSV]
    list_display = ["username", "name", "phone", "is_active", "is_staff", "is_demonstration"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_demonstration", "postings__role"]
    search_fields = ["username", "name", "phone"]
    ordering = ["username"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["end_sessions", "take_second_step_away"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (gettext_lazy("Person"), {"fields": ["name", "phone", "phone_verified"]}),
        (
            gettext_lazy("Administration"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "is_demonstration"]},
        ),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": [
                    "username",
                    "name",
                    "phone",
                    "usable_password",
                    "password1",
                    "password2",
                ],
            },
        )
    ]
    readonly_fields = ["last_login", "date_joined", "phone_verified"]
    filter_horizontal = ["groups"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and SESSION_FIELDS.intersection(form.changed_data):
            workflow.end_sessions(obj)
        detail = {"fields": list(form.changed_data)}
        record(
            "edit_person" if change else "add_person", by=request.user, object=obj, detail=detail
        )

    @admin.action(description=gettext_lazy("End all their sessions"))
    def end_sessions(self, request, queryset):
        for user in queryset:
            workflow.end_sessions(user)
        messages.success(request, _("Their sessions have ended."))

    @admin.action(description=gettext_lazy("Take the second step away (lost telephone)"))
    def take_second_step_away(self, request, queryset):
        for user in queryset:
            workflow.forget_second_step(user, by=request.user)
        messages.success(request, _("They set up the second step at their next sign-in."))


@admin.register(Organisation)
class OrganisationAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    resource_classes = [OrganisationResource]
    formats = [XLSX, CSV]
    list_display = ["name", "code", "kind", "phone", "grid", "is_active", "is_demonstration"]
    list_filter = ["kind", "is_active", "is_demonstration"]
    list_select_related = ["grid"]
    search_fields = ["name", "code", "name_en"]
    autocomplete_fields = ["grid"]
    ordering = ["code"]

    def save_model(self, request, obj, form, change):
        """Keep the row, and let every process read the names again."""
        super().save_model(request, obj, form, change)
        Version.objects.bump("organisations")

    def has_delete_permission(self, request, obj=None):
        return False


class LeaveInline(admin.TabularInline):
    """Leave of one posting; new rows are granted by the workflow."""

    model = Leave
    form = LeaveForm
    autocomplete_fields = ["substitute"]
    extra = 0


@admin.register(Posting)
class PostingAdmin(ImportExportModelAdmin, SimpleHistoryAdmin):
    form = PostingForm
    resource_classes = [PostingResource]
    formats = [XLSX, CSV]
    list_display = ["user", "role", "grid", "organisation", "valid_from", "valid_to"]
    list_filter = ["role", "valid_to"]
    list_select_related = ["user", "grid", "organisation"]
    search_fields = [
        "user__username",
        "user__name",
        "grid__short_name",
        "grid__code",
        "organisation__name",
    ]
    autocomplete_fields = ["user", "grid", "organisation"]
    ordering = ["-pk"]
    inlines = [LeaveInline]
    actions = ["end_today"]

    def get_import_resource_kwargs(self, request, *args, **kwargs):
        given = super().get_import_resource_kwargs(request, *args, **kwargs)
        return given | {"by": request.user}

    def save_model(self, request, obj, form, change):
        facts = {name: form.cleaned_data[name] for name in form.fields}
        if change:
            workflow.change_posting(obj, by=request.user, **facts)
        else:
            obj.pk = workflow.post(facts.pop("user"), by=request.user, **facts).pk
            obj._state.adding = False

    def save_formset(self, request, form, formset, change):
        for leave in formset.save(commit=False):
            if leave.pk:
                leave.save()
                record("change_leave", by=request.user, object=leave)
            else:
                days = (leave.first_day, leave.last_day)
                workflow.grant_leave(leave.posting, *days, leave.substitute, by=request.user)
        for leave in formset.deleted_objects:
            record("cancel_leave", by=request.user, object=leave)
            leave.delete()

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description=gettext_lazy("End these postings"))
    def end_today(self, request, queryset):
        ended = 0
        for posting in queryset:
            try:
                workflow.end_posting(posting, by=request.user)
                ended += 1
            except RuleViolation as refusal:
                messages.info(request, f"{posting}: {refusal}")
        if ended:
            messages.success(request, _("%(count)d postings have ended.") % {"count": ended})
