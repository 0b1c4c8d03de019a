"""What pages tell about tickets: today's work, call-backs, contractors' times, why this date."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.reports import reach
from tickets import clockface
from tickets.choices import YELLOW_CARD, ClockMode, ClockState, Delivery, Status, Verb
from tickets.models import LEVEL_COLUMNS, Ticket, TicketEvent, Told
from tickets.policies import in_words

# Roles that may ring a resident up, and those at whose door a new matter lies first.
CALLERS = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_HEAD,
        Role.COMMUNITY_SECRETARY,
        Role.STREET_SECRETARY,
        Role.DISTRICT_SECRETARY,
        Role.DISPATCHER,
    }
)
GROUND = frozenset({Role.GRID_WORKER, Role.GRID_HEAD})
# The promise that runs out first. A wait stops the resolve clock, which then is none of the running
# ones: it still has its day, and what was late before it had to wait stays late.
NEAREST = Case(
    When(status=Status.ON_HOLD, next_due_at=None, then=F("due_at")),
    When(status=Status.ON_HOLD, then=Least(F("next_due_at"), Coalesce("due_at", "next_due_at"))),
    default=F("next_due_at"),
)


def in_places(user, roles, prefix=""):
    """Return the condition for tickets that lie where this person has one of the roles.

    `prefix` is the way to the ticket for other rows than tickets, such as "ticket__".
    """
    here = Q(pk__in=[])
    for posting in reach(user).postings:
        if posting.role in roles and posting.grid_id:
            here |= Q(**{prefix + LEVEL_COLUMNS[posting.grid.level]: posting.grid_id})
    return here


def callbacks(user):
    """Tickets said to be done whose residents this person may ask, the longest waiting first.

    Never those that they, or their organisation, handled or filed.
    """
    seen = reach(user)
    found = Ticket.objects.for_user(user).filter(in_places(user, CALLERS), status=Status.RESOLVED)
    found = found.exclude(Q(filed_by=user, filed_by__isnull=False) | Q(holder=user))
    if seen.organisations:
        found = found.exclude(organisation_id__in=seen.organisations, organisation_id__isnull=False)
    return found.order_by("resolved_at", "pk")


def mine_today(user):
    """Open tickets that wait for this person: held, new in their own grid, or passed up to them.

    The one whose nearest promise, whatever its stage, runs out first (`nearest_at`) comes first.
    `last_verb` is the latest event's.
    """
    latest = TicketEvent.objects.filter(ticket=OuterRef("pk"), number=OuterRef("event_count"))
    new_here = in_places(user, GROUND) & Q(status=Status.SUBMITTED)
    # Their numbers first: with a query in place of them no index can answer any part of the OR.
    passed = Q(pk__in=list(passed_up_to(user)))
    found = Ticket.objects.for_user(user).open().filter(Q(holder=user) | new_here | passed)
    found = found.annotate(last_verb=Subquery(latest.values("verb")), nearest_at=NEAREST)
    return found.order_by(F("nearest_at").asc(nulls_last=True), "pk")


def passed_up_to(user):
    """Return the numbers of tickets whose yellow card or broken promise was told to this person.

    Only while the promise runs and stands as high as it was told: what has been made good, or
    given another day, is its holder's again.
    """
    told = Told.objects.filter(user=user, escalation__clock__stopped_at=None)
    told = told.filter(
        escalation__level__gte=YELLOW_CARD, escalation__level__lte=F("escalation__clock__level")
    )
    told = told.exclude(escalation__delivery__in=[Delivery.EXCUSED, Delivery.VOID])
    return told.values_list("escalation__clock__ticket_id", flat=True).distinct()


# --- Contractors ---------------------------------------------------------------------------


@dataclass
class ContractorVisit:
    """One contractor: called, arrived, done; minutes are whole and None while not known."""

    called: datetime | None = None
    arrived: datetime | None = None
    done: datetime | None = None
    who: str = ""

    @property
    def minutes_to_arrive(self):
        return _minutes(self.called, self.arrived)

    @property
    def minutes_of_work(self):
        """From the arrival to the end: "within two hours of arrival" is 120 or less."""
        return _minutes(self.arrived, self.done)


def _minutes(start, end):
    return int((end - start).total_seconds() // 60) if start and end else None


def contractor_times(ticket, events=None):
    """Return the ContractorVisits of a ticket in order (one query unless `events` are given).

    A contractor nobody has declared finished is done when the ticket is resolved.
    """
    if events is None:
        events = ticket.events.in_order()
    visits = []
    for event in events:
        if event.verb == Verb.CALL_CONTRACTOR:
            visits.append(ContractorVisit(called=event.at, who=event.data.get("note", "")))
        elif event.verb == Verb.RECORD_ARRIVAL:
            if not visits or visits[-1].arrived or visits[-1].done:
                visits.append(ContractorVisit())
            visits[-1].arrived = event.at
        elif event.verb in (Verb.FINISH_CONTRACTOR, Verb.RESOLVE) and visits:
            visits[-1].done = visits[-1].done or event.at
    return visits


# --- Why this date -------------------------------------------------------------------------


@dataclass(frozen=True)
class Promise:
    """The resolve clock as its card tells it.

    `left` and `over` are plain seconds, `left_open` and `over_open` those of the clock's own time:
    what was due on Friday at closing and done on Saturday is late, by no opening hour. The latter
    are None past the last day that the working calendar knows.
    """

    clock: object
    left: int
    over: int
    left_open: int | None
    over_open: int | None
    is_late: bool
    is_running: bool
    is_paused: bool
    is_wall: bool
    lines: tuple[clockface.Line, ...]
    closed_days: tuple
    pauses: tuple[clockface.Wait, ...]

    @property
    def waits_for(self):
        """What a paused clock waits for."""
        return self.pauses[-1].why if self.is_paused and self.pauses else ""

    @property
    def limit_words(self):
        """The limit with what was granted, in words."""
        clock = self.clock
        return in_words(clock.mode, clock.limit_amount + clock.extra_amount, clock.limit_unit)

    @property
    def rule(self):
        """What was promised at first and on what ground, in one or two sentences."""
        clock = self.clock
        limit = {"limit": in_words(clock.mode, clock.limit_amount, clock.limit_unit)}
        if clock.policy is None and clock.cycle > 1:
            said = _("Opened again with %(limit)s: what was left, or the least there is.")
        else:
            said = _("The time limit of this category is %(limit)s.")
        parts = [said % limit]
        if clock.policy and clock.policy.note:
            parts.append(clock.policy.note)
        if clock.extra_amount:
            more = in_words(clock.mode, clock.extra_amount, clock.limit_unit)
            parts.append(_("Granted on top: %(limit)s.") % {"limit": more})
        return " ".join(parts)


def promise(clock, at):
    """Return how a resolve clock stands, and why it ends when it ends; None without one.

    The calendar and the names of its days are in memory.
    """
    if clock is None or clock.due_at is None:
        return None
    end, lines = clock.stopped_at or at, tuple(clockface.lines_of(clock))
    return Promise(
        clock=clock,
        left=max(int((clock.due_at - end).total_seconds()), 0),
        over=max(int((end - clock.due_at).total_seconds()), 0),
        left_open=clockface.ran(clock, end, clock.due_at),
        over_open=clockface.ran(clock, clock.due_at, end),
        is_late=end > clock.due_at,
        is_running=clock.stopped_at is None,
        is_paused=clock.state == ClockState.PAUSED,
        is_wall=clock.mode == ClockMode.WALL,
        lines=lines,
        closed_days=clockface.days_off(lines),
        pauses=tuple(clockface.waits_of(clock)),
    )
