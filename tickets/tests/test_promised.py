"""What the resident is told of the promise: the day, why it is this one, why it moved."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from tickets import workflow
from tickets.choices import ClockMode, HoldReason, LimitUnit, Stage, Verb
from tickets.models import Ticket
from tickets.progress import HAPPENED, history
from tickets.promised import promise_of
from tickets.tests.factories import later, make_category, make_policy, make_ticket
from tickets.tests.sending import data_queries
from tickets.views.telling import said_moment
from tickets.workflow import words
from worktime import workflow as worktime
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db
DAYS = {
    "clock_mode": ClockMode.BUSINESS,
    "limit_amount": 5,
    "limit_unit": LimitUnit.WORKING_DAYS,
}


@pytest.fixture(autouse=True)
def in_english():
    """Ask for the sentences as the sources have them."""
    with translation.override("en"):
        yield


@pytest.fixture
def calendar(db):
    return make_calendar()


@pytest.fixture
def leak(cast, calendar):
    return make_category(cast.power, is_immediate=True, name_en="Water leak", **DAYS)


def moment(text):
    return timezone.make_aware(datetime.fromisoformat(text))


def told(ticket, at=None, **options):
    """Return what the page would say now, or at a moment."""
    ticket = Ticket.objects.get(pk=ticket.pk)
    clocks = list(ticket.clocks.filter(cycle=ticket.cycle))
    events = list(ticket.events.in_order().select_related("organisation"))
    return promise_of(ticket, clocks, events, at or ticket.last_event_at, **options)


def begun(ticket):
    return workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))


def extended(ticket, cast, amount, note):
    ticket = workflow.ask_extension(
        ticket, by=ticket.holder, amount=amount, note=note, at=later(ticket)
    )
    return workflow.grant_extension(ticket, by=cast.dispatcher, at=later(ticket))


# --- why it moved


def test_a_promise_that_stays_tells_of_no_other_day(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    assert (told(ticket).first_due_at, told(ticket).moved_because) == (None, "")


def test_an_extension_moves_it_for_the_reason_that_was_given(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    first = ticket.due_at
    ticket = extended(ticket, cast, 3, "配件要从外地调。")
    assert told(ticket).first_due_at == first != ticket.due_at
    assert told(ticket).moved_because == "more time is needed: 配件要从外地调"


def test_a_wait_moves_it_and_says_for_what(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    until = moment("2026-11-25 10:00")
    workflow.hold(
        ticket, by=ticket.holder, reason=HoldReason.WEATHER, until=until, at=later(ticket)
    )
    assert "Weather does not allow work" in told(ticket).moved_because


def test_a_wait_outside_office_hours_moves_nothing(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 18:00")))
    until = moment("2026-11-24 07:00")
    workflow.hold(ticket, by=ticket.holder, reason=HoldReason.PARTS, until=until, at=later(ticket))
    assert told(ticket).moved_because == ""


def test_waiting_for_the_resident_is_said_to_the_resident_only(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    ticket = workflow.ask_resident(ticket, by=ticket.holder, note="哪一户？", at=later(ticket))
    workflow.answer(ticket, note="三号楼", at=moment("2026-11-24 10:00"))
    assert told(ticket).moved_because == "it had to wait for an answer from you"
    assert "you" not in told(ticket, is_others=True).moved_because


def test_another_category_is_named(cast, leak):
    heating = make_category(name_en="Heating", **DAYS)
    light = make_category(name_en="Street light", **DAYS | {"limit_amount": 2})
    ticket = make_ticket(cast.subarea, heating, at=moment("2026-11-23 10:00"))
    workflow.recategorise(ticket, by=ticket.holder, category_id=light.pk, at=later(ticket))
    assert "Street light" in told(ticket).moved_because


def test_another_category_with_the_same_limit_is_no_news(cast, leak):
    heating, light = make_category(name_en="Heating", **DAYS), make_category(**DAYS)
    ticket = make_ticket(cast.subarea, heating, at=moment("2026-11-23 10:00"))
    workflow.recategorise(ticket, by=ticket.holder, category_id=light.pk, at=later(ticket))
    assert told(ticket).moved_because == ""


def test_new_time_limits_are_told_in_the_history_only_when_they_move_the_day(cast, leak):
    make_policy(Stage.WORD, ClockMode.BUSINESS, 3, LimitUnit.WORKING_DAYS, category=leak)
    ticket = make_ticket(cast.subarea, leak)
    make_policy(Stage.WORD, ClockMode.BUSINESS, 2, LimitUnit.WORKING_DAYS, category=leak)
    workflow.apply_policies(by=cast.admin)
    assert ticket.events.filter(verb=Verb.CHANGE_POLICY).exists()
    title = HAPPENED[Verb.CHANGE_POLICY]
    assert title not in [line.title for line in history(ticket.events.in_order())]
    assert told(ticket).moved_because == ""
    make_policy(Stage.RESOLVE, ClockMode.BUSINESS, 3, LimitUnit.WORKING_DAYS, category=leak)
    workflow.apply_policies(by=cast.admin)
    assert title in [line.title for line in history(ticket.events.in_order())]
    assert told(ticket).moved_because == "the time limits have changed"


def test_the_calendar_is_a_reason_too(cast, leak):
    ticket = make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00"))
    first = ticket.due_at
    worktime.correct_day(
        timezone.localdate(first), is_working=False, source="通知", label="特别放假", by="test"
    )
    workflow.recompute()
    assert told(ticket).first_due_at == first
    assert told(ticket).moved_because == "the working days or the office hours have changed"


def test_several_reasons_stand_in_the_order_in_which_they_came(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    ticket = extended(ticket, cast, 2, "要换水表")
    until = moment("2026-11-26 10:00")
    workflow.hold(ticket, by=ticket.holder, reason=HoldReason.PARTS, until=until, at=later(ticket))
    assert told(ticket).moved_because == (
        "more time is needed: 要换水表; it had to wait (Waiting for parts or material)"
    )


def test_a_new_cycle_has_its_own_first_promise(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    ticket = extended(ticket, cast, 2, "要换水表")
    ticket = workflow.resolve(ticket, by=ticket.holder, note="好了", at=later(ticket))
    workflow.dispute(ticket, comment="还在漏", at=later(ticket))
    assert told(ticket).moved_because == ""


# --- why this day


def test_working_days_name_the_weekend_between(cast, leak):
    ticket = make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00"))
    assert told(ticket).why == (
        "5 working days, counted from the day after 23 Nov.",
        "Not counted: weekend (28 to 29 Nov).",
    )


def test_a_holiday_has_its_name(cast, leak):
    ticket = make_ticket(cast.subarea, leak, at=moment("2026-09-29 10:00"))
    assert told(ticket).why[1] == ("Not counted: holiday (1 to 7 Oct); weekend (11 Oct).")
    with translation.override("zh-hans"):
        assert "国庆节" in told(ticket).why[1]


def test_a_stretch_over_the_end_of_a_month_names_both(cast, leak):
    ticket = make_ticket(cast.subarea, leak, at=moment("2026-10-27 10:00"))
    assert told(ticket).why[1] == "Not counted: weekend (31 Oct to 1 Nov)."


def test_many_days_off_are_counted_instead_of_listed(cast, calendar):
    long = make_category(cast.power, is_immediate=True, **DAYS | {"limit_amount": 30})
    ticket = make_ticket(cast.subarea, long, at=moment("2026-11-02 10:00"))
    assert told(ticket).why[1] == "Not counted: 12 days off in between."


def test_what_was_granted_and_what_was_waited_for_is_told(cast, leak):
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    ticket = extended(ticket, cast, 1, "要换水表")
    until = moment("2026-11-24 10:00")
    workflow.hold(ticket, by=ticket.holder, reason=HoldReason.PARTS, until=until, at=later(ticket))
    counted, left_out = told(ticket).why
    assert counted.startswith("5 working days and 1 working day more, ")
    assert left_out.endswith("the time of waiting.")


@pytest.mark.parametrize(
    ("seconds", "length"),
    [
        (2 * 3600, "2 hours"),
        (24 * 3600, "24 hours"),
        (7 * 86_400, "7 days"),
        (90 * 60, "1 hour 30 minutes"),
    ],
)
def test_a_wall_clock_counts_nights_too(cast, seconds, length):
    category = make_category(cast.power, is_immediate=True, limit_amount=seconds)
    ticket = make_ticket(cast.subarea, category, at=moment("2026-11-23 22:15"))
    assert told(ticket).why == (f"{length} from 23 Nov, 22:15; nights and days off count too.",)


def test_office_hours_are_said_to_be_office_hours(cast, calendar):
    category = make_category(
        cast.power, is_immediate=True, clock_mode=ClockMode.BUSINESS, limit_amount=8 * 3600
    )
    ticket = make_ticket(cast.subarea, category, at=moment("2026-11-27 16:00"))
    assert told(ticket).why == (
        "8 hours of office hours from 27 Nov, 16:00.",
        "Not counted: weekend (28 to 29 Nov).",
    )


def test_an_ended_matter_promises_nothing(cast, leak):
    ticket = make_ticket(cast.subarea, leak)
    workflow.withdraw(ticket)
    found = told(ticket)
    assert (found.why, found.next_word_at, found.confirm_by) == ((), None, None)


# --- the next word


def test_the_next_word_comes_before_the_answer(cast, leak):
    make_policy(Stage.WORD, ClockMode.BUSINESS, 2, LimitUnit.WORKING_DAYS, category=leak)
    make_policy(Stage.CONTACT, ClockMode.BUSINESS, 1, LimitUnit.WORKING_DAYS, category=leak)
    ticket = make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00"))
    assert told(ticket).next_word_at == moment("2026-11-24 17:30")
    assert not told(ticket).is_word_late
    assert told(ticket, at=moment("2026-11-24 17:31")).is_word_late
    at = moment("2026-11-24 09:00")
    workflow.tell_resident(ticket, by=ticket.holder, note="明天来修", at=at)
    assert told(ticket).next_word_at == moment("2026-11-26 17:30")


def test_no_next_word_is_promised_where_the_answer_is_nearer(cast, leak):
    make_policy(Stage.WORD, ClockMode.BUSINESS, 9, LimitUnit.WORKING_DAYS, category=leak)
    ticket = make_ticket(cast.subarea, leak)
    assert told(ticket).next_word_at is None


def test_whoever_is_asked_is_not_told_to_wait_for_us(cast, leak):
    make_policy(Stage.WORD, ClockMode.BUSINESS, 2, LimitUnit.WORKING_DAYS, category=leak)
    ticket = begun(make_ticket(cast.subarea, leak, at=moment("2026-11-23 10:00")))
    workflow.ask_resident(ticket, by=ticket.holder, note="哪一户？", at=later(ticket))
    assert told(ticket).next_word_at is None


# --- work


@pytest.mark.parametrize(("filed", "queries"), [("2026-11-23 10:00", 0), ("2026-09-29 10:00", 1)])
def test_only_holidays_are_asked_for(cast, leak, settings, filed, queries):
    settings.NAME_MAP_SECONDS = 60
    ticket = make_ticket(cast.subarea, leak, at=moment(filed))
    clocks, events = list(ticket.clocks.all()), list(ticket.events.in_order())
    at = ticket.last_event_at + timedelta(minutes=1)
    promise_of(ticket, clocks, events, at)
    with CaptureQueriesContext(connection) as captured:
        promise_of(ticket, clocks, events, at)
    assert len(data_queries(captured)) == queries


# --- days in a sentence


def test_a_day_of_one_figure_is_told_without_a_nought():
    moment = "2026-02-04T02:30:00+00:00"
    assert said_moment(moment) == "4 Feb 10:30"
    # A message is in Chinese, whatever its sender's page speaks.
    assert words.on_day(datetime.fromisoformat(moment)) == "2月4日"
    with translation.override("zh-hans"):
        assert said_moment(moment) == "2月4日 10:30"
