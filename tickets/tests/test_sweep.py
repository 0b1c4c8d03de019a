"""The sweep: the same on both databases, safe twice, after an outage, and after a clock's jump."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.translation import gettext_noop

from common.errors import RuleViolation
from common.tests.factories import run_rivals
from notices.models import Notice
from notices.workflow import deliver_due
from tickets import workflow
from tickets.choices import (
    LATE,
    MOST,
    ClockMode,
    ClockState,
    Delivery,
    HoldReason,
    LimitUnit,
    OrderGround,
    Stage,
    Status,
    Verb,
)
from tickets.models import Clock, Escalation, Told
from tickets.tests.factories import later, make_category, make_policy, make_ticket
from tickets.workflow import words
from tickets.workflow.clockwork import LEVELS
from tickets.workflow.escalations import CARDS, addressees_of
from tickets.workflow.sweep import MOVE_LEVELS, move_levels_at_once, move_levels_one_by_one
from worktime.tests.factories import make_calendar

pytestmark = pytest.mark.django_db

HOUR = 3600


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


def long_ago(**delta):
    return workflow.now() - timedelta(**(delta or {"hours": 40}))


def resolve_clock(ticket):
    return ticket.clocks.get(stage=Stage.RESOLVE, cycle=ticket.cycle)


def rows():
    """Return every level told or overtaken, in comparable form."""
    return set(
        Escalation.objects.values_list(
            "clock_id", "target_revision", "level", "crossed_at", "delivery"
        )
    )


def test_every_level_of_every_stage_has_words_and_addressees():
    levels = {(stage, level) for stage, levels in LEVELS.items() for level in levels}
    assert set(CARDS) == levels


# --- the same by one statement and one by one


@pytest.mark.postgres
def test_one_statement_and_one_by_one_leave_the_same_rows(cast, power_cut):
    make_policy(Stage.CONTACT, ClockMode.WALL, HOUR, LimitUnit.SECONDS)
    for hours in range(1, 60):
        ticket = make_ticket(cast.subarea, power_cut, at=long_ago(hours=hours))
        if hours % 7 == 0:
            ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
            until = later(ticket, days=3)
            workflow.hold(
                ticket, by=cast.specialist, reason=HoldReason.PARTS, until=until, at=later(ticket)
            )
    at, before = workflow.now(), list(Clock.objects.order_by("pk").values())
    results = []
    for step in (move_levels_at_once, move_levels_one_by_one):
        Escalation.objects.all().delete()
        for row in before:
            Clock.objects.filter(pk=row["id"]).update(
                level=row["level"], next_check_at=row["next_check_at"]
            )
        moved = 0
        while (count := step(at, 50)) == 50:
            moved += count
        clocks = list(Clock.objects.order_by("pk").values_list("pk", "level", "next_check_at"))
        results.append((moved + count, clocks, rows()))
    assert results[0] == results[1]
    assert results[0][0] >= 60
    assert {delivery for *_, delivery in results[0][2]} == {Delivery.PENDING, Delivery.SUPERSEDED}


@pytest.mark.postgres
def test_the_statement_finds_its_clocks_by_their_index(cast, power_cut):
    make_ticket(cast.subarea, power_cut)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + MOVE_LEVELS, {"at": workflow.now(), "batch": 100})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "tickets_clock_next_check" in plan


# --- nothing twice, nothing for ever


def test_each_level_is_told_once_and_only_the_highest_of_those_jumped(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    due = ticket.due_at
    workflow.sweep(due + timedelta(seconds=1))
    levels = dict(resolve_clock(ticket).escalations.values_list("level", "delivery"))
    assert levels == {50: "superseded", 80: "superseded", LATE: "told"}
    assert resolve_clock(ticket).level == LATE


def test_the_true_moment_is_kept_after_an_outage_and_one_digest_is_written(cast, power_cut):
    tickets = [make_ticket(cast.subarea, power_cut, at=long_ago()) for _ in range(12)]
    before = Notice.objects.count()
    workflow.sweep()
    told = Escalation.objects.filter(delivery=Delivery.TOLD)
    assert {row.crossed_at for row in told} <= {
        each.due_at + timedelta(hours=12) for each in tickets
    }
    written = Notice.objects.order_by("pk")[before:]
    assert Counter(notice.recipient for notice in written) == {
        cast.street_secretary: 1,
        cast.leader: 1,
    }
    assert {notice.kind for notice in written} == {"late_digest"}
    assert Told.objects.filter(told_at__isnull=False).count() == 24
    # Again, and after the clocks of the hosts have been set back and forward an hour.
    for hours in (0, -1, 1):
        workflow.sweep(workflow.now() + timedelta(hours=hours))
    assert Notice.objects.count() == before + 2


def test_an_outage_is_named_in_the_digest(cast, power_cut):
    for _ in range(5):
        make_ticket(cast.subarea, power_cut, at=long_ago())
    workflow.sweep()
    titles = set(Notice.objects.filter(kind="late_digest").values_list("title", flat=True))
    day = words.on_day(workflow.now() - timedelta(hours=4))
    found = gettext_noop("Found after an outage: %(count)d matters, the first since %(moment)s")
    assert titles == {words.say(found, count=5, moment=day)}


def test_what_was_settled_meanwhile_is_not_told(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    after = ticket.due_at + timedelta(seconds=10)
    move_levels_one_by_one(after, 100)
    workflow.resolve(ticket, by=cast.specialist, note="修好了", at=after)
    workflow.sweep(after + timedelta(seconds=10))
    assert not Notice.objects.filter(kind="late").exists()
    assert set(rows_of_level(ticket, LATE)) == {Delivery.VOID}


def rows_of_level(ticket, level):
    clocks = ticket.clocks.filter(stage=Stage.RESOLVE)
    found = Escalation.objects.filter(clock__in=clocks, level=level)
    return found.order_by("target_revision").values_list("delivery", flat=True)


def test_a_late_entry_takes_back_what_was_told_in_error(cast, power_cut):
    """Resolved in time, written down after the sweep has called it late."""
    ticket = make_ticket(cast.subarea, power_cut, at=long_ago(hours=25))
    ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
    workflow.sweep()
    assert list(rows_of_level(ticket, LATE)) == [Delivery.TOLD]
    in_time = ticket.due_at - timedelta(minutes=5)
    ticket = workflow.resolve(ticket, by=cast.specialist, note="修好了", at=in_time)
    assert list(rows_of_level(ticket, LATE)) == [Delivery.VOID]
    assert resolve_clock(ticket).state == ClockState.MET


# --- extensions


def asked(cast, ticket, *, at, amount=6 * HOUR):
    return workflow.ask_extension(ticket, by=cast.specialist, amount=amount, note="等变压器", at=at)


def test_an_extension_asked_for_in_time_excuses_the_breach_and_may_break_again(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    ticket = asked(cast, ticket, at=ticket.due_at - timedelta(hours=1))
    first = ticket.due_at
    workflow.sweep(first + timedelta(seconds=5))
    ticket = workflow.grant_extension(ticket, by=cast.secretary, at=first + timedelta(minutes=20))
    assert ticket.due_at == first + timedelta(hours=6)
    assert list(rows_of_level(ticket, LATE)) == [Delivery.EXCUSED]
    # What had been told before the breach is not told again; the new breach is.
    before = Counter(Notice.objects.values_list("kind", flat=True))
    workflow.sweep(ticket.due_at - timedelta(seconds=1))
    assert Counter(Notice.objects.values_list("kind", flat=True)) == before
    workflow.sweep(ticket.due_at + timedelta(seconds=1))
    assert list(rows_of_level(ticket, LATE)) == [Delivery.EXCUSED, Delivery.TOLD]


def test_the_resident_is_told_when_the_day_moves(cast, power_cut):
    contact = workflow.Contact(name="王芳", phone="+8610000001234")
    ticket = make_ticket(cast.subarea, power_cut, resident=contact)
    ticket = asked(cast, ticket, at=later(ticket))
    workflow.grant_extension(ticket, by=cast.secretary, at=later(ticket))
    message = Notice.objects.get(kind="moved")
    assert (message.channel, "等变压器" in message.body) == ("sms", True)
    clock = resolve_clock(ticket)
    assert (clock.was_moved, clock.moved_by) == (True, Verb.GRANT_EXTENSION)


# --- never silent


def test_silence_is_broken_by_a_word_and_not_by_a_note(cast, power_cut):
    make_calendar()
    make_policy(Stage.WORD, ClockMode.BUSINESS, 2, LimitUnit.WORKING_DAYS)
    ticket = make_ticket(cast.subarea, power_cut)
    word = ticket.clocks.get(stage=Stage.WORD)
    first = word.due_at
    ticket = workflow.note(ticket, by=cast.specialist, note="内部", at=first - timedelta(hours=2))
    word.refresh_from_db()
    assert word.due_at == first
    workflow.sweep(first + timedelta(seconds=1))
    silent = Notice.objects.filter(kind="silent")
    assert [notice.recipient for notice in silent] == [ticket.holder]
    ticket = workflow.tell_resident(
        ticket, by=cast.specialist, note="配件明天到", at=first + timedelta(minutes=5)
    )
    word.refresh_from_db()
    assert word.due_at > first
    workflow.sweep(word.due_at + timedelta(seconds=1))
    assert silent.all().count() == 2


def test_without_a_calendar_an_emergency_is_taken_in_all_the_same(cast, power_cut, caplog):
    make_policy(Stage.ACCEPT, ClockMode.BUSINESS, 2 * HOUR, LimitUnit.SECONDS)
    ticket = make_ticket(cast.subarea, power_cut)
    assert list(ticket.clocks.values_list("stage", flat=True)) == [Stage.RESOLVE]
    assert "no days" in caplog.text
    with pytest.raises(RuleViolation):
        make_ticket(cast.subarea, make_category(clock_mode="business"))


# --- both ladders, and what comes after them


def test_a_tip_off_never_climbs_to_the_unit_it_is_about(cast):
    category = make_category(cast.power, is_immediate=True)
    ticket = make_ticket(cast.subarea, category, kind="tip_off", accused=cast.power)
    for level in LEVELS[Stage.RESOLVE]:
        told = addressees_of(ticket, workflow.now(), level=level)
        assert not {cast.specialist, cast.manager, cast.leader} & set(told)
        assert told or level < LATE


def test_the_third_fault_at_one_place_asks_for_a_lasting_repair(cast, power_cut):
    for days in (60, 30):
        ticket = make_ticket(cast.subarea, power_cut, at=long_ago(days=days))
        ticket = workflow.acknowledge(ticket, by=cast.specialist, at=later(ticket))
        workflow.resolve(ticket, by=cast.specialist, note="修好了", at=later(ticket))
    third = make_ticket(cast.subarea, power_cut)
    third.refresh_from_db()
    assert third.agenda_ground == OrderGround.REPEATED
    assert third.orders.get().addressee == cast.leader
    other = make_ticket(cast.subarea, make_category(cast.power, is_immediate=True))
    assert not other.orders.exists()


def test_an_order_not_answered_in_time_is_told_once(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    order = workflow.issue_order(
        ticket, by=cast.street_secretary, text="今天到场", due_at=later(ticket, hours=4)
    )
    for minutes in (1, 2):
        workflow.sweep(order.due_at + timedelta(minutes=minutes))
    late = Notice.objects.filter(kind="order_late").values_list("recipient", flat=True)
    assert sorted(late) == sorted([cast.leader.pk, cast.street_secretary.pk])


def test_whoever_issued_an_order_closes_it_when_nobody_is_left_to_answer(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    order = workflow.issue_order(
        ticket, by=cast.street_secretary, text="今天到场", due_at=later(ticket, hours=4)
    )
    with pytest.raises(RuleViolation):
        workflow.close_order(order, by=cast.secretary, note="不用了", at=later(ticket, hours=1))
    closed = workflow.close_order(
        order, by=cast.street_secretary, note="已当面说清", at=later(ticket, hours=1)
    )
    assert (closed.state, closed.result, closed.answered_at) == ("closed", "已当面说清", None)


# --- two at once


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_write_one_digest_to_each(cast, power_cut):
    tickets = [make_ticket(cast.subarea, power_cut, at=long_ago()) for _ in range(60)]
    outcomes = run_rivals(lambda i: workflow.sweep(), 2)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    workflow.sweep()
    assert Escalation.objects.filter(delivery=Delivery.TOLD).count() == len(tickets)
    told = Told.objects.values_list("escalation", "user", "told_at")
    assert len(told) == 2 * len(tickets)
    assert all(moment for *_, moment in told)
    digests = Notice.objects.filter(kind__startswith="late")
    assert Counter(digests.values_list("recipient", flat=True)) == {
        cast.street_secretary.pk: 1,
        cast.leader.pk: 1,
    }


def test_quiet_hours_hold_no_message_on_the_site(cast, power_cut):
    make_ticket(cast.subarea, power_cut, at=long_ago())
    workflow.sweep()
    deliver_due()
    assert not Notice.objects.filter(channel="site", delivered_at=None).exists()


def test_a_matter_that_ended_is_quiet(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    workflow.withdraw(ticket, at=later(ticket))
    assert workflow.sweep(ticket.due_at + timedelta(days=9)) == 0
    assert not Escalation.objects.exists()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_due_at) == (Status.WITHDRAWN, None)
    assert set(ticket.clocks.values_list("state", "next_check_at")) == {("cancelled", None)}
    assert MOST < LATE
