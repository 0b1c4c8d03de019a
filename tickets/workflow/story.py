"""A ticket's state as its events tell it: the one place where status, clocks and legs change.

The verbs, the bulk seed and the replay check all go through `Story.apply`, so a ticket that was
lived, one that was seeded and one rebuilt from its events are the same rows.
"""

from dataclasses import dataclass, field
from datetime import datetime

from common.errors import RuleViolation
from tickets.choices import (
    ENDED,
    OPEN,
    WITH_ORGANISATION,
    ClockState,
    Outcome,
    Part,
    Stage,
    Status,
    Verb,
)
from tickets.models import Clock, Leg, Ticket, TicketEvent
from tickets.policies import FROM_THE_START
from tickets.workflow import clockwork
from worktime.reports import current_calendar

# Columns that follow from events; everything else on a ticket is what was said when filing.
STATE = (
    "status", "cycle", "category_id", "priority", "is_confidential", "organisation_id", "holder_id",
    "held_since", "due_at", "next_due_at", "next_stage", "return_count", "reopen_count",
    "is_locked", "waiting_for", "supporter_count", "merged_into_id", "resolved_at", "closed_at",
    "outcome", "is_satisfied", "urge_count", "urged_at", "agenda_at", "agenda_ground",
    "public_text", "event_count", "last_event_at",
)  # fmt: skip
CLOCK_STATE = (
    "state", "mode", "limit_amount", "limit_unit", "policy_id", "extra_amount", "started_at",
    "due_at", "first_due_at", "moved_by", "thresholds", "pauses", "paused_until", "level",
    "target_revision", "next_check_at", "asked_at", "asked_amount", "stopped_at",
    "elapsed_seconds", "late_seconds",
)  # fmt: skip
LEG_STATE = ("acknowledged_at", "ended_at", "open_seconds")
# What a person says to the resident; a note to colleagues and the portal's own words do not count.
CONTACTS = frozenset(
    {
        Verb.TELL_RESIDENT, Verb.ASK_RESIDENT, Verb.RESOLVE, Verb.RESOLVE_ON_SPOT, Verb.REJECT,
    }
)  # fmt: skip
# Whoever takes a matter on lets the resident know who has it now.
WORDS = CONTACTS | {Verb.ACKNOWLEDGE, Verb.GRANT_EXTENSION}
# With these the community has dealt with a new matter.
ACCEPTS = frozenset({Verb.ACCEPT, Verb.DISPATCH, Verb.RESOLVE_ON_SPOT, Verb.REJECT})


@dataclass
class Story:
    """One ticket with its clocks and legs, in memory; `new_events` are not in the database yet."""

    ticket: Ticket
    clocks: list[Clock] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    new_events: list[TicketEvent] = field(default_factory=list)

    @classmethod
    def of(cls, ticket):
        """Load the story of a stored ticket and lock its clocks against the sweep (2 queries)."""
        clocks = ticket.clocks.order_by("pk").select_for_update(of=("self",))
        return cls(ticket, list(clocks), list(ticket.legs.order_by("pk")))

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
        if event.organisation_id != ticket.organisation_id and self.clock(Stage.RESOLVE):
            # Whoever asked for more time has it no longer.
            resolve = self.clock(Stage.RESOLVE)
            resolve.asked_at = resolve.asked_amount = None
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
        self._move_clocks(event)
        if event.to_status in ENDED:
            self._stop_clocks(event.at, ClockState.CANCELLED)
            ticket.closed_at = event.at
            ticket.waiting_for = ""
        self._move_legs(event)
        self._note_promises()

    # --- clocks

    def start_clock(self, stage, limit, at):
        """Start a promise. Raises RuleViolation where the calendar knows no day for the main one.

        An emergency is not turned away because office hours are unknown: it goes without the
        lesser promises, which is logged.
        """
        try:
            clock = clockwork.new_clock(self.ticket, stage, self.ticket.cycle, limit, at)
        except RuleViolation:
            if stage == Stage.RESOLVE:
                raise
            return
        self.clocks.append(clock)

    def stop_clock(self, stage, at):
        """End the running clock of this stage, if there is one: kept or missed."""
        clock = self.clock(stage)
        if clock:
            clockwork.stop(clock, at)

    def retarget(self, limits, at, *, because):
        """Give running clocks of these stages new limits; None: it is promised no more."""
        for clock in self.running():
            if clock.stage not in limits:
                continue
            limit = limits[clock.stage]
            if limit is None:
                clockwork.stop(clock, at, ClockState.NOT_APPLICABLE)
            else:
                clockwork.retarget(clock, limit, at, because=because)
        self._measure_legs()

    def running(self):
        """Return the clocks that have not stopped."""
        return [clock for clock in self.clocks if clock.stopped_at is None]

    def remaining_seconds(self, at):
        """Seconds of the resolve clock's own time left at `at`; 0 when late."""
        clock = self.clock(Stage.RESOLVE)
        if clock is None or clock.due_at is None or at >= clock.due_at:
            return 0
        return current_calendar(clock.mode).within(at, clock.due_at)

    def _move_clocks(self, event):
        """Let accepting, speaking to the resident and keeping them informed leave their mark."""
        if event.verb in ACCEPTS:
            self.stop_clock(Stage.ACCEPT, event.at)
        if event.verb in CONTACTS:
            self.stop_clock(Stage.CONTACT, event.at)
        word = self.clock(Stage.WORD)
        if word and word.stopped_at is None and event.verb in WORDS:
            clockwork.begin_again(word, event.at)

    def _stop_clocks(self, at, state):
        for clock in self.running():
            clockwork.stop(clock, at, state)

    def _note_promises(self):
        """Keep on the ticket's row what lists sort by: the promise, and the nearest of all."""
        ticket = self.ticket
        resolve = self.clock(Stage.RESOLVE)
        if resolve:
            is_promised = resolve.state != ClockState.NOT_APPLICABLE
            ticket.due_at = resolve.due_at if is_promised else None
        ticket.next_due_at, ticket.next_stage = nearest(self.running())

    # --- legs

    def _move_legs(self, event):
        """Open and close everybody's times so that they match the state just reached."""
        if event.data.get("immediate"):
            return
        ticket = self.ticket
        running = [leg for leg in self.legs if leg.ended_at is None]
        wanted = set()
        if ticket.status in OPEN:
            wanted.add((ticket.organisation_id, Part.LEAD.value))
        if ticket.status in WITH_ORGANISATION and ticket.organisation_id:
            if "co" in event.data:
                helpers = event.data["co"]
            else:
                helpers = [leg.organisation_id for leg in running if leg.part == Part.CO]
            wanted |= {(each, Part.CO.value) for each in helpers if each != ticket.organisation_id}
        for leg in running:
            if (leg.organisation_id, leg.part) in wanted and leg.cycle == ticket.cycle:
                wanted.discard((leg.organisation_id, leg.part))
            else:
                leg.ended_at = event.at
                self._measure(leg)
        for organisation_id, part in sorted(wanted, key=lambda each: (each[0] or 0, each[1])):
            self.legs.append(
                Leg(
                    ticket=ticket,
                    organisation_id=organisation_id,
                    part=part,
                    cycle=ticket.cycle,
                    started_at=event.at,
                )
            )

    def _measure(self, leg):
        """Count what the resolve clock ran during a leg that has ended."""
        clock = self._resolve_clock_of(leg.cycle)
        calendar = current_calendar(clock.mode)
        pauses = clockwork.pauses_of(clock)
        leg.open_seconds = calendar.within(leg.started_at, leg.ended_at, pauses)

    def _measure_legs(self):
        """Count the ended legs of this cycle again, after the clock has changed its ways."""
        for leg in self.legs:
            if leg.ended_at is not None and leg.cycle == self.ticket.cycle:
                self._measure(leg)

    def _resolve_clock_of(self, cycle):
        return next(
            each for each in self.clocks if each.stage == Stage.RESOLVE and each.cycle == cycle
        )

    def co_handlers(self):
        """Organisations that help or last helped, for a cycle that begins again."""
        last = max((leg.cycle for leg in self.legs), default=0)
        return [
            leg.organisation_id for leg in self.legs if leg.part == Part.CO and leg.cycle == last
        ]


def nearest(clocks):
    """Return (due time, stage) of the first promise to fall due among running clocks."""
    promises = [
        (clock.due_at, clock.stage)
        for clock in clocks
        if clock.state == ClockState.RUNNING and clock.stage != Stage.CONFIRM
    ]
    return min(promises, default=(None, ""))


# --- what each verb does besides moving the status


def _submit(story, event):
    _classify(story, event)
    story.ticket.held_since = event.at
    for stage, limit in event.data["limits"].items():
        story.start_clock(stage, limit, event.at)


def _classify(story, event):
    ticket = story.ticket
    ticket.category_id = event.data["category"]
    ticket.priority = event.data["priority"]
    ticket.is_confidential = event.data["confidential"]


def _recategorise(story, event):
    _classify(story, event)
    limits = dict.fromkeys(FROM_THE_START) | event.data["limits"]
    story.retarget(limits, event.at, because=event.verb)


def _change_policy(story, event):
    story.retarget(event.data["limits"], event.at, because=event.verb)


def _acknowledge(story, event):
    for leg in story.legs:
        if leg.ended_at is None and leg.organisation_id == event.organisation_id:
            leg.acknowledged_at = leg.acknowledged_at or event.at


def _return(story, event):
    story.ticket.return_count += 1


def _arbitrate(story, event):
    story.ticket.is_locked = True


def _wait(story, event):
    story.ticket.waiting_for = event.data["reason"]
    clock = story.clock(Stage.RESOLVE)
    until = datetime.fromisoformat(event.data["until"])
    clockwork.pause(clock, event.at, until, event.data["reason"], because=event.verb)


def _go_on(story, event):
    story.ticket.waiting_for = ""
    clockwork.unpause(story.clock(Stage.RESOLVE), event.at, because=event.verb)


def _ask_extension(story, event):
    clock = story.clock(Stage.RESOLVE)
    clock.asked_at, clock.asked_amount = event.at, event.data["amount"]


def _grant_extension(story, event):
    clock = story.clock(Stage.RESOLVE)
    clockwork.extend(clock, event.data["amount"], event.at, because=event.verb)


def _refuse_extension(story, event):
    clock = story.clock(Stage.RESOLVE)
    clock.asked_at = clock.asked_amount = None


def _resolve(story, event):
    story.ticket.resolved_at = event.at
    story.stop_clock(Stage.RESOLVE, event.at)
    story.stop_clock(Stage.WORD, event.at)
    story.start_clock(Stage.CONFIRM, event.data["limit"], event.at)


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
        _propose(story, event)
        return
    ticket.reopen_count += 1
    ticket.outcome = ""
    ticket.resolved_at = ticket.closed_at = None
    for stage, limit in event.data["limits"].items():
        story.start_clock(stage, limit, event.at)


def _propose(story, event):
    ticket = story.ticket
    if ticket.agenda_at is None:
        ticket.agenda_at, ticket.agenda_ground = event.at, event.data["ground"]


def _merge(story, event):
    story.ticket.merged_into_id = event.data["into"]


def _join(story, event):
    story.ticket.supporter_count += event.data.get("people", 1)


def _urge(story, event):
    story.ticket.urge_count += 1
    story.ticket.urged_at = event.at


def _release(story, event):
    story.ticket.public_text = event.data["text"]


EFFECTS = {
    Verb.SUBMIT: _submit,
    Verb.ACKNOWLEDGE: _acknowledge,
    Verb.RECATEGORISE: _recategorise,
    Verb.CHANGE_POLICY: _change_policy,
    Verb.RETURN: _return,
    Verb.ARBITRATE: _arbitrate,
    Verb.HOLD: _wait,
    Verb.ASK_RESIDENT: _wait,
    Verb.RESUME: _go_on,
    Verb.ANSWER: _go_on,
    Verb.ASK_EXTENSION: _ask_extension,
    Verb.GRANT_EXTENSION: _grant_extension,
    Verb.REFUSE_EXTENSION: _refuse_extension,
    Verb.RESOLVE: _resolve,
    Verb.RESOLVE_ON_SPOT: _resolve,
    Verb.CONFIRM: _confirm,
    Verb.EXPIRE: _expire,
    Verb.DISPUTE: _dispute,
    Verb.REOPEN: _dispute,
    Verb.PROPOSE: _propose,
    Verb.MERGE: _merge,
    Verb.JOIN: _join,
    Verb.URGE: _urge,
    Verb.RELEASE: _release,
}
