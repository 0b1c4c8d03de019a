"""Time limits: published, withdrawn and applied to open matters, never edited or deleted."""

from dataclasses import replace

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, OuterRef, Subquery, When
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX

from accounts.models import User
from common.errors import AlreadyDone, RuleViolation
from tickets import policies, workflow
from tickets.admin.base import LookOnly, SheetsByRight
from tickets.catalogue import categories
from tickets.choices import Stage
from tickets.forms.admin import ANY_PRIORITY, MEANINGS, LookUpForm, PublishForm
from tickets.models import Policy
from tickets.reference import DATA_SAYS
from tickets.resources import LimitResource
from tickets.workflow import limits

IN_ORDER_OF_STAGES = Case(
    *(When(stage=stage, then=number) for number, stage in enumerate(Stage)),
    output_field=IntegerField(),
).asc()
# Where a refusal of the workflow stands in the form.
FIELDS = {"mode": "measure", "unit": "measure"}


class InForceFilter(admin.SimpleListFilter):
    """Limits in force unless somebody asks for the former ones."""

    title = gettext_lazy("in force or former")
    parameter_name = "in_force"

    def lookups(self, request, model_admin):
        return [
            ("no", pgettext_lazy("time limits", "Former")),
            ("all", pgettext_lazy("time limits", "All")),
        ]

    def choices(self, changelist):
        first, *rest = super().choices(changelist)
        return [first | {"display": pgettext_lazy("time limits", "In force")}, *rest]

    def queryset(self, request, queryset):
        if self.value() == "no":
            return queryset.exclude(until=None)
        return queryset if self.value() == "all" else queryset.filter(until=None)


class PublisherFilter(admin.SimpleListFilter):
    title = gettext_lazy("published by")
    parameter_name = "by"

    def lookups(self, request, model_admin):
        return [
            ("data", gettext_lazy("The district's table")),
            ("people", gettext_lazy("A person")),
        ]

    def queryset(self, request, queryset):
        by_table = {"published_by": DATA_SAYS}
        if self.value() == "people":
            return queryset.exclude(**by_table)
        return queryset.filter(**by_table) if self.value() == "data" else queryset


@admin.register(Policy)
class PolicyAdmin(LookOnly, SheetsByRight, ImportExportModelAdmin):
    resource_classes = [LimitResource]
    formats = [XLSX, CSV]
    change_list_template = "admin/tickets/policy/change_list.html"
    list_display = ["whose", "stage", "limit", "any_priority", "since", "until", "publisher"]
    list_filter = [InForceFilter, "stage", "priority", PublisherFilter]
    list_select_related = ["category"]
    search_fields = ["category__code", "category__name", "category__name_en", "note"]
    search_help_text = gettext_lazy("Code or name of a category, or words of the note")
    sortable_by = ["since"]
    ordering = ["category__code", IN_ORDER_OF_STAGES, "priority", "-since"]
    list_per_page = 100

    # --- Who may

    def has_add_permission(self, request):
        return request.user.has_perm("tickets.add_policy")

    def may_end(self, request):
        """Whether this person may withdraw limits and apply them to open matters."""
        return request.user.has_perm("tickets.change_policy")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("tickets.view_policy") or self.may_end(request)

    def get_urls(self):
        def wrap(view, name):
            return {"view": self.admin_site.admin_view(view), "name": f"tickets_policy_{name}"}

        own = [
            path("which/", **wrap(self.which_view, "which")),
            path("apply/", **wrap(self.apply_view, "apply")),
            path("<path:object_id>/withdraw/", **wrap(self.withdraw_view, "withdraw")),
        ]
        return own + super().get_urls()

    def get_queryset(self, request):
        """Name whoever published a limit, where that is a person."""
        people = User.objects.filter(username=OuterRef("published_by")).values("name")
        return super().get_queryset(request).annotate(publisher_name=Subquery(people[:1]))

    # --- The list

    @admin.display(description=gettext_lazy("category"))
    def whose(self, policy):
        return whose(policy)

    @admin.display(description=gettext_lazy("priority"))
    def any_priority(self, policy):
        return priority_of(policy)

    @admin.display(description=gettext_lazy("How long"))
    def limit(self, policy):
        return said(policy)

    @admin.display(description=gettext_lazy("published by"))
    def publisher(self, policy):
        return publisher_of(policy)

    def changelist_view(self, request, extra_context=None):
        context = {"may_end": self.may_end(request), "title": self.opts.verbose_name_plural}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_list_display(self, request):
        """Leave the end out where nothing has ended."""
        if request.GET.get(InForceFilter.parameter_name):
            return self.list_display
        return [name for name in self.list_display if name != "until"]

    def get_import_resource_kwargs(self, request, *args, **kwargs):
        given = super().get_import_resource_kwargs(request, *args, **kwargs)
        return given | {"by": request.user}

    # --- One limit

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show one limit and those before and after it; nothing here is ever edited."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        policy = self.policy_or_404(request, object_id)
        history = self.get_queryset(request).filter(
            stage=policy.stage, category=policy.category, priority=policy.priority
        )
        return self.page(
            request,
            "limit",
            title=f"{policy.get_stage_display()} · {said(policy)}",
            limit=Line(policy),
            history=[(Line(row), publisher_of(row)) for row in history.order_by("-since", "-pk")],
            may_publish=self.has_add_permission(request),
            may_end=self.may_end(request),
            is_widest=is_widest(policy),
        )

    def withdraw_view(self, request, object_id):
        """Say which limit would count instead; a POST withdraws."""
        if not self.may_end(request):
            raise PermissionDenied
        policy = self.policy_or_404(request, object_id)
        if request.method == "POST":
            try:
                workflow.withdraw_policy(policy, by=request.user)
            except AlreadyDone as news:
                messages.info(request, str(news))
            except RuleViolation as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, withdrawn_words())
            return redirect("admin:tickets_policy_change", policy.pk)
        instead = policies.wider(policy)
        return self.page(
            request,
            "withdraw",
            title=_("Withdraw a time limit"),
            limit=Line(policy),
            instead=instead and Line(instead),
        )

    # --- Publishing

    def add_view(self, request, form_url="", extra_context=None):
        """Publish a limit, `?like=` another one in its place."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        before = self.policy_asked(request)
        form = PublishForm(initial=PublishForm.initial_of(before) if before else None)
        if request.method == "POST":
            form = PublishForm(request.POST)
            if form.is_valid():
                policy = publish(request, form)
                if policy:
                    return redirect("admin:tickets_policy_change", policy.pk)
        return self.page(
            request,
            "publish",
            title=_("Publish a time limit"),
            form=form,
            before=Line(before) if before and before.until is None else None,
        )

    def policy_asked(self, request):
        asked = request.GET.get("like", "")
        return Policy.objects.filter(pk=asked).first() if is_number(asked) else None

    def policy_or_404(self, request, object_id):
        rows = self.get_queryset(request).select_related("category")
        return get_object_or_404(rows, pk=object_id if is_number(object_id) else 0)

    # --- Which limit counts

    def which_view(self, request):
        """Show the limits that count for a category, and why these."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = LookUpForm(request.GET or None)
        facts = None
        if form.is_valid():
            facts = categories[form.cleaned_data["category"]]
            facts = replace(facts, priority=form.cleaned_data["priority"] or facts.priority)
        return self.page(
            request,
            "which",
            title=_("Which limits count"),
            form=form,
            facts=facts,
            priority=facts and dict(form.fields["priority"].choices)[facts.priority],
            promises=promises_of(facts) if facts else [],
        )

    # --- Open matters

    def apply_view(self, request):
        """Show what the limits of now would do to open matters; a POST has the worker do it."""
        if not self.may_end(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                limits.ask_to_apply(seen=revision_seen(request), by=request.user)
            except AlreadyDone as news:
                messages.info(request, str(news))
            except RuleViolation as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, applying_words())
            return redirect("admin:tickets_policy_apply")
        is_running = limits.is_being_applied()
        moves = workflow.preview_policies()
        stages = [(stage.label, moves.stages[stage]) for stage in Stage if moves.stages[stage]]
        return self.page(
            request,
            "apply",
            title=_("Apply the limits to open matters"),
            moves=moves,
            stages=stages,
            is_running=is_running,
        )

    def page(self, request, template, **context):
        frame = self.admin_site.each_context(request)
        frame |= {"opts": self.opts, "is_nav_sidebar_enabled": False}
        return render(request, f"admin/tickets/policy/{template}.html", frame | context)


# --- Words ---------------------------------------------------------------------------------


class Line:
    """A limit as the pages show it."""

    def __init__(self, policy):
        self.policy = policy
        self.limit = said(policy)
        self.whose = whose(policy)
        self.priority = priority_of(policy)
        self.meaning = MEANINGS[policy.stage]


def said(policy):
    return policies.in_words(policy.mode, policy.amount, policy.unit)


def whose(policy):
    """Name the category a limit is for."""
    category = policy.category
    if category is None:
        return _("Every category")
    label = f"{category.code} {category.label}"
    return _("All of “%(top)s”") % {"top": label} if category.parent_id is None else label


def priority_of(policy):
    return policy.get_priority_display() if policy.priority else ANY_PRIORITY


def publisher_of(policy):
    """Name whoever published a limit of the admin's queryset."""
    if policy.published_by == DATA_SAYS:
        return _("The district's table")
    return policy.publisher_name or policy.published_by


def is_widest(policy):
    return policy.category_id is None and not policy.priority


def promises_of(facts):
    """Return [(stage, meaning, the line that counts or None, why, the lines it goes before)]."""
    return [
        (
            stage.label,
            MEANINGS[stage],
            Line(rows[0]) if rows else None,
            why(rows[0], facts) if rows else "",
            [Line(row) for row in rows[1:]],
        )
        for stage, rows in policies.fitting(facts).items()
    ]


def why(policy, facts):
    """Say in a few words why this limit counts for a category and no wider one."""
    if policy.category_id is None:
        reason = _("for every category")
    elif policy.category_id == facts.id:
        reason = _("this category's own")
    else:
        reason = _("that of its top, “%(top)s”") % {"top": policy.category.label}
    if not policy.priority:
        return reason
    return _("%(reason)s, at the priority “%(priority)s”") % {
        "reason": reason,
        "priority": policy.get_priority_display(),
    }


def withdrawn_words():
    return _("The limit is withdrawn for new matters. Open matters keep theirs.")


def applying_words():
    return _("The limits are being applied to open matters. This page shows what is still to do.")


# --- Steps ---------------------------------------------------------------------------------


def publish(request, form):
    """Publish what the form says; None where that is refused, in words at its place."""
    try:
        policy = workflow.publish_policy(**form.terms(), by=request.user)
    except AlreadyDone as news:
        messages.info(request, str(news))
        return None
    except RuleViolation as refusal:
        form.add_error(FIELDS.get(refusal.field, refusal.field), refusal.message)
        return None
    messages.success(request, _("The limit is in force for new matters. Open matters keep theirs."))
    return policy


def revision_seen(request):
    """Return the revision that the preview showed; -1, which never was, when it is unreadable."""
    text = request.POST.get("seen", "")
    return int(text) if is_number(text) else -1


def is_number(text):
    return text.isascii() and text.isdigit() and len(text) < 19
