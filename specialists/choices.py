"""Kinds of specialist, the steps of routing and the reasons it gives (domain glossary)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpecialistKind(models.TextChoices):
    """A community's own specialist coordinates all departments; a contact answers for one."""

    COMMUNITY = "community", _("The community's own specialist")
    CONTACT = "contact", _("Contact of an organisation")


class Handler(models.TextChoices):
    """Who a category belongs to first."""

    DEPARTMENT = "department", _("A department or utility")
    PROPERTY = "property", _("The property company")
    COMMUNITY = "community", _("The community itself")
    STREET = "street", _("The street")


class RoutingStep(models.TextChoices):
    """Whom routing asks, one after the other."""

    DUTY = "duty", _("Duty roster of the organisation")
    STEWARD = "steward", _("Property steward")
    CONTACT = "contact", _("Contact of the organisation")
    OWN_SPECIALIST = "own_specialist", _("The community's own specialist")
    COMMUNITY_SECRETARY = "community_secretary", _("Community secretary")
    GRID_HEAD = "grid_head", _("Grid head")
    STREET_DISPATCHER = "street_dispatcher", _("Dispatcher of the street")
    STREET_SECRETARY = "street_secretary", _("Street secretary")
    DISTRICT_DISPATCHER = "district_dispatcher", _("Dispatcher of the district")
    DISTRICT_SECRETARY = "district_secretary", _("District secretary")
    OTHER_DISTRICT = "other_district", _("Dispatcher or secretary of another district")
    LAST_RESORT = "last_resort", _("The district, although away")


_UPWARD = (
    RoutingStep.STREET_DISPATCHER,
    RoutingStep.STREET_SECRETARY,
    RoutingStep.DISTRICT_DISPATCHER,
    RoutingStep.DISTRICT_SECRETARY,
    RoutingStep.OTHER_DISTRICT,
)
# Architecture §4: the nearest person first, then up, and never nobody. The roster is asked only
# where it is urgent and the offices are closed.
STEPS = {
    Handler.DEPARTMENT: (
        RoutingStep.DUTY,
        RoutingStep.CONTACT,
        RoutingStep.OWN_SPECIALIST,
        *_UPWARD,
    ),
    Handler.PROPERTY: (
        RoutingStep.DUTY,
        RoutingStep.STEWARD,
        RoutingStep.CONTACT,
        RoutingStep.OWN_SPECIALIST,
        *_UPWARD,
    ),
    Handler.COMMUNITY: (
        RoutingStep.COMMUNITY_SECRETARY,
        RoutingStep.GRID_HEAD,
        RoutingStep.OWN_SPECIALIST,
        *_UPWARD,
    ),
    Handler.STREET: _UPWARD,
}


class StepOutcome(models.TextChoices):
    """What came of one step."""

    TAKEN = "taken", _("there, takes it")
    SUBSTITUTE = "substitute", _("on leave, the substitute takes it")
    ABSENT = "absent", _("on leave, nobody stands in")
    NOBODY = "nobody", _("nobody is named")


class RoutingReason(models.TextChoices):
    """Why somebody holds a matter; the label is the sentence, with places to fill in.

    The value is the step's, with `_substitute` where somebody stands in.
    """

    DUTY = "duty", _("The offices are closed; %(person)s is on duty for %(organisation)s.")
    DUTY_SUBSTITUTE = (
        "duty_substitute",
        _("The offices are closed; %(person)s stands in on the duty roster of %(organisation)s."),
    )
    STEWARD = "steward", _("%(organisation)s looks after %(grid)s; its steward is there.")
    STEWARD_SUBSTITUTE = (
        "steward_substitute",
        _("%(organisation)s looks after %(grid)s; its steward is on leave, %(person)s stands in."),
    )
    CONTACT = (
        "contact",
        _("This is a matter for %(organisation)s; its contact for %(grid)s is there."),
    )
    CONTACT_SUBSTITUTE = (
        "contact_substitute",
        _(
            "This is a matter for %(organisation)s; its contact for %(grid)s is on leave, "
            "%(person)s stands in."
        ),
    )
    OWN_SPECIALIST = (
        "own_specialist",
        _("The specialist of %(grid)s takes it up and brings the departments together."),
    )
    OWN_SPECIALIST_SUBSTITUTE = (
        "own_specialist_substitute",
        _("The specialist of %(grid)s is on leave; %(person)s stands in and takes it up."),
    )
    COMMUNITY_SECRETARY = (
        "community_secretary",
        _("%(grid)s looks after this itself; its secretary takes it."),
    )
    COMMUNITY_SECRETARY_SUBSTITUTE = (
        "community_secretary_substitute",
        _("%(grid)s looks after this itself; its secretary is on leave, %(person)s stands in."),
    )
    GRID_HEAD = "grid_head", _("The head of %(grid)s takes it.")
    GRID_HEAD_SUBSTITUTE = (
        "grid_head_substitute",
        _("The head of %(grid)s is on leave; %(person)s stands in."),
    )
    STREET_DISPATCHER = "street_dispatcher", _("The service centre of %(grid)s takes it.")
    STREET_DISPATCHER_SUBSTITUTE = (
        "street_dispatcher_substitute",
        _("The service centre of %(grid)s takes it; %(person)s stands in there."),
    )
    STREET_SECRETARY = "street_secretary", _("The secretary of %(grid)s takes it.")
    STREET_SECRETARY_SUBSTITUTE = (
        "street_secretary_substitute",
        _("The secretary of %(grid)s is on leave; %(person)s stands in."),
    )
    DISTRICT_DISPATCHER = (
        "district_dispatcher",
        _("Nobody nearer is there; the district's service centre takes it."),
    )
    DISTRICT_DISPATCHER_SUBSTITUTE = (
        "district_dispatcher_substitute",
        _("Nobody nearer is there; the district's service centre takes it, %(person)s stands in."),
    )
    DISTRICT_SECRETARY = (
        "district_secretary",
        _("Nobody nearer is there; the district secretary takes it."),
    )
    DISTRICT_SECRETARY_SUBSTITUTE = (
        "district_secretary_substitute",
        _("Nobody nearer is there; %(person)s takes it for the district secretary."),
    )
    OTHER_DISTRICT = "other_district", _("Nobody nearer is there; %(grid)s takes it.")
    OTHER_DISTRICT_SUBSTITUTE = (
        "other_district_substitute",
        _("Nobody nearer is there; %(grid)s takes it, %(person)s stands in."),
    )
    LAST_RESORT = (
        "last_resort",
        _("Everybody is on leave; it stays with %(person)s, so that it is never nobody's."),
    )


class ReachReason(models.TextChoices):
    """Why this person is the one who can be reached for an organisation; as in RoutingReason."""

    CONTACT = "contact", _("%(person)s is the contact of %(organisation)s for %(grid)s.")
    DUTY = "duty", _("The offices are closed; %(person)s is on duty for %(organisation)s.")
    DUTY_SUBSTITUTE = (
        "duty_substitute",
        _("The offices are closed; %(person)s stands in on the duty roster of %(organisation)s."),
    )
    DUTY_BY_DAY = (
        "duty_by_day",
        _("%(organisation)s has no contact there for %(grid)s; %(person)s is on duty."),
    )
    SUBSTITUTE = (
        "substitute",
        _("The contact of %(organisation)s for %(grid)s is away; %(person)s stands in."),
    )
    MANAGER = (
        "manager",
        _("Nobody nearer is there; %(person)s manages the matters of %(organisation)s."),
    )
    LEADER = "leader", _("Nobody nearer is there; %(person)s leads %(organisation)s.")
    DISTRICT = (
        "district",
        _("Nobody of %(organisation)s can be reached; %(person)s takes it for the district."),
    )


class Weekday(models.TextChoices):
    """Days of the week as they stand in a shift, Monday first."""

    MONDAY = "1", _("Monday")
    TUESDAY = "2", _("Tuesday")
    WEDNESDAY = "3", _("Wednesday")
    THURSDAY = "4", _("Thursday")
    FRIDAY = "5", _("Friday")
    SATURDAY = "6", _("Saturday")
    SUNDAY = "7", _("Sunday")


class PersonKind(models.TextChoices):
    """The people who serve a place, in the order in which they are shown."""

    WORKER = "worker", _("Grid worker")
    HEAD = "head", _("Grid head")
    SECRETARY = "secretary", _("Secretary")
    STEWARD = "steward", _("Property steward")
    OWN_SPECIALIST = "own_specialist", _("Service specialist")
    CONTACT = "contact", _("Contact")
