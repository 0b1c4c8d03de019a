"""Roles that a posting gives, and kinds of organisation."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do where; roles come from postings, never from flags on the user."""

    GRID_WORKER = "grid_worker", _("Grid worker")
    GRID_HEAD = "grid_head", _("Grid head")
    COMMUNITY_SECRETARY = "community_secretary", _("Community secretary")
    STREET_SECRETARY = "street_secretary", _("Street secretary")
    DISTRICT_SECRETARY = "district_secretary", _("District secretary")
    DISPATCHER = "dispatcher", _("Dispatcher")
    SUPERVISOR = "supervisor", _("Supervisor")
    SPECIALIST = "specialist", _("Service specialist")
    ORGANISATION_MANAGER = "organisation_manager", _("Organisation manager")
    ORGANISATION_LEADER = "organisation_leader", _("Organisation leader")
    STEWARD = "steward", _("Property steward")


# On the ground side the reach is a grid; on the organisation's side its tickets.
GRID_ROLES = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_HEAD,
        Role.COMMUNITY_SECRETARY,
        Role.STREET_SECRETARY,
        Role.DISTRICT_SECRETARY,
        Role.DISPATCHER,
        Role.SUPERVISOR,
    }
)
ORGANISATION_ROLES = frozenset(
    {Role.SPECIALIST, Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER, Role.STEWARD}
)


class OrganisationKind(models.TextChoices):
    DEPARTMENT = "department", _("Department")
    UTILITY = "utility", _("Utility")
    PROPERTY = "property", _("Property company")
    STREET_OFFICE = "street_office", _("Street office")
    COMMUNITY = "community", _("Community committee")
