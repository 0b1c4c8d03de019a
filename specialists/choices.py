"""Two kinds of service specialist (domain glossary)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpecialistKind(models.TextChoices):
    """A community's own specialist coordinates all departments; a contact answers for one."""

    COMMUNITY = "community", _("The community's own specialist")
    CONTACT = "contact", _("Contact of an organisation")
