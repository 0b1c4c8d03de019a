"""The full product of clock state and event: what is allowed, what it leads to, what is refused.

The resident's main promise (the resolve clock) is brought into each of its states through the
verbs, and every event that could touch a clock is tried there (sla.md, stages and transitions).
"""

from datetime import timedelta

import pytest

from common.errors import RuleViolation
from tickets import workflow
from tickets.choices import ClockState, HoldReason, Stage
from tickets.models import Ticket
from tickets.tests.factories import later, make_category, make_ticket
from tickets.tests.test_replay import replayed, rows_of, stored

pytestmark = pytest.mark.django_db

HOUR = 3600
NO = "refused"


class Scene:
    """One ticket and the people who act on it."""

    def __init__(self, cast):
        self.cast = cast
        self.category = make_category(cast.power, is_immediate=True)
        self.other = make_category(cast.power, limit_amount=48 * HOUR)
        self.ticket = make_ticket(cast.subarea, self.category)

    def do(self, verb, **said):
        """Do a verb a minute after the last step; return the fresh ticket."""
        said.setdefault("at", later(self.ticket))
        getattr(workflow, verb)(self.ticket, **said)
        self.ticket = Ticket.objects.get(pk=self.ticket.pk)

    @property
    def clock(self):
        """The resolve clock of the latest cycle."""
        return self.ticket.clocks.filter(stage=Stage.RESOLVE).latest("cycle")

    # --- ways into each state

    def running(self):
        self.do("acknowledge", by=self.cast.specialist)

    def asked(self):
        self.running()
        self.do("ask_extension", by=self.cast.specialist, amount=2 * HOUR, note="等配件")

    def late(self):
        self.running()
        workflow.sweep(self.ticket.due_at + timedelta(seconds=1))
        self.do("note", by=self.cast.specialist, note="晚了", at=self.ticket.due_at + MINUTE)

    def paused(self):
        self.running()
        self.hold()

    def met(self):
        self.running()
        self.resolve()

    def missed(self):
        self.late()
        self.resolve()

    def cancelled(self):
        self.do("withdraw")

    def confirmed(self):
        self.met()
        self.do("confirm")

    def returned(self):
        self.running()
        self.do("return_ticket", by=self.cast.specialist, note="不归我们",
                suggested=self.cast.housing)  # fmt: skip

    # --- events

    def hold(self):
        until = later(self.ticket, days=2)
        self.do("hold", by=self.cast.specialist, reason=HoldReason.PARTS, until=until)

    def resume(self):
        self.do("resume", by=self.cast.specialist)

    def extend(self):
        self.do("ask_extension", by=self.cast.specialist, amount=HOUR, note="等配件")

    def grant(self):
        self.do("grant_extension", by=self.cast.secretary)

    def refuse(self):
        self.do("refuse_extension", by=self.cast.secretary, note="不必")

    def transfer(self):
        self.do("transfer", by=self.cast.manager, organisation=self.cast.power,
                holder=self.cast.manager, note="改派")  # fmt: skip

    def recategorise(self):
        self.do("recategorise", by=self.cast.dispatcher, category_id=self.other.pk)

    def resolve(self):
        self.do("resolve", by=self.cast.specialist, note="修好了")

    def dispute(self):
        self.do("dispute")

    def reopen(self):
        self.do("reopen")

    def withdraw(self):
        self.do("withdraw")

    def merge(self):
        into = make_ticket(self.cast.subarea, self.category)
        self.do("merge", by=self.cast.secretary, into=into)

    def urge(self):
        self.do("urge")

    def speak(self):
        self.do("tell_resident", by=self.cast.specialist, note="明天到")


MINUTE = timedelta(minutes=1)
RUNNING, PAUSED = ClockState.RUNNING, ClockState.PAUSED
MET, MISSED, GONE = ClockState.MET, ClockState.MISSED, ClockState.CANCELLED
# What the clock's state is after each event, in each state.
EVENTS = (
    "hold", "resume", "extend", "grant", "refuse", "transfer", "recategorise", "resolve",
    "dispute", "reopen", "withdraw", "merge", "urge", "speak",
)  # fmt: skip
PRODUCT = {
    #            hold    resume   extend   grant    refuse   transfer recateg. resolve
    #            dispute reopen   withdraw merge    urge     speak
    "running": [PAUSED, NO, RUNNING, NO, NO, RUNNING, NO, MET,
                NO, NO, GONE, GONE, RUNNING, RUNNING],
    "asked": [PAUSED, NO, NO, RUNNING, RUNNING, RUNNING, NO, MET,
              NO, NO, GONE, GONE, RUNNING, RUNNING],
    "late": [PAUSED, NO, NO, NO, NO, RUNNING, NO, MISSED,
             NO, NO, GONE, GONE, RUNNING, RUNNING],
    "paused": [PAUSED, RUNNING, PAUSED, NO, NO, NO, NO, NO,
               NO, NO, GONE, GONE, PAUSED, PAUSED],
    "returned": [NO, NO, NO, NO, NO, NO, RUNNING, NO,
                 NO, NO, GONE, GONE, RUNNING, NO],
    # A cycle that begins again has a running clock of its own; the frozen one is looked at below.
    "met": [NO, NO, NO, NO, NO, NO, NO, NO,
            RUNNING, NO, NO, NO, NO, NO],
    "missed": [NO, NO, NO, NO, NO, NO, NO, NO,
               RUNNING, NO, NO, NO, NO, NO],
    "confirmed": [NO, NO, NO, NO, NO, NO, NO, NO,
                  NO, RUNNING, NO, NO, NO, NO],
    "cancelled": [NO, NO, NO, NO, NO, NO, NO, NO,
                  NO, NO, NO, NO, NO, NO],
}  # fmt: skip
CASES = [
    pytest.param(state, event, expected, id=f"{state}-{event}")
    for state, row in PRODUCT.items()
    for event, expected in zip(EVENTS, row, strict=True)
]


@pytest.mark.parametrize(("state", "event", "expected"), CASES)
def test_every_event_in_every_state(cast, state, event, expected):
    scene = Scene(cast)
    getattr(scene, state)()
    before = stored(scene.ticket)
    if expected == NO:
        with pytest.raises(RuleViolation):
            getattr(scene, event)()
        scene.ticket = Ticket.objects.get(pk=scene.ticket.pk)
        assert stored(scene.ticket) == before
        return
    frozen = scene.clock if scene.clock.stopped_at else None
    getattr(scene, event)()
    assert scene.clock.state == expected
    at = scene.ticket.last_event_at
    assert stored(scene.ticket, at) == rows_of(replayed(scene.ticket), at)
    if frozen:
        assert scene.clock.cycle == frozen.cycle + 1
        same = scene.ticket.clocks.get(pk=frozen.pk)
        assert (same.state, same.elapsed_seconds) == (frozen.state, frozen.elapsed_seconds)


def test_the_product_is_whole():
    states = {ClockState.RUNNING, ClockState.PAUSED, ClockState.MET, ClockState.MISSED}
    reached = {result for row in PRODUCT.values() for result in row if result != NO}
    assert states < reached
    assert all(len(row) == len(EVENTS) for row in PRODUCT.values())


# --- bad input: refused in words, nothing changed


def refused(call, ticket, **said):
    before = stored(ticket)
    with pytest.raises(RuleViolation) as refusal:
        call(ticket, **said)
    assert str(refusal.value)
    assert stored(ticket) == before
    return refusal.value


def test_a_pause_that_ends_before_it_starts_is_refused(cast):
    scene = Scene(cast)
    scene.running()
    for until in (scene.ticket.last_event_at - MINUTE, later(scene.ticket, days=16), None):
        refusal = refused(
            workflow.hold,
            scene.ticket,
            by=cast.specialist,
            reason=HoldReason.PARTS,
            until=until,
            at=later(scene.ticket),
        )
        assert refusal.field == "until"


def test_an_event_before_the_last_one_is_refused(cast):
    scene = Scene(cast)
    scene.running()
    early = scene.ticket.last_event_at - MINUTE
    for verb, said in (
        ("resolve", {"note": "修好了"}),
        ("ask_extension", {"amount": HOUR, "note": "等"}),
        ("tell_resident", {"note": "明天到"}),
    ):
        refused(getattr(workflow, verb), scene.ticket, by=cast.specialist, at=early, **said)


@pytest.mark.parametrize("amount", [0, -5, 59, 11 * 86_400, None, "2"])
def test_an_extension_of_nothing_or_of_too_much_is_refused(cast, amount):
    scene = Scene(cast)
    scene.running()
    refusal = refused(
        workflow.ask_extension,
        scene.ticket,
        by=cast.specialist,
        amount=amount,
        note="等",
        at=later(scene.ticket),
    )
    assert refusal.field == "amount"


def test_an_extension_without_a_reason_is_refused(cast):
    scene = Scene(cast)
    scene.running()
    refusal = refused(
        workflow.ask_extension, scene.ticket, by=cast.specialist, amount=HOUR, note=" "
    )
    assert refusal.field == "note"


@pytest.mark.parametrize("who", ["specialist", "worker", "manager", "neighbour_secretary"])
def test_more_time_is_not_granted_by_somebody_who_may_not(cast, who):
    scene = Scene(cast)
    scene.asked()
    for verb, said in (("grant_extension", {}), ("refuse_extension", {"note": "不"})):
        refused(getattr(workflow, verb), scene.ticket, by=getattr(cast, who), **said)


def test_nobody_grants_what_they_have_asked_for(cast):
    """A secretary who holds the matter asks; another one decides."""
    category = make_category()
    ticket = make_ticket(cast.subarea, category)
    ticket = workflow.accept(ticket, by=cast.secretary, at=later(ticket))
    ticket = workflow.dispatch(ticket, by=cast.secretary, at=later(ticket))
    if ticket.holder != cast.secretary:
        pytest.fail("the community's own matter stays with its secretary")
    ticket = workflow.ask_extension(
        ticket, by=cast.secretary, amount=HOUR, note="等", at=later(ticket)
    )
    refused(workflow.grant_extension, ticket, by=cast.secretary)
    workflow.grant_extension(ticket, by=cast.street_secretary)


def test_a_request_for_more_time_ends_with_the_part_of_whoever_asked(cast):
    scene = Scene(cast)
    scene.asked()
    scene.do("return_ticket", by=cast.specialist, note="不归我们", suggested=cast.housing)
    assert scene.clock.asked_at is None
    refused(workflow.grant_extension, scene.ticket, by=cast.secretary)


def test_urging_twice_a_day_is_answered_in_words(cast):
    scene = Scene(cast)
    scene.urge()
    refused(workflow.urge, scene.ticket)
    tomorrow = scene.ticket.urged_at + timedelta(days=1)
    scene.do("urge", at=tomorrow)
    assert scene.ticket.urge_count == 2
