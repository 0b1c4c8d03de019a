"""A ticket's state as its events tell it: the one place where status, clocks and legs change.

The verbs, the bulk seed and the replay check all go through `Story.apply`, so a ticket that was
lived, one that was seeded and one rebuilt from its events are the same rows.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from common.errors import RuleViolation
from tickets.choices import (
    ENDED,
    WITH_ORGANISATION,
    ClockMode,
    ClockState,
    LimitUnit,
    Outcome,
    Part,
    Stage,
    Status,
    Verb,
)
from tickets.models import Clock, Leg, Ticket, TicketEvent
from worktime.arithmetic import CalendarHorizon
from worktime.reports import current_calendar

logger = logging.getLogger(__name__)

# Columns that follow from events; everything else on a ticket is what was said when filing.
STATE = (
    "status", "cycle", "category_id", "priority", "is_confidential", "organisation_id", "holder_id",
    "held_since", "due_at", "return_count", "reopen_count", "is_locked", "waiting_for",
    "supporter_count", "merged_into_id", "resolved_at", "closed_at", "outcome", "is_satisfied",
    "agenda_at", "public_text", "event_count", "last_event_at",
)  # fmt: skip
CLOCK_STATE = (
    "state", "mode", "limit_amount", "limit_unit", "due_at", "pauses", "paused_until", "level",
    "target_revision", "next_check_at", "stopped_at",
)  # fmt: skip

# A late clock's level after the sweep has told the next secretary (sla.md, thresholds).
LATE_LEVEL = 100


@dataclass
class Story:
    """One ticket with its clocks and legs, in memory; `new_events` are not in the database yet."""

    ticket: Ticket
    clocks: list[Clock] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    new_events: list[TicketEvent] = field(default_factory=list)

    @classmethod
    def of(cls, ticket):
        """Load the story of a stored ticket (2 queries)."""
        return cls(ticket, list(ticket.clocks.order_by("pk")), list(ticket.legs.order_by("pk")))

    def clock(self, stage):
        """Return the clock of this stage in the present cycle, or None."""
        found = (each for each in self.clocks if each.stage == stage)
        return next((each for each in found if each.cycle == self.ticket.cycle), None)

    def append(self, verb, at, *, by_id, actor, to, data, **after):
        """Add an event at the end of the story and apply it; return it.

        `after` may name `holder_id`, `organisation_id` and `cycle` as they are afterwards; what is
        not named stays as it was.
        """
        ticket = self.ticket
        event = TicketEvent(
            ticket=ticket,
            number=ticket.event_count + 1,
            verb=verb,
            at=at,
            recorded_at=at,
            by_id=by_id,
            actor=actor,
            from_status=ticket.status if ticket.event_count else "",
            to_status=to or ticket.status,
            cycle=after.get("cycle", ticket.cycle),
            holder_id=after.get("holder_id", ticket.holder_id),
            organisation_id=after.get("organisation_id", ticket.organisation_id),
            data=data,
        )
        self.apply(event)
        self.new_events.append(event)
        return event

    def apply(self, event):
        """Change ticket, clocks and legs as this event says; nothing is stored here."""
        ticket = self.ticket
        if (event.holder_id, event.organisation_id) != (ticket.holder_id, ticket.organisation_id):
            ticket.held_since = event.at
        if event.cycle != ticket.cycle:
            self.stop_clock(Stage.CONFIRM, event.at)
            self._stop_clocks(event.at, ClockState.CANCELLED)
        ticket.status = event.to_status
        ticket.cycle = event.cycle
        ticket.holder_id = event.holder_id
        ticket.organisation_id = event.organisation_id
        ticket.event_count = event.number
        ticket.last_event_at = event.at
        effect = EFFECTS.get(event.verb)
        if effect:
            effect(self, event)
        if event.to_status in ENDED:
            self._stop_clocks(event.at, ClockState.CANCELLED)
            ticket.closed_at = event.at
            ticket.waiting_for = ""
        self._move_legs(event)
        resolve = self.clock(Stage.RESOLVE)
        if resolve:
            ticket.due_at = resolve.due_at

    # --- clocks

    def start_clock(self, stage, limit, at):
        clock = Clock(
            ticket=self.ticket,
            stage=stage,
            cycle=self.ticket.cycle,
            state=ClockState.RUNNING,
            mode=limit["mode"],
            limit_amount=limit["amount"],
            limit_unit=limit["unit"],
            started_at=at,
        )
        self.clocks.append(clock)
        self._reckon(clock)

    def stop_clock(self, stage, at):
        """End a running clock: kept when not after the due time, else missed."""
        clock = self.clock(stage)
        if clock and clock.stopped_at is None:
            self._end_pause(clock, at)
            late = clock.due_at is not None and at > clock.due_at
            clock.state = ClockState.MISSED if late else ClockState.MET
            clock.stopped_at = at
            clock.next_check_at = None

    def pause(self, at, until):
        clock = self.clock(Stage.RESOLVE)
        if clock and clock.state == ClockState.RUNNING:
            clock.state = ClockState.PAUSED
            clock.paused_until = until
            clock.pauses = [*clock.pauses, [at.isoformat(), until.isoformat()]]
            self._reckon(clock)

    def unpause(self, at):
        clock = self.clock(Stage.RESOLVE)
        if clock and clock.state == ClockState.PAUSED:
            self._end_pause(clock, at)
            clock.state = ClockState.RUNNING
            self._reckon(clock)

    def retarget(self, limit):
        """Give the resolve clock a new promise: same start, same pauses (sla.md, recategorise)."""
        clock = self.clock(Stage.RESOLVE)
        clock.mode, clock.limit_amount, clock.limit_unit = (
            limit["mode"],
            limit["amount"],
            limit["unit"],
        )
        clock.target_revision += 1
        clock.level = 0
        self._reckon(clock)

    def remaining_seconds(self, at):
        """Seconds of the resolve clock's own time left at `at`; 0 when late."""
        clock = self.clock(Stage.RESOLVE)
        if clock is None or clock.due_at is None or at >= clock.due_at:
            return 0
        return current_calendar(clock.mode).within(at, clock.due_at)

    def _stop_clocks(self, at, state):
        for clock in self.clocks:
            if clock.stopped_at is None:
                self._end_pause(clock, at)
                clock.state, clock.stopped_at, clock.next_check_at = state, at, None

    @staticmethod
    def _end_pause(clock, at):
        if clock.state == ClockState.PAUSED:
            start, until = clock.pauses[-1]
            end = min(at, datetime.fromisoformat(until))
            clock.pauses = [*clock.pauses[:-1], [start, end.isoformat()]]
            clock.paused_until = None

    @staticmethod
    def _reckon(clock):
        """Recompute the due time, and when the sweep must look at this clock next.

        Raises RuleViolation where the working calendar holds no days for it: a wrong date is never
        promised, and whoever typed something keeps it.
        """
        pauses = [tuple(map(datetime.fromisoformat, pause)) for pause in clock.pauses]
        try:
            calendar = current_calendar(clock.mode)
            if clock.limit_unit == LimitUnit.WORKING_DAYS:
                clock.due_at = calendar.add_working_days(
                    clock.started_at, clock.limit_amount, pauses
                )
            else:
                clock.due_at = calendar.add(clock.started_at, clock.limit_amount, pauses)
        except CalendarHorizon as error:
            logger.error("The working calendar has no days for %s: %s", clock, error)
            raise RuleViolation(
                _("We cannot promise a day at the moment. Please ring, or try again tomorrow."),
                code="no_calendar",
            ) from error
        if clock.state == ClockState.PAUSED:
            clock.next_check_at = clock.paused_until
        else:
            clock.next_check_at = clock.due_at if clock.level < LATE_LEVEL else None

    # --- legs

    def _move_legs(self, event):
        """Open and close the organisations' times so that they match the state just reached."""
        ticket = self.ticket
        running = [leg for leg in self.legs if leg.ended_at is None]
        wanted = set()
        if ticket.status in WITH_ORGANISATION and ticket.organisation_id:
            wanted.add((ticket.organisation_id, Part.LEAD.value))
            if "co" in event.data:
                helpers = event.data["co"]
            else:
                helpers = [leg.organisation_id for leg in running if leg.part == Part.CO]
            wanted |= {(each, Part.CO.value) for each in helpers if each != ticket.organisation_id}
        for leg in running:
            if (leg.organisation_id, leg.part) in wanted:
                wanted.discard((leg.organisation_id, leg.part))
            else:
                leg.ended_at = event.at
        for organisation_id, part in sorted(wanted):
            self.legs.append(
                Leg(
                    ticket=ticket,
                    organisation_id=organisation_id,
                    part=part,
                    cycle=ticket.cycle,
                    started_at=event.at,
                )
            )

    def co_handlers(self):
        """Organisations that help or last helped, for a cycle that begins again."""
        last = max((leg.cycle for leg in self.legs), default=0)
        return [
            leg.organisation_id for leg in self.legs if leg.part == Part.CO and leg.cycle == last
        ]


# --- what each verb does besides moving the status


def _submit(story, event):
    ticket = story.ticket
    ticket.category_id = event.data["category"]
    ticket.priority = event.data["priority"]
    ticket.is_confidential = event.data["confidential"]
    ticket.held_since = event.at
    story.start_clock(Stage.RESOLVE, event.data["limit"], event.at)


def _recategorise(story, event):
    ticket = story.ticket
    ticket.category_id = event.data["category"]
    ticket.priority = event.data["priority"]
    ticket.is_confidential = event.data["confidential"]
    story.retarget(event.data["limit"])


def _return(story, event):
    story.ticket.return_count += 1


def _arbitrate(story, event):
    story.ticket.is_locked = True


def _wait(story, event):
    story.ticket.waiting_for = event.data["reason"]
    story.pause(event.at, datetime.fromisoformat(event.data["until"]))


def _go_on(story, event):
    story.ticket.waiting_for = ""
    story.unpause(event.at)


def _resolve(story, event):
    story.ticket.resolved_at = event.at
    story.stop_clock(Stage.RESOLVE, event.at)
    days = timedelta(days=event.data["confirm_days"])
    limit = {
        "mode": ClockMode.WALL.value,
        "unit": LimitUnit.SECONDS.value,
        "amount": int(days.total_seconds()),
    }
    story.start_clock(Stage.CONFIRM, limit, event.at)


def _confirm(story, event):
    story.stop_clock(Stage.CONFIRM, event.at)
    story.ticket.outcome = Outcome.SOLVED.value
    story.ticket.is_satisfied = event.data["satisfied"]


def _expire(story, event):
    story.stop_clock(Stage.CONFIRM, event.at)
    story.ticket.outcome = Outcome.UNANSWERED.value


def _dispute(story, event):
    """Begin the next cycle, or, when the reopenings are used up, close as not solved."""
    ticket = story.ticket
    ticket.is_satisfied = event.data.get("satisfied")
    if event.to_status == Status.CLOSED:
        story.stop_clock(Stage.CONFIRM, event.at)
        ticket.outcome = Outcome.UNSOLVED.value
        ticket.agenda_at = event.at
        return
    ticket.reopen_count += 1
    ticket.outcome = ""
    ticket.resolved_at = ticket.closed_at = None
    story.start_clock(Stage.RESOLVE, event.data["limit"], event.at)


def _merge(story, event):
    story.ticket.merged_into_id = event.data["into"]


def _join(story, event):
    story.ticket.supporter_count += event.data.get("people", 1)


def _escalate(story, event):
    clock = story.clock(Stage.RESOLVE)
    clock.level = event.data["level"]
    clock.next_check_at = None


def _release(story, event):
    story.ticket.public_text = event.data["text"]


EFFECTS = {
    Verb.SUBMIT: _submit,
    Verb.RECATEGORISE: _recategorise,
    Verb.RETURN: _return,
    Verb.ARBITRATE: _arbitrate,
    Verb.HOLD: _wait,
    Verb.ASK_RESIDENT: _wait,
    Verb.RESUME: _go_on,
    Verb.ANSWER: _go_on,
    Verb.RESOLVE: _resolve,
    Verb.RESOLVE_ON_SPOT: _resolve,
    Verb.CONFIRM: _confirm,
    Verb.EXPIRE: _expire,
    Verb.DISPUTE: _dispute,
    Verb.REOPEN: _dispute,
    Verb.MERGE: _merge,
    Verb.JOIN: _join,
    Verb.ESCALATE: _escalate,
    Verb.RELEASE: _release,
}
