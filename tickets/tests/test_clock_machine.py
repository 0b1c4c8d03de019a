"""Random lives of a ticket's clocks, held against the invariants of sla.md that are theirs.

Invariant 9: a level is a function of thresholds and time; 10: replaying the events gives the rows;
11: the lead legs of a cycle add up to what its clock has run.
"""

from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tickets.choices import ClockState, LimitUnit, Part, Stage, Status, Verb
from tickets.models import Ticket
from tickets.tests.test_replay import rows_of
from tickets.workflow import clockwork
from tickets.workflow.story import Story
from tickets.workflow.sweep import climb
from worktime.reports import current_calendar
from worktime.tests.factories import make_calendar

BIRTH = datetime(2026, 9, 25, 1, 0, tzinfo=UTC)
COMMUNITY, POWER, HOUSING = None, 1, 2
WAITS = st.integers(0, 4 * 86_400).map(lambda n: timedelta(seconds=n if n % 3 else n // 97))

WALL = {"mode": "wall", "unit": "seconds"}
HOURS = {"mode": "business", "unit": "seconds"}
DAYS = {"mode": "business", "unit": "working_days"}
LIMITS = st.fixed_dictionaries(
    {
        "resolve": st.one_of(
            st.integers(60, 5 * 86_400).map(lambda n: WALL | {"amount": n}),
            st.integers(60, 40 * 3_600).map(lambda n: HOURS | {"amount": n}),
            st.integers(1, 12).map(lambda n: DAYS | {"amount": n}),
        )
    },
    optional={
        "accept": st.just(HOURS | {"amount": 7_200}),
        "contact": st.just(WALL | {"amount": 3_600}),
        "word": st.just(DAYS | {"amount": 3}),
    },
)
CONFIRM = WALL | {"amount": 7 * 86_400}


class Lives(RuleBasedStateMachine):
    """One ticket; each rule is an event that its status allows, some time after the last one."""

    def __init__(self):
        super().__init__()
        self.at = BIRTH
        self.ticket = Ticket(pk=1, submitted_at=BIRTH, organisation_id=COMMUNITY, holder_id=1)
        self.story = Story(self.ticket)

    def tell(self, verb, wait, to=None, *, data=None, **after):
        self.at += wait
        self.story.append(verb, self.at, by_id=1, actor="holder", to=to, data=data or {}, **after)

    def status_in(self, *statuses):
        return self.ticket.event_count and self.ticket.status in statuses

    @property
    def resolve(self):
        return self.story.clock(Stage.RESOLVE)

    @precondition(lambda self: not self.ticket.event_count)
    @rule(limits=LIMITS)
    def submit(self, limits):
        data = {"category": 1, "priority": "normal", "confidential": False, "limits": limits}
        self.tell(Verb.SUBMIT, timedelta(), Status.SUBMITTED, data=data, holder_id=1)

    @precondition(lambda self: self.status_in(Status.SUBMITTED))
    @rule(wait=WAITS)
    def accept(self, wait):
        self.tell(Verb.ACCEPT, wait, Status.ACCEPTED)

    @precondition(lambda self: self.status_in(Status.ACCEPTED, Status.RETURNED))
    @rule(wait=WAITS, where=st.sampled_from([COMMUNITY, POWER, HOUSING]))
    def dispatch(self, wait, where):
        self.tell(Verb.DISPATCH, wait, Status.DISPATCHED, organisation_id=where, data={"co": [3]})

    @precondition(lambda self: self.status_in(Status.DISPATCHED))
    @rule(wait=WAITS)
    def acknowledge(self, wait):
        self.tell(Verb.ACKNOWLEDGE, wait, Status.IN_PROGRESS)

    @precondition(lambda self: self.status_in(Status.DISPATCHED, Status.IN_PROGRESS))
    @rule(wait=WAITS)
    def give_back(self, wait):
        data = {"note": "", "suggested": HOUSING}
        self.tell(Verb.RETURN, wait, Status.RETURNED, organisation_id=COMMUNITY, data=data)

    @precondition(lambda self: self.status_in(Status.DISPATCHED, Status.IN_PROGRESS))
    @rule(waits=st.lists(WAITS, min_size=1, max_size=10))
    def transfer_again_and_again(self, waits):
        """Neither start nor pauses nor limit of the resident's clock moves (invariant 9)."""
        before = (self.resolve.started_at, self.resolve.due_at, self.resolve.target_revision)
        for number, wait in enumerate(waits):
            where = (POWER, HOUSING)[number % 2]
            self.tell(Verb.TRANSFER, wait, Status.DISPATCHED, organisation_id=where)
        after = (self.resolve.started_at, self.resolve.due_at, self.resolve.target_revision)
        assert before == after

    @precondition(lambda self: self.status_in(Status.SUBMITTED, Status.ACCEPTED, Status.RETURNED))
    @rule(wait=WAITS, limits=LIMITS)
    def recategorise(self, wait, limits):
        started = self.resolve.started_at
        data = {"category": 2, "priority": "high", "confidential": False, "limits": limits}
        self.tell(Verb.RECATEGORISE, wait, data=data)
        assert self.resolve.started_at == started
        for stage in (Stage.ACCEPT, Stage.CONTACT, Stage.WORD):
            clock = self.story.clock(stage)
            assert clock is None or clock.stopped_at is not None or stage in limits

    @precondition(lambda self: self.status_in(Status.IN_PROGRESS, Status.ON_HOLD))
    @rule(wait=WAITS, days=st.integers(1, 15))
    def hold(self, wait, days):
        until = self.at + wait + timedelta(days=days)
        data = {"reason": "parts", "until": until.isoformat()}
        self.tell(Verb.HOLD, wait, Status.ON_HOLD, data=data)

    @precondition(lambda self: self.status_in(Status.ON_HOLD))
    @rule(wait=WAITS)
    def resume(self, wait):
        """At the latest when the wait was to end: the sweep sees to that."""
        latest = self.resolve.paused_until
        wait = min(wait, latest - self.at) if latest else wait
        self.tell(Verb.RESUME, max(wait, timedelta()), Status.IN_PROGRESS)

    @precondition(lambda self: self.status_in(Status.DISPATCHED, Status.IN_PROGRESS))
    @rule(wait=WAITS, amount=st.integers(1, 3))
    def extend(self, wait, amount):
        amount *= 1 if self.resolve.limit_unit == LimitUnit.WORKING_DAYS else 7_200
        self.tell(Verb.ASK_EXTENSION, wait, data={"amount": amount})
        before = self.resolve.due_at
        self.tell(Verb.GRANT_EXTENSION, wait, data={"amount": amount})
        assert self.resolve.due_at >= before

    @precondition(lambda self: self.status_in(Status.DISPATCHED, Status.IN_PROGRESS))
    @rule(wait=WAITS)
    def tell_resident(self, wait):
        self.tell(Verb.TELL_RESIDENT, wait)

    @precondition(lambda self: self.status_in(Status.IN_PROGRESS))
    @rule(wait=WAITS)
    def finish(self, wait):
        self.tell(Verb.RESOLVE, wait, Status.RESOLVED, data={"limit": CONFIRM})

    @precondition(lambda self: self.status_in(Status.RESOLVED) and self.ticket.cycle < 4)
    @rule(wait=WAITS, amount=st.integers(60, 90_000))
    def dispute(self, wait, amount):
        """A new cycle never reckons against the first due time."""
        data = {"limits": {"resolve": WALL | {"amount": amount}, "word": DAYS | {"amount": 3}}}
        cycle = self.ticket.cycle + 1
        self.tell(Verb.DISPUTE, wait, Status.IN_PROGRESS, cycle=cycle, data=data)
        assert self.resolve.due_at == self.at + timedelta(seconds=amount)

    @precondition(lambda self: self.status_in(Status.SUBMITTED, Status.IN_PROGRESS))
    @rule(wait=WAITS)
    def withdraw(self, wait):
        self.tell(Verb.WITHDRAW, wait, Status.WITHDRAWN)

    @rule(wait=WAITS)
    def sweep(self, wait):
        """Time passes and levels are found, as the sweep finds them."""
        self.at += wait
        if self.resolve is not None and self.resolve.paused_until is not None:
            self.at = min(self.at, self.resolve.paused_until)
        for clock in self.story.running():
            if clock.stage != Stage.CONFIRM:
                climb(clock, self.at)

    # --- what always holds

    @invariant()
    def a_level_is_a_function_of_thresholds_and_time(self):
        for clock in self.story.running():
            assert clock.level <= clockwork.reached(clock, self.at)
            levels = [level for level, _instant in clock.thresholds]
            instants = [instant for _level, instant in clock.thresholds]
            assert (levels, instants) == (sorted(levels), sorted(instants))

    @invariant()
    def lead_legs_add_up_to_the_time_the_clock_has_run(self):
        for clock in self.story.clocks:
            if clock.stage != Stage.RESOLVE:
                continue
            legs = [
                leg for leg in self.story.legs if leg.cycle == clock.cycle and leg.part == Part.LEAD
            ]
            calendar, pauses = current_calendar(clock.mode), clockwork.pauses_of(clock)
            if clock.stopped_at is not None:
                assert sum(leg.open_seconds for leg in legs) == clock.elapsed_seconds
                continue
            ended = sum(leg.open_seconds for leg in legs if leg.ended_at is not None)
            running = [leg for leg in legs if leg.ended_at is None]
            assert len(running) == 1
            ended += calendar.within(running[0].started_at, self.at, pauses)
            assert ended == calendar.within(clock.started_at, self.at, pauses)

    @invariant()
    def a_clock_looks_ahead_exactly_while_it_runs(self):
        for clock in self.story.clocks:
            assert (clock.stopped_at is None) == (clock.state in ("running", "paused"))
            if clock.stopped_at is not None:
                assert clock.next_check_at is None
                assert clock.elapsed_seconds is not None
            elif clock.state == ClockState.PAUSED:
                assert clock.next_check_at <= clock.paused_until

    def teardown(self):
        """Replaying the events gives the rows (invariant 10)."""
        if not self.ticket.event_count:
            return
        again = Story(Ticket(pk=1, submitted_at=BIRTH, holder_id=1))
        for event in self.story.new_events:
            again.apply(event)
        assert rows_of(again, self.at) == rows_of(self.story, self.at)


@pytest.mark.django_db
def test_random_lives_keep_the_invariants(settings):
    # The calendar stays the same: half of the time would go into asking whether it has changed.
    settings.NAME_MAP_SECONDS = 3600
    make_calendar()
    run_state_machine_as_test(
        Lives,
        settings=hypothesis.settings(
            max_examples=1_000,
            stateful_step_count=20,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
