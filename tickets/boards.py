"""Who watches over what: broken promises, supervision orders, requests for more time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import forms
from django.db.models import Case, Count, F, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import directory as organisations
from accounts.choices import Role
from accounts.models import User
from accounts.reports import SECRETARIES, reach
from common.forms import TidyCharField
from grids.choices import GridLevel
from tickets import reports
from tickets.choices import (
    LATE,
    WITH_ORGANISATION,
    ClockMode,
    Delivery,
    LimitUnit,
    Stage,
    Status,
    Verb,
)
from tickets.filters import GridField
from tickets.models import (
    LEVEL_COLUMNS,
    TEXT_LIMIT,
    Clock,
    SupervisionOrder,
    Ticket,
    TicketEvent,
    Told,
)
from tickets.workflow import clockwork
from tickets.workflow.extensions import due_with
from worktime.arithmetic import CalendarHorizon
from worktime.reports import current_calendar

HEADS = frozenset({Role.ORGANISATION_MANAGER, Role.ORGANISATION_LEADER})
WATCHERS = frozenset({*SECRETARIES, Role.SUPERVISOR})
DESK = frozenset({*SECRETARIES, Role.DISPATCHER})
# Whoever has one of these at the district decides what the places below cannot agree on.
ARBITERS = frozenset({Role.SUPERVISOR, Role.DISTRICT_SECRETARY})
# What a board says of a broken promise, in the order of a matter's life.
BROKEN = {
    Stage.ACCEPT: pgettext_lazy("broken promise", "Not accepted in time"),
    Stage.CONTACT: pgettext_lazy("broken promise", "Nobody has spoken to the resident"),
    Stage.WORD: pgettext_lazy("broken promise", "The resident hears nothing"),
    Stage.RESOLVE: pgettext_lazy("broken promise", "Not done by the promised day"),
}
NONE = "none"
DECIDED_DAYS = 30
MOST_REQUESTS = 100

LATE_BOARD = ("tickets:late", gettext_lazy("Late now"))
EXTENSIONS = ("tickets:extensions", gettext_lazy("Requests for more time"))
ORDERS = ("tickets:orders", gettext_lazy("Supervision orders"))


def watches(user):
    """Whether this person answers for others' promises and so has the board of what is late."""
    seen = reach(user)
    return seen.is_admin or seen.has(*DESK, Role.SUPERVISOR, *HEADS)


def decides(user):
    """Whether requests for more time can be this person's to decide."""
    seen = reach(user)
    return seen.has(*DESK) or bool(_arbitrates_at(seen))


def ways(user):
    """Return (address name, label) of the boards that this person may open."""
    found = [LATE_BOARD] if watches(user) else []
    found += [EXTENSIONS] if decides(user) else []
    return [*found, ORDERS]


# --- Broken promises -----------------------------------------------------------------------


def _with_whom():
    return [
        (NONE, pgettext_lazy("holder of matters", "The community or the desk")),
        *((str(each.id), each.label) for each in organisations.active()),
    ]


class LateForm(forms.Form):
    """What the address asks the board of: a place, who has it in hand, one promise."""

    grid = GridField(label=gettext_lazy("Place"), required=False)
    below = forms.ChoiceField(
        label=gettext_lazy("Place"),
        required=False,
        choices=[(NONE, gettext_lazy("no smaller place known"))],
    )
    organisation = forms.ChoiceField(label=gettext_lazy("With"), required=False, choices=_with_whom)
    stage = forms.ChoiceField(
        label=pgettext_lazy("promise", "Promise"), required=False, choices=list(BROKEN.items())
    )

    def select(self, found, user):
        """Narrow tickets to the place and the organisation asked for."""
        chosen = self.cleaned_data
        if chosen["grid"]:
            found = found.filter(**{LEVEL_COLUMNS[chosen["grid"].level]: chosen["grid"].id})
        column = level_below(user, chosen["grid"])
        if chosen["below"] and column:
            found = found.filter(**{column: None})
        if chosen["organisation"]:
            wanted = None if chosen["organisation"] == NONE else int(chosen["organisation"])
            found = found.filter(organisation_id=wanted)
        return found


def late_now(found, at, stage=""):
    """Narrow tickets to the open ones that break a promise, each with `late_since`.

    Of any stage, or of the one named. Asked of the open tickets of a reach, by their own index;
    the clocks are looked up only for what is left.
    """
    broken = Q(next_due_at__lt=at) | Q(status=Status.ON_HOLD, due_at__lt=at)
    found = found.open().filter(broken)
    if not stage:
        return found.annotate(late_since=reports.NEAREST)
    # At most one clock of a stage runs, so the join repeats no ticket.
    found = found.filter(clocks__stage=stage, clocks__stopped_at=None, clocks__due_at__lt=at)
    return found.annotate(late_since=F("clocks__due_at"))


def _broken(at):
    return Clock.objects.unfinished().filter(due_at__lt=at).exclude(stage=Stage.CONFIRM)


def late_stages(found, at):
    """Return {stage: how many of these tickets break this promise}; one may break several."""
    rows = _broken(at).filter(ticket__in=found.order_by().values("pk"))
    return dict(rows.order_by().values_list("stage").annotate(count=Count("pk")))


def spread(found, column):
    """Return {(place, organisation): how many} of tickets by a level's column."""
    rows = found.order_by().values_list(column, "organisation_id").annotate(count=Count("pk"))
    return {(place, organisation): count for place, organisation, count in rows}


def level_below(user, place=None):
    """Return the column of the level by which a board counts: one below the place looked at.

    Without one, below the widest place of the reader; an organisation's reach is the district.
    """
    if place is not None:
        level = place.level
    else:
        seen = reach(user)
        wide = seen.is_admin or seen.organisations or not seen.grids
        level = GridLevel.DISTRICT if wide else min(seen.grids)
    return LEVEL_COLUMNS.get(level + 1)


@dataclass(frozen=True)
class Broken:
    """A promise that was not kept and still runs: since when, how high it has climbed, who knows.

    `open_seconds` is how much of the lateness was working time, None on a clock that never rests;
    `step` counts the levels of the ladder reached, 0 where the sweep has not seen it yet.
    """

    stage: str
    due_at: datetime
    seconds: int
    open_seconds: int | None
    step: int
    steps: int
    told: tuple[str, ...]

    @property
    def label(self):
        return BROKEN[Stage(self.stage)]

    @property
    def open_hours(self):
        return self.open_seconds // 3600


def broken_promises(tickets, at):
    """Return {ticket number: [Broken, the longest first]} (2 queries)."""
    clocks = _broken(at).filter(ticket__in=[ticket.pk for ticket in tickets])
    clocks = list(clocks.order_by("due_at", "pk"))
    told = _told_of(clocks)
    found = defaultdict(list)
    for clock in clocks:
        ladder = [level for level in clockwork.LEVELS[clock.stage] if level >= LATE]
        found[clock.ticket_id].append(
            Broken(
                stage=clock.stage,
                due_at=clock.due_at,
                seconds=int((at - clock.due_at).total_seconds()),
                open_seconds=_open_seconds(clock, at),
                step=sum(level <= clock.level for level in ladder),
                steps=len(ladder),
                told=tuple(told[clock.pk]),
            )
        )
    return found


def _told_of(clocks):
    """Return {clock number: names of those who were told that it is late, each once}."""
    names = defaultdict(dict)
    rows = Told.objects.filter(
        escalation__clock__in=clocks,
        escalation__level__gte=LATE,
        # A word to the resident or a new day has taken back what stood higher.
        escalation__level__lte=F("escalation__clock__level"),
    )
    rows = rows.exclude(escalation__delivery__in=[Delivery.VOID, Delivery.EXCUSED])
    rows = rows.select_related("user").annotate(clock_id=F("escalation__clock_id"))
    for row in rows.order_by("pk"):
        names[row.clock_id][str(row.user)] = True
    return names


def _open_seconds(clock, at):
    if clock.mode == ClockMode.WALL:
        return None
    try:
        return current_calendar(clock.mode).within(clock.due_at, at)
    except CalendarHorizon:
        return None


# --- Supervision orders --------------------------------------------------------------------


def orders(user):
    """Return the orders this person must answer, issued, or watches; `is_mine` marks the first.

    Secretaries and supervisors watch the orders of their places, admins all; only of matters that
    the person may read.
    """
    seen = reach(user)
    theirs = [pk for pk in seen.organisations if seen.roles_in(pk) & HEADS]
    mine = Q(addressee=user) | Q(organisation_id__in=theirs)
    watched = reports.in_places(user, WATCHERS, prefix="ticket__")
    rows = SupervisionOrder.objects.filter(ticket__in=Ticket.objects.for_user(user))
    if not seen.is_admin:
        rows = rows.filter(mine | Q(issued_by=user) | watched)
    return rows.annotate(is_mine=Case(When(mine, then=Value(True)), default=Value(False)))


def orders_to_answer(user):
    """Return the orders that wait for this person's answer, the most urgent first."""
    rows = orders(user).unanswered().filter(is_mine=True)
    return rows.select_related("ticket", "issued_by").order_by("due_at", "pk")


def orders_on(tickets):
    """Return {ticket number: [orders not closed yet]} (1 query)."""
    found = defaultdict(list)
    rows = SupervisionOrder.objects.unfinished().filter(ticket__in=[each.pk for each in tickets])
    for order in rows.select_related("addressee"):
        found[order.ticket_id].append(order)
    return found


# --- Requests for more time ----------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """More time asked for: by whom and why, the day promised now and the day it would become.

    `new_due_at` is None where the working calendar does not reach so far.
    """

    ticket: Ticket
    by: User | None
    at: datetime
    reason: str
    amount: int
    in_days: bool
    due_at: datetime | None = None
    new_due_at: datetime | None = None


INCOMPLETE = gettext_lazy("Please open this page again: it was incomplete.")


class DecisionForm(forms.Form):
    """A decision about a request: the matter, what the page showed of it, and why."""

    reference = forms.CharField(widget=forms.HiddenInput, max_length=10)
    seen = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=0,
        error_messages=dict.fromkeys(("required", "invalid", "min_value"), INCOMPLETE),
    )
    note = TidyCharField(
        label=gettext_lazy("Reason"),
        required=False,
        limit=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed for a refusal; whoever asked reads it."),
    )

    def __init__(self, *args, is_refusal=False, **options):
        super().__init__(*args, **options)
        self.is_refusal = is_refusal

    def clean_note(self):
        note = self.cleaned_data["note"]
        if self.is_refusal and not note:
            raise forms.ValidationError(_("Please say why not."))
        return note


@dataclass(frozen=True)
class Decision:
    """What was decided about a request, by whom, and why."""

    request: Request
    by: User | None
    at: datetime
    is_granted: bool
    note: str


def requests_to_decide(user):
    """Return the Requests that this person may grant or refuse, the first to fall due first.

    Never their own. One query for the clocks, one for the words of the requests.
    """
    if not decides(user):
        return []
    clocks = Clock.objects.with_request().filter(
        ticket__in=Ticket.objects.for_user(user).filter(_decided_by(user)),
        ticket__status__in=WITH_ORGANISATION,
    )
    clocks = list(clocks.select_related("ticket__holder").order_by("due_at", "pk")[:MOST_REQUESTS])
    asked = _asked({clock.ticket_id for clock in clocks})
    found = []
    for clock in clocks:
        event = asked[clock.ticket_id][-1]
        if event.by_id != user.pk:
            new = due_with(clock, clock.asked_amount)
            found.append(_request(clock.ticket, event, clock.due_at, new))
    return found


def _decided_by(user):
    """Return the condition for tickets of which this person may decide (workflow.transitions)."""
    return reports.in_places(user, DESK) | Q(district_id__in=_arbitrates_at(reach(user)))


def _arbitrates_at(seen):
    return [
        each.grid_id
        for each in seen.postings
        if each.role in ARBITERS and each.grid_id and each.grid.level == GridLevel.DISTRICT
    ]


def _asked(ticket_ids):
    """Return {ticket number: its requests for more time in order}; no query for none."""
    found = defaultdict(list)
    if ticket_ids:
        rows = TicketEvent.objects.filter(ticket__in=ticket_ids, verb=Verb.ASK_EXTENSION)
        for event in rows.select_related("by").order_by("number"):
            found[event.ticket_id].append(event)
    return found


def _request(ticket, event, due_at=None, new_due_at=None):
    return Request(
        ticket=ticket,
        by=event.by,
        at=event.at,
        reason=event.data["note"],
        amount=event.data["amount"],
        in_days=event.data["unit"] == LimitUnit.WORKING_DAYS,
        due_at=due_at,
        new_due_at=new_due_at,
    )


def decisions(user, at, limit):
    """Return the Decisions of the last 30 days on matters of which this person may decide."""
    mine = Ticket.objects.for_user(user).filter(_decided_by(user))
    rows = TicketEvent.objects.filter(
        verb__in=[Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION],
        at__gte=at - timedelta(days=DECIDED_DAYS),
        ticket__in=mine,
    )
    rows = list(rows.select_related("ticket__holder", "by").order_by("-at", "-pk")[:limit])
    asked = _asked({event.ticket_id for event in rows})
    return [
        Decision(
            request=_request(event.ticket, _before(asked[event.ticket_id], event)),
            by=event.by,
            at=event.at,
            is_granted=event.verb == Verb.GRANT_EXTENSION,
            note=event.data.get("note", ""),
        )
        for event in rows
    ]


def _before(asked, decision):
    return [event for event in asked if event.number < decision.number][-1]
