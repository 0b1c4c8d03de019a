"""Levels, kinds and forms of the places that the district's grid is made of."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class GridLevel(models.IntegerChoices):
    """The five levels; community, village and sub-area are the programme's levels 1, 2 and 3."""

    DISTRICT = 1, _("District")
    STREET = 2, _("Street")
    COMMUNITY = 3, _("Community")
    VILLAGE = 4, _("Village or estate")
    SUBAREA = 5, _("Sub-area")


class GridKind(models.TextChoices):
    """Base grids cover the land; special ones are a school or park, micro ones a stairwell."""

    BASE = "base", pgettext_lazy("grid kind", "Base")
    SPECIAL = "special", pgettext_lazy("grid kind", "Special")
    MICRO = "micro", pgettext_lazy("grid kind", "Micro")


class GridForm(models.TextChoices):
    """What a street-level or level-2 unit is called; no code table lists them all."""

    VILLAGE = "village", _("Village")
    ESTATE = "estate", _("Estate")
    STREET = "street", _("Street office")
    TOWN = "town", _("Town")
    DEVELOPMENT_CENTRE = "development_centre", _("Development centre")
    ECONOMIC_ZONE = "economic_zone", _("Economic zone")


class CodeScheme(models.TextChoices):
    """Whose 12 digits a division code is: the same digits mean different places (see glossary)."""

    NBS_2023 = "nbs2023", _("National Bureau of Statistics, 2023")
    MCA_2025 = "mca2025", _("Ministry of Civil Affairs, 2025")
