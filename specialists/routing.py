"""Who takes a matter: the one way from organisation and place to a person, with its reason.

The simulator and a real filing call the same `route`.
"""

from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Organisation, Posting, User
from accounts.reports import Roster, day_of
from common.errors import RuleViolation
from grids.choices import GridLevel
from grids.models import Grid
from specialists.choices import (
    STEPS,
    Handler,
    RoutingReason,
    RoutingStep,
    SpecialistKind,
    StepOutcome,
)
from specialists.duty import eve_of, is_office_hours, shifts_at
from specialists.models import Assignment

_POSTED = {
    (Role.COMMUNITY_SECRETARY, GridLevel.COMMUNITY): RoutingStep.COMMUNITY_SECRETARY,
    (Role.GRID_HEAD, GridLevel.SUBAREA): RoutingStep.GRID_HEAD,
    (Role.GRID_HEAD, GridLevel.VILLAGE): RoutingStep.GRID_HEAD,
    (Role.DISPATCHER, GridLevel.STREET): RoutingStep.STREET_DISPATCHER,
    (Role.STREET_SECRETARY, GridLevel.STREET): RoutingStep.STREET_SECRETARY,
    (Role.DISPATCHER, GridLevel.DISTRICT): RoutingStep.DISTRICT_DISPATCHER,
    (Role.DISTRICT_SECRETARY, GridLevel.DISTRICT): RoutingStep.DISTRICT_SECRETARY,
}
_LAST = (
    RoutingStep.DISTRICT_DISPATCHER,
    RoutingStep.DISTRICT_SECRETARY,
    RoutingStep.OTHER_DISTRICT,
)


@dataclass(frozen=True)
class Step:
    """One person or place that was asked, and what came of it."""

    step: str
    outcome: str
    grid: str = ""
    person: str = ""

    @property
    def label(self):
        return RoutingStep(self.step).label

    @property
    def outcome_label(self):
        return StepOutcome(self.outcome).label


@dataclass(frozen=True)
class Route:
    """Who holds a matter and why.

    `organisation` is the one the holder works for in this posting (None for a post at a grid
    without one), `department` the one that was asked for. `reason` and `reason_params` are plain
    data, fit to be stored in an event and read again by `explain`.
    """

    holder: User
    posting: Posting
    grid: Grid
    organisation: Organisation | None
    department: Organisation | None
    reason: str
    reason_params: dict = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    is_substitute: bool = False

    def explanation(self) -> str:
        """Return the reason as a sentence in the reader's language."""
        return explain(self.reason, self.reason_params)

    @property
    def is_below_street(self) -> bool:
        """Whether somebody nearer than the street took it."""
        return not self.reason.startswith(("street_", "district_", "other_", "last_"))


def explain(reason, params) -> str:
    """Return a stored reason as a sentence in the reader's language, "" for an unknown one."""
    if reason not in RoutingReason.values:
        return ""
    filled = {"organisation": "", "grid": "", "person": ""} | params
    sentence = RoutingReason(reason).label % filled
    if params.get("missing"):
        before = _("%(missing)s has no contact there for this place.") % params
        return f"{before} {sentence}"
    return sentence


def route(*, department, grid, handler=Handler.DEPARTMENT, at=None, is_urgent=False) -> Route:
    """Return who takes a matter of this department at this place on the day of `at`.

    What is urgent and comes outside office hours goes to who is on duty then; a day without a time
    counts as office hours. At most four queries, however deep the place lies. Raises RuleViolation
    ("nobody") only if the whole portal has neither a dispatcher nor a secretary of a district.
    """
    at = at or timezone.now()
    day = day_of(at)
    is_night = is_urgent and not is_office_hours(at)
    candidates = _candidates(department, grid, day)
    began = {}
    if is_night:
        began = _on_duty(candidates, department, grid, handler, at)
    wanted = [step for step in STEPS[handler] if _is_asked(step, department, is_night)]
    roster = Roster(
        {posting.pk: posting for step in wanted for posting, _place in candidates[step]}.values(),
        day,
        since=eve_of(at) if is_night else None,
    )
    steps = []
    for step in wanted:
        if not candidates[step]:
            steps.append(Step(step, StepOutcome.NOBODY))
        for posting, place in candidates[step]:
            duty = roster.duty(posting, began.get(posting.pk) if step == RoutingStep.DUTY else None)
            if duty is None:
                steps.append(Step(step, StepOutcome.ABSENT, str(place), str(posting.user)))
                continue
            outcome = StepOutcome.SUBSTITUTE if duty.is_substitute else StepOutcome.TAKEN
            steps.append(Step(step, outcome, str(place), str(duty.user)))
            return _taken(step, posting, place, department, steps, duty)
    for step in _LAST:
        for posting, place in candidates[step]:
            steps.append(
                Step(RoutingStep.LAST_RESORT, StepOutcome.TAKEN, str(place), str(posting.user))
            )
            return _taken(RoutingStep.LAST_RESORT, posting, place, department, steps)
    raise RuleViolation(
        _("Nobody could take this: the district has neither a dispatcher nor a secretary."),
        code="nobody",
    )


def _is_asked(step, department, is_night):
    if step == RoutingStep.DUTY:
        return is_night
    return bool(department) or step != RoutingStep.CONTACT


def _on_duty(candidates, department, grid, handler, at):
    """Add who is on duty now to the candidates; return {posting id: day on which the shift began}.

    For a property matter the company of the estate's steward, before the department.
    """
    offices = [department.pk] if department else []
    if handler == Handler.PROPERTY:
        stewards = candidates[RoutingStep.STEWARD]
        offices = [posting.organisation_id for posting, _place in stewards] + offices
    shifts = list(shifts_at(at).filter(posting__organisation__in=offices))
    shifts.sort(key=lambda shift: offices.index(shift.posting.organisation_id))
    candidates[RoutingStep.DUTY] = [(shift.posting, grid) for shift in shifts]
    return {shift.posting_id: shift.began_on(at) for shift in reversed(shifts)}


def _candidates(department, grid, day):
    """Return {step: [(posting, place)]}, nearest first: one query each for both kinds of rows."""
    found = {step: [] for step in RoutingStep}
    for row in _assignments(department, grid, day):
        is_own = row.kind == SpecialistKind.COMMUNITY
        step = RoutingStep.OWN_SPECIALIST if is_own else RoutingStep.CONTACT
        found[step].append((row.posting, row.grid))
    for posting in _postings(grid, day):
        step = _POSTED.get((posting.role, posting.grid.level))
        if posting.role == Role.STEWARD:
            step = RoutingStep.STEWARD
        elif not grid.path.startswith(posting.grid.path):
            step = RoutingStep.OTHER_DISTRICT
        if step:
            found[step].append((posting, posting.grid))
    return found


def _assignments(department, grid, day):
    kinds = Q(kind=SpecialistKind.COMMUNITY)
    if department:
        kinds |= Q(kind=SpecialistKind.CONTACT, posting__organisation=department)
    rows = Assignment.objects.current(day).filter(kinds, grid__path__in=grid.ancestor_paths)
    rows = rows.filter(posting__organisation__is_active=True)
    rows = rows.select_related("posting__user", "posting__organisation", "grid")
    rows = rows.defer("grid__outline")
    return rows.order_by("-grid__level", "pk")


def _postings(grid, day):
    roles = {role for role, _level in _POSTED}
    districts = Q(
        grid__level=GridLevel.DISTRICT, role__in=[Role.DISPATCHER, Role.DISTRICT_SECRETARY]
    )
    around = Q(grid__path__in=grid.ancestor_paths)
    stewards = Q(role=Role.STEWARD, organisation__is_active=True)
    rows = Posting.objects.current(day).filter(around & (Q(role__in=roles) | stewards) | districts)
    rows = rows.select_related("user", "organisation", "grid").order_by("-grid__level", "pk")
    return rows.defer("grid__outline")


def _taken(step, posting, place, department, steps, duty=None):
    holder = duty.user if duty else posting.user
    is_substitute = bool(duty and duty.is_substitute)
    params = {
        "organisation": str(posting.organisation or ""),
        "grid": str(place),
        "person": str(holder),
    }
    if department and step not in (RoutingStep.DUTY, RoutingStep.CONTACT, RoutingStep.STEWARD):
        params["missing"] = str(department) if _asked_contact(steps) else ""
    return Route(
        holder=holder,
        posting=posting,
        grid=place,
        organisation=posting.organisation,
        department=department,
        reason=RoutingReason(f"{step}_substitute" if is_substitute else step).value,
        reason_params=params,
        steps=tuple(steps),
        is_substitute=is_substitute,
    )


def _asked_contact(steps):
    return any(step.step == RoutingStep.CONTACT for step in steps)
