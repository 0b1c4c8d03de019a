"""Kinds of matter and who handles them; what is promised stands in the policies."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Organisation
from specialists.choices import Handler
from tickets.choices import Priority


class CategoryQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class Category(models.Model):
    """A kind of matter and who handles it (domain notes, ticket categories)."""

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
        ]

    def __str__(self):
        return self.label

    @property
    def label(self):
        """The name in the language of the page."""
        return self.name_en if get_language() == "en" else self.name
