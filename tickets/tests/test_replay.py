"""The events are the truth: what the verbs stored is what replaying them gives."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from common.errors import RuleViolation
from hanting.tests.remembered import remembered
from specialists.tests.cast import build_cast
from tickets import workflow
from tickets.choices import HoldReason, Verb
from tickets.models import Clock, Leg, Ticket
from tickets.tests.factories import make_category, make_ticket
from tickets.workflow import RESIDENT, available
from tickets.workflow.bulk import Planted, plant
from tickets.workflow.story import CLOCK_STATE, LEG_STATE, STATE, Story
from tickets.workflow.sweep import climb
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db

STORIES = 200
LEG = ("organisation_id", "part", "cycle", "started_at", *LEG_STATE)
CLOCK = ("stage", "cycle", *CLOCK_STATE)


def replayed(ticket, blank=None):
    """Return the story that the stored events tell, from nothing."""
    story = Story(blank or Ticket(pk=ticket.pk, submitted_at=ticket.submitted_at))
    for event in ticket.events.in_order():
        story.apply(event)
    return story


def values(row, names):
    return [getattr(row, name) for name in names]


def rows_of(story, at=None):
    """Return everything a story stores, in comparable form, as a sweep at `at` would leave it."""
    for clock in story.running():
        if clock.stage != "confirm":
            climb(clock, at or workflow.now())
    return (
        values(story.ticket, STATE),
        [values(row, CLOCK) for row in story.clocks],
        [values(row, LEG) for row in story.legs],
    )


def stored(ticket, at=None):
    with transaction.atomic():
        return rows_of(Story.of(Ticket.objects.get(pk=ticket.pk)), at)


def one_step(chance, cast, ticket, at):
    """Let somebody do something that is allowed now; some tries are refused, which is fine."""
    people = [cast.secretary, cast.dispatcher, cast.specialist, cast.supervisor, cast.steward]
    # The first of them who may do something: to ask everybody takes most of the time.
    for by in chance.sample([*people, RESIDENT], k=len(people) + 1):
        verbs = [verb for verb in available(ticket, by) if verb not in NOT_TRIED]
        if verbs:
            break
    else:
        return ticket
    verb = chance.choice(verbs)
    more = {
        Verb.REJECT: {"note": "不归这里管"},
        Verb.RETURN: {"note": "不归我们", "suggested": cast.housing},
        Verb.ARBITRATE: {"organisation": cast.power, "note": "定了"},
        Verb.TRANSFER: {"organisation": cast.housing, "note": "转办"},
        Verb.RECATEGORISE: {"category_id": chance.choice(cast.categories).pk},
        Verb.HOLD: {"reason": HoldReason.PARTS, "until": at + timedelta(days=2)},
        Verb.ASK_RESIDENT: {"note": "几号楼？"},
        Verb.ASK_EXTENSION: {"amount": chance.choice([1, 2, 3600, 7200]), "note": "等配件"},
        Verb.ORDER: {"text": "今天必须到场", "due_at": at + timedelta(days=1)},
        Verb.RECORD_CALL: {"reached": True, "solved": chance.random() < 0.5},
        Verb.RELEASE: {"text": "停电已修复"},
    }.get(verb, {})
    if verb in NEED_WORDS:
        more = {"note": "记一笔"}
    getattr(workflow, NAMES.get(verb, verb.value))(ticket, by=by, at=at, **more)
    return Ticket.objects.get(pk=ticket.pk)


NEED_WORDS = {
    Verb.RECORD_FINDING,
    Verb.CALL_CONTRACTOR,
    Verb.NOTE,
    Verb.RESOLVE,
    Verb.RESOLVE_ON_SPOT,
    Verb.ANSWER,
    Verb.TELL_RESIDENT,
    Verb.REFUSE_EXTENSION,
}
NAMES = {Verb.RETURN: "return_ticket", Verb.ORDER: "issue_order"}
# Steps on an order need the order; they have tests of their own.
NOT_TRIED = (Verb.ANSWER_ORDER, Verb.CLOSE_ORDER, Verb.MERGE, Verb.WITHDRAW)


@pytest.fixture
def lived(db):
    """Two hundred tickets that people and the sweep have moved at random."""
    return remembered(live)


def live():
    chance, cast = random.Random(7), build_cast()
    cast.categories = [
        make_category(cast.power, is_immediate=True, limit_amount=6 * 3600),
        make_category(
            cast.housing, clock_mode="business", limit_unit="working_days", limit_amount=2
        ),
        make_category(),
    ]
    make_calendar()
    at = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
    tickets = [
        make_ticket(cast.subarea, chance.choice(cast.categories), at=at) for _ in range(STORIES)
    ]
    for _round in range(8):
        at += timedelta(hours=chance.randint(1, 30))
        workflow.sweep(at)
        for index, ticket in enumerate(tickets):
            ticket = Ticket.objects.get(pk=ticket.pk)
            try:
                tickets[index] = one_step(chance, cast, ticket, max(at, ticket.last_event_at))
            except RuleViolation:
                continue
    return tickets


def test_two_hundred_lives_replay_to_the_rows_they_stored(lived):
    verbs = set()
    for ticket in lived:
        verbs |= set(ticket.events.values_list("verb", flat=True))
        assert rows_of(replayed(ticket)) == stored(ticket)
    # The walk must have been a walk: a replay of filings alone would prove nothing.
    assert len(verbs) >= 20


def test_planting_a_story_stores_the_same_rows_as_living_it(lived):
    originals = lived[:20]
    twins = []
    for number, ticket in enumerate(originals):
        blank = Ticket.objects.get(pk=ticket.pk)
        blank.pk, blank._state.adding = None, True
        blank.reference = f"T{number:09d}"
        for name in STATE:
            default = Ticket._meta.get_field(name.removesuffix("_id")).get_default()
            setattr(blank, name, default)
        blank.holder_id = ticket.holder_id
        story = replayed(ticket, blank)
        story.new_events = list(ticket.events.in_order())
        for event in story.new_events:
            event.pk, event.ticket = None, blank
        twins.append(Planted(story))
    plant(twins)
    for ticket, twin in zip(originals, twins, strict=True):
        assert stored(twin.story.ticket) == stored(ticket)
    assert Clock.objects.filter(ticket__reference__startswith="T").exists()
    assert Leg.objects.filter(ticket__reference__startswith="T").exists()
