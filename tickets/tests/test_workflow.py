"""The state machine: the full product of status and verb, and the stories people live."""

from datetime import timedelta

import pytest

from common.errors import AlreadyDone, NotAllowed, RuleViolation, StalePage
from common.models import Version
from notices.models import Notice
from tickets import workflow
from tickets.choices import (
    LATE,
    MOST,
    ClockState,
    HoldReason,
    OrderGround,
    Outcome,
    Part,
    Stage,
    Status,
    Verb,
)
from tickets.models import Ticket, Told
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
from tickets.workflow import RESIDENT, SYSTEM, TRANSITIONS, Party, available
from tickets.workflow.acting import acting
from tickets.workflow.parties import Outsider

pytestmark = pytest.mark.django_db


@pytest.fixture
def power_cut(cast):
    return make_category(cast.power, is_immediate=True)


@pytest.fixture
def noise(cast):
    return make_category(cast.power)


@pytest.fixture
def ticket(cast, power_cut):
    """A power cut, handed over to the power company's contact."""
    return make_ticket(cast.subarea, power_cut)


def in_progress(ticket):
    return workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))


def resolved(ticket):
    ticket = in_progress(ticket)
    return workflow.resolve(ticket, by=ticket.holder, note="电缆换好了", at=later(ticket))


# --- the table


@pytest.mark.parametrize("verb", TRANSITIONS)
def test_every_verb_is_allowed_exactly_where_the_table_says(ticket, verb):
    move = TRANSITIONS[verb]
    by = Outsider(Party(sorted(move.parties)[0]))
    allowed = set()
    for status in Status.values:
        Ticket.objects.filter(pk=ticket.pk).update(
            status=status, outcome=Outcome.SOLVED, merged_into=ticket
        )
        try:
            with acting(ticket, verb, by=by):
                allowed.add(status)
        except RuleViolation:
            pass
    assert allowed == set(move.sources)


def test_every_verb_but_submit_stands_in_the_table():
    assert set(TRANSITIONS) == set(Verb) - {Verb.SUBMIT}


# --- filing


def test_a_power_cut_is_handed_over_at_once_with_three_events_and_a_reason(cast, power_cut):
    receipt = make_receipt(cast.subarea, power_cut)
    ticket = receipt.ticket
    assert [each.verb for each in ticket.events.in_order()] == ["submit", "accept", "dispatch"]
    assert (ticket.status, ticket.holder, ticket.organisation) == (
        Status.DISPATCHED,
        cast.specialist,
        cast.power,
    )
    assert receipt.reason
    assert ticket.due_at == ticket.submitted_at + timedelta(hours=24)
    assert (ticket.subarea, ticket.village, ticket.community, ticket.street, ticket.district) == (
        cast.subarea,
        cast.village,
        cast.community,
        cast.street,
        cast.district,
    )


def test_an_ordinary_matter_is_the_communitys_first(cast, noise):
    ticket = make_ticket(cast.subarea, noise)
    assert ticket.status == Status.SUBMITTED
    assert ticket.organisation is None
    assert ticket.holder == cast.secretary


def test_the_tracking_code_is_kept_only_as_a_digest(cast, power_cut):
    receipt = make_receipt(cast.subarea, power_cut)
    assert receipt.tracking_code not in str(receipt.ticket.__dict__)
    assert len(receipt.ticket.tracking_digest) == 64


def test_name_and_phone_are_sealed(cast, power_cut):
    contact = workflow.Contact(name="王小明", phone="+8613800001234")
    ticket = make_ticket(cast.subarea, power_cut, resident=contact)
    person = ticket.people.get()
    assert "王小明" not in person.sealed_name
    assert (person.name, person.phone) == ("王小明", "+8613800001234")


def test_a_retired_category_is_refused_in_words(cast, power_cut):
    power_cut.is_active = False
    power_cut.save()
    Version.objects.bump("categories")
    with pytest.raises(RuleViolation) as refused:
        make_ticket(cast.subarea, power_cut)
    assert refused.value.field == "category"


def test_without_days_in_the_calendar_no_day_is_promised_and_nobody_sees_an_error(cast):
    category = make_category(
        cast.power, clock_mode="business", limit_unit="working_days", limit_amount=5
    )
    with pytest.raises(RuleViolation) as refused:
        make_ticket(cast.subarea, category)
    assert refused.value.code == "no_calendar"
    assert not Ticket.objects.exists()


def test_joining_twice_with_one_phone_is_told_apart(cast, ticket):
    contact = workflow.Contact(phone="+8613800009999")
    workflow.join(ticket, contact=contact)
    with pytest.raises(AlreadyDone):
        workflow.join(ticket, contact=contact)
    ticket.refresh_from_db()
    assert ticket.supporter_count == 1


# --- the happy way


def test_from_report_to_solved(cast, ticket):
    steward_note = workflow.record_finding(
        ticket, by=cast.steward, note="地下室电缆烧了", at=later(ticket)
    )
    ticket = in_progress(steward_note)
    ticket = workflow.call_contractor(ticket, by=cast.specialist, note="抢修队", at=later(ticket))
    ticket = workflow.record_arrival(ticket, by=cast.specialist, at=later(ticket))
    until = ticket.last_event_at + timedelta(hours=5)
    ticket = workflow.hold(
        ticket, by=cast.specialist, reason=HoldReason.PARTS, until=until, at=later(ticket)
    )
    assert ticket.clocks.get(stage=Stage.RESOLVE).state == ClockState.PAUSED
    paused_at = ticket.last_event_at
    ticket = workflow.resume(ticket, by=cast.specialist, at=later(ticket, hours=2))
    pause = ticket.last_event_at - paused_at
    assert ticket.due_at == ticket.submitted_at + timedelta(hours=24) + pause
    ticket = workflow.resolve(ticket, by=cast.specialist, note="换了电缆", at=later(ticket))
    ticket = workflow.confirm(ticket, satisfied=True, at=later(ticket))
    assert (ticket.status, ticket.outcome, ticket.is_satisfied) == (
        Status.CLOSED,
        Outcome.SOLVED,
        True,
    )
    assert ticket.clocks.get(stage=Stage.RESOLVE).state == ClockState.MET
    leg = ticket.legs.get(part=Part.LEAD)
    assert leg.ended_at == ticket.resolved_at


def test_not_solved_begins_cycle_two_and_the_third_time_goes_to_the_secretaries(cast, ticket):
    ticket = resolved(ticket)
    for cycle in (2, 3):
        ticket = workflow.dispute(ticket, comment="还是没电", at=later(ticket))
        assert (ticket.status, ticket.cycle) == (Status.IN_PROGRESS, cycle)
        ticket = workflow.resolve(ticket, by=cast.specialist, note="又修了", at=later(ticket))
    ticket = workflow.dispute(ticket, at=later(ticket))
    assert (ticket.status, ticket.outcome) == (Status.CLOSED, Outcome.UNSOLVED)
    assert ticket.agenda_at == ticket.closed_at
    assert ticket.reopen_count == 2


def test_a_new_cycle_never_gets_less_than_the_floor(cast, ticket):
    ticket = in_progress(ticket)
    late = ticket.due_at + timedelta(hours=1)
    ticket = workflow.resolve(ticket, by=ticket.holder, note="修好", at=late)
    assert ticket.clocks.get(stage=Stage.RESOLVE).state == ClockState.MISSED
    ticket = workflow.dispute(ticket, at=later(ticket))
    assert ticket.due_at == ticket.last_event_at + timedelta(hours=4)


# --- returns and the arbiter


def test_two_returns_lead_to_the_arbiter_who_locks(cast, ticket):
    due = ticket.due_at
    ticket = workflow.return_ticket(
        ticket, by=cast.specialist, note="不归我们", suggested=cast.property, at=later(ticket)
    )
    assert (ticket.status, ticket.holder) == (Status.RETURNED, cast.street_dispatcher)
    ticket = workflow.dispatch(
        ticket, by=cast.dispatcher, organisation=cast.power, at=later(ticket)
    )
    ticket = workflow.return_ticket(
        ticket, by=cast.specialist, note="还是不归", suggested=cast.property, at=later(ticket)
    )
    assert ticket.holder == cast.supervisor
    assert Verb.DISPATCH not in available(ticket, cast.dispatcher)
    ticket = workflow.arbitrate(
        ticket,
        by=cast.supervisor,
        organisation=cast.power,
        holder=cast.specialist,
        note="供电公司负责",
        at=later(ticket),
    )
    assert ticket.is_locked
    assert Verb.RETURN not in available(ticket, cast.specialist)
    with pytest.raises(RuleViolation):
        workflow.return_ticket(
            ticket, by=cast.specialist, note="不", suggested=cast.property, at=later(ticket)
        )
    assert ticket.due_at == due


def test_a_return_needs_a_reason_and_somebody_else(cast, ticket):
    for note, suggested in (("", cast.property), ("不归我们", None), ("不归我们", cast.power)):
        with pytest.raises(RuleViolation):
            workflow.return_ticket(ticket, by=cast.specialist, note=note, suggested=suggested)


# --- waiting, asking, calls


def test_asking_the_resident_pauses_and_the_answer_goes_on(cast, ticket):
    ticket = in_progress(ticket)
    ticket = workflow.ask_resident(ticket, by=cast.specialist, note="几号楼？", at=later(ticket))
    assert (ticket.status, ticket.waiting_for) == (Status.ON_HOLD, "resident")
    ticket = workflow.answer(ticket, note="1号楼", at=later(ticket))
    assert (ticket.status, ticket.waiting_for) == (Status.IN_PROGRESS, "")


def test_a_hold_of_more_than_fifteen_days_is_refused(cast, ticket):
    ticket = in_progress(ticket)
    with pytest.raises(RuleViolation) as refused:
        workflow.hold(
            ticket,
            by=cast.specialist,
            reason=HoldReason.PARTS,
            until=later(ticket, days=16),
            at=later(ticket),
        )
    assert refused.value.field == "until"


def test_whoever_did_the_work_or_filed_it_cannot_ask_whether_it_is_solved(cast, noise):
    ticket = make_ticket(cast.subarea, noise, by=cast.worker)
    ticket = workflow.resolve_on_spot(ticket, by=cast.secretary, note="已调解", at=later(ticket))
    for judge in (cast.worker, cast.secretary):
        with pytest.raises(NotAllowed):
            workflow.record_call(ticket, by=judge, reached=True, solved=True)
    closed = workflow.record_call(
        ticket, by=cast.head, reached=True, solved=True, satisfied=False, at=later(ticket)
    )
    assert (closed.outcome, closed.is_satisfied) == (Outcome.SOLVED, False)


def test_a_call_that_reached_nobody_changes_nothing(cast, ticket):
    ticket = workflow.record_call(resolved(ticket), by=cast.secretary, reached=False)
    assert ticket.status == Status.RESOLVED


def test_a_call_that_hears_not_solved_begins_the_next_cycle(cast, ticket):
    ticket = resolved(ticket)
    ticket = workflow.record_call(
        ticket, by=cast.secretary, reached=True, solved=False, at=later(ticket)
    )
    assert (ticket.status, ticket.cycle) == (Status.IN_PROGRESS, 2)


def test_merging_counts_the_people_and_tells_them_together(cast, power_cut, ticket):
    contact = workflow.Contact(phone="+8613800001111")
    other = make_ticket(cast.subarea, power_cut, resident=contact)
    other = workflow.merge(other, by=cast.dispatcher, into=ticket)
    ticket.refresh_from_db()
    assert (other.status, other.merged_into, ticket.supporter_count) == (Status.MERGED, ticket, 1)
    before = Notice.objects.filter(channel="sms").count()
    resolved(ticket)
    assert Notice.objects.filter(channel="sms").count() == before + 1


# --- two people at once


def test_the_second_of_two_is_told_and_nothing_breaks(cast, ticket):
    stale = Ticket.objects.get(pk=ticket.pk)
    in_progress(ticket)
    with pytest.raises(AlreadyDone):
        workflow.acknowledge(stale, by=cast.specialist)


def test_a_page_that_is_out_of_date_is_told(cast, ticket):
    seen = ticket.event_count
    ticket = in_progress(ticket)
    with pytest.raises(StalePage):
        workflow.record_finding(ticket, by=cast.specialist, note="又坏了", seen=seen)


def test_a_stranger_may_do_nothing(cast, ticket):
    assert available(ticket, cast.neighbour_secretary) == []
    with pytest.raises(NotAllowed):
        workflow.acknowledge(ticket, by=cast.neighbour_secretary)


def test_a_time_before_the_last_step_is_refused(cast, ticket):
    with pytest.raises(RuleViolation):
        workflow.acknowledge(
            ticket, by=cast.specialist, at=ticket.last_event_at - timedelta(hours=1)
        )


# --- the sweep


def told_of(ticket, level):
    return set(
        Told.objects.filter(
            escalation__clock__ticket=ticket, escalation__level=level, told_at__isnull=False
        ).values_list("user", flat=True)
    )


def test_a_late_ticket_climbs_once_to_the_secretary_and_the_manager(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    after = ticket.due_at + timedelta(seconds=1)
    assert workflow.sweep(ticket.due_at - timedelta(seconds=1)) == 1
    assert workflow.sweep(after) == 1
    assert workflow.sweep(after) == 0
    assert told_of(ticket, MOST) == {ticket.holder_id}
    assert told_of(ticket, LATE) == {cast.secretary.pk, cast.manager.pk}
    late = Notice.objects.filter(kind="late")
    assert set(late.values_list("recipient", flat=True)) == told_of(ticket, LATE)
    assert late.count() == 2


def test_it_climbs_on_until_the_head_of_the_house_must_answer(cast, power_cut):
    ticket = make_ticket(cast.subarea, power_cut)
    for hours in (0, 12, 24, 36):
        workflow.sweep(ticket.due_at + timedelta(hours=hours, seconds=1))
    assert told_of(ticket, 110) == {cast.street_secretary.pk, cast.leader.pk}
    assert told_of(ticket, 120) == {cast.district_secretary.pk, cast.leader.pk}
    ticket.refresh_from_db()
    assert (ticket.agenda_ground, ticket.agenda_at is not None) == (OrderGround.LATE, True)
    order = ticket.orders.get()
    assert (order.ground, order.addressee, order.issued_by) == ("late", cast.leader, None)
    # Nothing is left to climb to: ten days on, nobody is written to again.
    before = Notice.objects.count()
    workflow.sweep(ticket.due_at + timedelta(hours=40))
    assert Notice.objects.count() == before


def test_a_clock_that_cannot_be_dealt_with_stands_in_nobodys_way(cast, power_cut, caplog):
    broken, sound = make_ticket(cast.subarea, power_cut), make_ticket(cast.subarea, power_cut)
    # No verb leads here: a resident's word is awaited on a ticket that nobody has resolved.
    broken.clocks.update(stage=Stage.CONFIRM)
    assert workflow.sweep(later(sound, days=2)) == 1
    assert sound.clocks.get().escalations.exists()
    assert "could not be dealt with" in caplog.text


def test_a_pause_ends_by_itself(cast, ticket):
    ticket = in_progress(ticket)
    until = later(ticket, hours=3)
    ticket = workflow.hold(
        ticket, by=cast.specialist, reason=HoldReason.PARTS, until=until, at=later(ticket)
    )
    workflow.sweep(until + timedelta(minutes=20))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.last_event_at) == (Status.IN_PROGRESS, until)


def test_no_answer_closes_as_unanswered_and_never_as_solved(cast, ticket):
    ticket = resolved(ticket)
    workflow.sweep(later(ticket, days=8))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.outcome) == (Status.CLOSED, Outcome.UNANSWERED)


# --- reach


def test_strangers_see_nothing_and_a_tip_off_stays_hidden_from_whom_it_is_about(cast, noise):
    seen = make_ticket(cast.subarea, noise)
    tip_off = make_ticket(cast.subarea, noise, kind="tip_off", accused=cast.power)
    visible = {
        name: set(Ticket.objects.for_user(getattr(cast, name)).values_list("pk", flat=True))
        for name in ("worker", "secretary", "neighbour_secretary", "manager")
    }
    assert visible == {
        "worker": {seen.pk},
        "secretary": {seen.pk, tip_off.pk},
        "neighbour_secretary": set(),
        "manager": set(),
    }


def test_the_system_may_not_be_impersonated(cast, ticket):
    assert available(ticket, RESIDENT) == [Verb.WITHDRAW, Verb.URGE]
    assert SYSTEM.pk is None
