"""The tree of places: district, street, community, village or estate, sub-area."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.history import reference_history
from grids.choices import CodeScheme, GridForm, GridKind, GridLevel

PATH_STEP = 4
CODE_LENGTH = 15


class GridQuerySet(models.QuerySet):
    """What pages, routing and reports ask about places."""

    def current(self, on=None):
        """Grids that exist on the given day (today in Shanghai)."""
        on = on or timezone.localdate()
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def listed(self, on=None):
        """Grids that the public may see and choose."""
        return self.current(on).filter(is_listed=True)

    def at_level(self, *levels):
        return self.filter(level__in=levels)

    def within(self, grid):
        """The grid itself and everything below it."""
        return self.filter(path__startswith=grid.path)

    def above(self, grid):
        """The grid itself and everything it lies in, nearest first, without their outlines."""
        return self.filter(path__in=grid.ancestor_paths).order_by("-path").defer("outline")


class Grid(models.Model):
    """One place; moved and renamed only through `grids.workflow`, so that paths stay right."""

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    level = models.PositiveSmallIntegerField(_("level"), choices=GridLevel.choices)
    # Four base-36 characters a step: a subtree is a prefix. A micro grid is the sixth step
    # (a sub-area under a sub-area), not a sixth level.
    path = models.CharField(max_length=PATH_STEP * 6, unique=True, editable=False)
    code = models.CharField(_("grid code"), max_length=CODE_LENGTH, unique=True)
    division_code = models.CharField(_("division code"), max_length=12, null=True, blank=True)
    division_scheme = models.CharField(
        _("code scheme"), max_length=8, choices=CodeScheme.choices, null=True, blank=True
    )
    # The same place in the other ministry's table, e.g. {"mca2025": "370703004"}.
    other_codes = models.JSONField(_("other codes"), default=dict, blank=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=GridKind.choices, default=GridKind.BASE
    )
    form = models.CharField(_("form"), max_length=20, choices=GridForm.choices, blank=True)
    name = models.CharField(_("official name"), max_length=60)
    short_name = models.CharField(_("short name"), max_length=40, db_index=True)
    pinyin = models.CharField(max_length=160, blank=True, editable=False)
    initials = models.CharField(max_length=40, blank=True, editable=False, db_index=True)
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    # GeoJSON geometry in WGS-84; converted only at the edge.
    outline = models.JSONField(_("outline"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), default=timezone.localdate)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    is_listed = models.BooleanField(_("shown to the public"), default=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = GridQuerySet.as_manager()
    history = reference_history(excluded_fields=["outline"])

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                fields=["division_scheme", "division_code"],
                condition=Q(division_code__isnull=False),
                name="grids_grid_division_code_once",
                violation_error_message=_("Another grid has this division code already."),
            ),
            models.CheckConstraint(
                condition=Q(division_code=None, division_scheme=None)
                | Q(division_code__isnull=False, division_scheme__isnull=False),
                name="grids_grid_code_has_scheme",
                violation_error_message=_("A division code needs its scheme, and the other way."),
            ),
            models.CheckConstraint(
                condition=Q(level=GridLevel.DISTRICT, parent=None)
                | Q(level__gt=GridLevel.DISTRICT, parent__isnull=False),
                name="grids_grid_only_district_is_root",
                violation_error_message=_("Every grid but a district lies in another one."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="grids_grid_ends_after_start",
                violation_error_message=_("The last day must come after the first."),
            ),
        ]
        indexes = [models.Index(fields=["level", "short_name"], name="grids_level_name")]

    def __str__(self):
        return self.short_name

    @property
    def ancestor_paths(self):
        """Paths of this grid and all above it, the district first."""
        return [self.path[:end] for end in range(PATH_STEP, len(self.path) + 1, PATH_STEP)]


def new_poster_token():
    """Return a short word for a poster's address: unguessable, but no secret."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(10))


class PosterTokenQuerySet(models.QuerySet):
    def active(self):
        return self.filter(retired_at=None)


class PosterToken(models.Model):
    """The word in a poster's QR code; retiring it makes old posters lead to a plain page."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="poster_tokens")
    token = models.CharField(max_length=16, unique=True, default=new_poster_token)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PosterTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("poster token")
        verbose_name_plural = _("poster tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["grid"], condition=Q(retired_at=None), name="grids_postertoken_one_active"
            )
        ]

    def __str__(self):
        return self.token
