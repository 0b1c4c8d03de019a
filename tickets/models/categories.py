"""Kinds of matter: who handles them and what is promised."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Organisation
from specialists.choices import Handler
from tickets.choices import ClockMode, LimitUnit, Priority


class CategoryQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class Category(models.Model):
    """A kind of matter: who handles it and what is promised (domain notes, ticket categories)."""

    code = models.CharField(_("code"), max_length=4, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("top"),
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60)
    handler = models.CharField(
        _("handled by"), max_length=12, choices=Handler.choices, default=Handler.COMMUNITY
    )
    department = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    co_departments = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("co-handlers")
    )
    # The company of the estate where it happened helps, whichever that is.
    property_helps = models.BooleanField(_("property company helps"), default=False)
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority.choices, default=Priority.NORMAL
    )
    clock_mode = models.CharField(
        _("clock"), max_length=8, choices=ClockMode.choices, default=ClockMode.BUSINESS
    )
    # First word from a person, always in seconds of the category's clock.
    contact_seconds = models.PositiveIntegerField(_("first contact within (s)"), default=8 * 3600)
    limit_amount = models.PositiveIntegerField(_("limit"), default=5)
    limit_unit = models.CharField(
        _("unit of the limit"),
        max_length=12,
        choices=LimitUnit.choices,
        default=LimitUnit.WORKING_DAYS,
    )
    keywords = models.JSONField(_("keywords"), default=list, blank=True)
    is_immediate = models.BooleanField(_("handed over at once"), default=False)
    is_restricted = models.BooleanField(_("few readers"), default=False)
    # 110, 119 or 120: shown before anything else is asked.
    emergency_number = models.CharField(_("emergency number"), max_length=5, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = CategoryQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[co_departments])

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(handler=Handler.DEPARTMENT)
                | Q(department__isnull=False)
                | Q(parent=None),
                name="tickets_category_department_named",
                violation_error_message=_("Name the department that handles this category."),
            ),
            models.CheckConstraint(
                condition=Q(limit_amount__gte=1),
                name="tickets_category_limit_positive",
                violation_error_message=_("The limit must be at least one."),
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def label(self):
        """The name in the language of the page."""
        return self.name_en if get_language() == "en" else self.name
