"""What the clock card of a ticket tells: its promises, who hears of them, and requests for time."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from common.text import mask_text
from tickets import clockface, promised, reports, workflow
from tickets.choices import LATE, ClockMode, ClockState, Delivery, LimitUnit, Stage, Verb
from tickets.models import Told
from tickets.workflow.escalations import Ladders
from tickets.workflow.extensions import due_with

# In the order of a matter's life; the resolve clock has the card to itself.
BESIDE = (Stage.ACCEPT, Stage.CONTACT, Stage.WORD, Stage.CONFIRM)
DUE_SOON_S = 4 * 3600
RUNGS_AHEAD = 3


def card(ticket, events, named, at, *, is_masked):
    """Return the context of the clock card; the clocks are fetched with the ticket.

    One query for who was told, four for an open ticket's ladders. With `is_masked` numbers inside
    texts are starred.
    """
    say = mask_text if is_masked else str
    clocks = sorted(ticket.clocks.all(), key=lambda clock: clock.pk)
    present = {clock.stage: clock for clock in clocks if clock.cycle == ticket.cycle}
    resolve, told = present.get(Stage.RESOLVE), told_by_clock(present.values())
    promise = reports.promise(resolve, at)
    beside = [standing(present[stage], told, at) for stage in BESIDE if stage in present]
    return {
        "promise": promise,
        "state": state_of(promise),
        "scale": clockface.scale_of(resolve, at) if promise else None,
        "moved_because": moved_because(promise, events),
        "ladder": ladder(ticket, resolve, told, at),
        "beside": [each for each in beside if each.is_running],
        "kept": [each for each in beside if not each.is_running],
        "before": [
            standing(clock, told, at)
            for clock in clocks
            if clock.stage == Stage.RESOLVE and clock.cycle < ticket.cycle
        ],
        "confirm_clock": present.get(Stage.CONFIRM),
        "asked": request_in(events, named, resolve, say),
        "granted": grants_in(events, named, ticket.cycle, say),
    }


def moved_because(promise, events):
    """Return why the day is another one than was promised first, [] where it is not."""
    if promise is None or not promise.clock.was_moved:
        return []
    # Told to a colleague, not to the resident themselves.
    return promised.causes(promise.clock, events, is_others=True)


def state_of(promise):
    """Return the word by which the card is coloured."""
    if promise is None:
        return ""
    if not promise.is_running:
        return {ClockState.MET: "met", ClockState.MISSED: "missed"}.get(promise.clock.state, "over")
    if promise.is_late:
        return "late"
    if promise.is_paused:
        return "paused"
    return "due" if promise.left < DUE_SOON_S else "running"


# --- The promises beside it ----------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How one promise stands, for a line; `over` is plain seconds, `over_open` the clock's own."""

    stage: str
    label: str
    state: str
    due_at: datetime
    elapsed: int | None
    over: int
    over_open: int | None
    is_wall: bool
    is_running: bool
    told: tuple[str, ...]


def standing(clock, told, at):
    end = clock.stopped_at or at
    is_late = clock.is_late(at)
    over_open = clock.late_seconds
    if is_late and over_open is None:
        over_open = clockface.ran(clock, clock.due_at, end)
    return Standing(
        stage=clock.stage,
        label=clock.get_stage_display(),
        state="late" if is_late and clock.stopped_at is None else clock.state,
        due_at=clock.due_at,
        elapsed=clock.elapsed_seconds,
        over=int((end - clock.due_at).total_seconds()) if is_late else 0,
        over_open=over_open,
        is_wall=clock.mode == ClockMode.WALL,
        is_running=clock.stopped_at is None,
        told=tuple(name for rung in told.get(clock.pk, ()) if rung.level >= LATE
                   for name in rung.names),
    )  # fmt: skip


# --- The ladder ----------------------------------------------------------------------------


@dataclass
class Rung:
    """One step of the ladder: what it says, who hears it, and when."""

    text: str
    names: list[str]
    at: datetime | None = None
    level: int = 0
    is_here: bool = False
    is_ahead: bool = False
    is_excused: bool = False


def told_by_clock(clocks):
    """Return {clock number: [Rung, …]} of what people were told (one query)."""
    rows = Told.objects.filter(escalation__clock__in=[clock.pk for clock in clocks])
    rows = rows.exclude(escalation__delivery=Delivery.VOID).select_related("user", "escalation")
    rungs = {}
    for row in rows.order_by("escalation__crossed_at", "pk"):
        escalation = row.escalation
        key = (escalation.clock_id, escalation.target_revision, escalation.level)
        if key not in rungs:
            rungs[key] = Rung(
                text=str(clockface.LEVEL_WORDS[escalation.level]),
                names=[],
                at=escalation.crossed_at,
                level=escalation.level,
                is_excused=escalation.delivery == Delivery.EXCUSED,
            )
        rungs[key].names.append(str(row.user))
    found = {}
    for (clock_id, _revision, _level), rung in rungs.items():
        found.setdefault(clock_id, []).append(rung)
    return found


def ladder(ticket, clock, told, at):
    """Return the Rungs of an open ticket: who was told, who has it now, whom it goes to next."""
    if not ticket.is_open or clock is None:
        return []
    here = Rung(text=_("Now with"), names=[str(ticket.holder)], is_here=True)
    ladders = Ladders(at)
    next_levels = [each for each in clock.thresholds if each[0] > clock.level]
    ahead = [
        Rung(
            text=str(clockface.LEVEL_WORDS[level]),
            names=[
                str(user)
                for user in workflow.addressees_of(ticket, at, level=level, ladders=ladders)
            ],
            at=datetime.fromtimestamp(instant, timezone.get_default_timezone()),
            level=level,
            is_ahead=True,
        )
        for level, instant in next_levels[:RUNGS_AHEAD]
    ]
    return [*told.get(clock.pk, []), here, *ahead]


# --- More time -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """More time that was asked for or granted: who, when, how much, why, and what it makes."""

    by: str
    at: datetime
    amount: int
    in_days: bool
    why: str
    due_at: datetime | None = None
    note: str = ""


def request_of(ticket, say=str):
    """Return the request that waits for a decision on a ticket (3 queries), None without one."""
    clock = ticket.clocks.filter(stage=Stage.RESOLVE, cycle=ticket.cycle).first()
    asked = ticket.events.filter(verb=Verb.ASK_EXTENSION).select_related("by").order_by("number")
    named = {event.by_id: event.by for event in asked}
    return request_in(asked, named, clock, say)


def request_in(events, named, clock, say):
    """Return the request that waits for a decision from events that are at hand."""
    if clock is None or clock.asked_at is None:
        return None
    event = [each for each in events if each.verb == Verb.ASK_EXTENSION][-1]
    return Asked(
        by=str(named.get(event.by_id, "")),
        at=event.at,
        **_terms(event, say),
        due_at=due_with(clock, clock.asked_amount),
    )


def grants_in(events, named, cycle, say):
    """Return what was granted in this cycle, each with why it was asked for."""
    asked, found = None, []
    for event in events:
        if event.verb == Verb.ASK_EXTENSION:
            asked = event
        elif event.verb == Verb.GRANT_EXTENSION and event.cycle == cycle:
            who, note = str(named.get(event.by_id, "")), say(event.data.get("note", ""))
            found.append(Asked(by=who, at=event.at, **_terms(asked, say), note=note))
    return found


def _terms(asked, say):
    return {
        "amount": asked.data["amount"],
        "in_days": asked.data["unit"] == LimitUnit.WORKING_DAYS,
        "why": say(asked.data["note"]),
    }
