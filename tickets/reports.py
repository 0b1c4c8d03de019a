"""What pages tell about tickets: today's work, call-backs, contractors' times, why this date."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from accounts.choices import Role
from accounts.reports import reach
from tickets.choices import YELLOW_CARD, ClockState, Delivery, LimitUnit, Status, Verb
from tickets.models import LEVEL_COLUMNS, Ticket, TicketEvent, Told
from worktime.reports import current_calendar

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
    passed = Q(pk__in=passed_up_to(user))
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
    return told.values("escalation__clock__ticket_id")


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
class Span:
    """A stretch of time that counted or will count, on one day; seconds of it."""

    start: datetime
    end: datetime

    @property
    def seconds(self):
        return int((self.end - self.start).total_seconds())


@dataclass(frozen=True)
class Promise:
    """The resolve clock as its card tells it; `left` and `over` are seconds by the clock."""

    clock: object
    at: datetime
    left: int
    over: int
    percent: int
    is_late: bool
    is_running: bool
    is_paused: bool
    is_wall: bool
    in_days: bool
    open_seconds: int
    spans: tuple[Span, ...] = ()
    days: tuple[datetime, ...] = ()
    closed_days: tuple = ()
    pauses: tuple[Span, ...] = field(default=())


def promise(clock, at):
    """Return why a resolve clock ends when it ends: the open spans of its calendar and its pauses.

    No query: the calendar is in memory. None where there is no clock.
    """
    if clock is None or clock.due_at is None:
        return None
    calendar = current_calendar(clock.mode)
    pauses = tuple(Span(*map(datetime.fromisoformat, pause[:2])) for pause in clock.pauses)
    end = clock.stopped_at or at
    used = calendar.within(clock.started_at, min(end, clock.due_at), _pairs(pauses))
    whole = calendar.within(clock.started_at, clock.due_at, _pairs(pauses)) or 1
    in_days = clock.limit_unit == LimitUnit.WORKING_DAYS
    is_wall = clock.mode == "wall"
    spans = () if is_wall else _spans(calendar, clock)
    is_running = clock.stopped_at is None
    return Promise(
        clock=clock,
        at=at,
        left=max(int((clock.due_at - end).total_seconds()), 0),
        over=max(int((end - clock.due_at).total_seconds()), 0),
        percent=100 if end > clock.due_at else min(used * 100 // whole, 100),
        is_late=end > clock.due_at,
        is_running=is_running,
        is_paused=clock.state == ClockState.PAUSED,
        is_wall=is_wall,
        in_days=in_days,
        open_seconds=whole,
        spans=() if in_days else spans,
        days=_working_days(spans, clock) if in_days else (),
        closed_days=_closed_days(spans, clock),
        pauses=pauses,
    )


def _pairs(pauses):
    return [(pause.start, pause.end) for pause in pauses]


def _spans(calendar, clock):
    return tuple(Span(*pair) for pair in calendar.spans(clock.started_at, clock.due_at))


def _working_days(spans, clock):
    """Return the days that count towards a limit in days: each open day after the first one."""
    first = timezone.localdate(clock.started_at)
    return tuple(sorted({timezone.localdate(span.start) for span in spans} - {first}))


def _closed_days(spans, clock):
    """Return the days between start and end on which nobody works."""
    if not spans:
        return ()
    working = {timezone.localdate(span.start) for span in spans}
    day, last = timezone.localdate(clock.started_at), timezone.localdate(clock.due_at)
    found = []
    while day < last:
        day += timedelta(days=1)
        if day not in working and day <= last:
            found.append(day)
    return tuple(found)
