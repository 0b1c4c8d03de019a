"""Time limits and open matters: what applying would do, doing it, and in the background."""

from datetime import timedelta
from itertools import count

import pytest
from celery import Celery, current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.errors import AlreadyDone, StalePage
from common.models import AuditEntry, Version
from common.tests.factories import run_rivals
from notices.models import Notice
from tickets import tasks, workflow
from tickets.choices import ClockState, Stage, Verb
from tickets.models import Category, Clock, Policy, Ticket, TicketEvent
from tickets.tests.factories import later, make_category, make_receipt, make_ticket
from tickets.tests.limits import BUSINESS, DAYS, HOUR, make_widest, publish
from tickets.tests.test_replay import replayed, rows_of, stored
from tickets.workflow import limits
from worktime.tests.factories import make_calendar

PHONE = "+8613800012345"

pytestmark = pytest.mark.django_db


def resolve_clock(ticket):
    return ticket.clocks.filter(stage=Stage.RESOLVE).latest("cycle")


@pytest.fixture
def power(cast):
    return make_category(cast.power, is_immediate=True, priority="high")


@pytest.fixture
def widest(cast):
    return make_widest()


@pytest.fixture
def open_matters(cast, power, widest):
    """Matters of two categories, ten hours old: a day promised for one, six hours for the other."""
    gas = make_category(cast.power, limit_amount=6 * HOUR)
    at = workflow.now() - timedelta(hours=10)
    return [make_ticket(cast.subarea, category, at=at) for category in (power, gas, power, gas)]


def test_open_matters_keep_what_they_were_promised(power, open_matters):
    before = list(Clock.objects.order_by("pk").values())
    publish(category=power, hours=72)
    assert list(Clock.objects.order_by("pk").values()) == before


def test_the_preview_stores_nothing_and_applying_does_what_it_said(cast, power, open_matters):
    publish(category=power, hours=72)
    publish(category=power.parent, hours=1)
    gas = Category.objects.get(pk=open_matters[1].category_id)
    gas_limit = Policy.objects.in_force().get(category=gas, stage=Stage.RESOLVE)
    workflow.withdraw_policy(gas_limit, by="test")
    before = list(Clock.objects.order_by("pk").values()), TicketEvent.objects.count()
    at = workflow.now()
    found = workflow.preview_policies(at)
    assert (list(Clock.objects.order_by("pk").values()), TicketEvent.objects.count()) == before
    assert (found.count, found.later, found.earlier, found.past) == (4, 2, 2, 0)
    assert (found.tickets, found.stages, found.ended, found.stuck) == (4, {"resolve": 4}, 0, 0)
    assert found.largest == timedelta(hours=48)
    promised = {reference: after for reference, _before, after in found.examples}
    assert workflow.apply_policies(by=cast.admin, at=at) == found.tickets
    assert {row.reference: row.due_at for row in Ticket.objects.all()} == promised
    assert all(resolve_clock(row).due_at == row.due_at for row in Ticket.objects.all())
    assert workflow.preview_policies(at).tickets == 0
    assert workflow.apply_policies(by=cast.admin, at=at) == 0
    assert TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).count() == 4


def test_a_date_that_would_be_past_is_counted(power, open_matters):
    publish(category=power, hours=2)
    found = workflow.preview_policies()
    assert (found.count, found.earlier, found.past) == (2, 2, 2)


def test_replay_after_applying_gives_the_stored_rows(cast, power, open_matters):
    make_calendar()
    publish(category=power, mode=BUSINESS, amount=3, unit=DAYS)
    assert workflow.apply_policies(by=cast.admin) == 2
    for ticket in Ticket.objects.all():
        assert rows_of(replayed(ticket)) == stored(ticket)


def test_the_same_terms_under_another_number_change_nobody(power, open_matters):
    publish(category=power, hours=72)
    publish(category=power, hours=24)
    assert workflow.preview_policies().tickets == 0
    assert workflow.apply_policies(by="test") == 0
    assert not TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).exists()


def test_other_stages_change_without_moving_the_promised_date(cast, power, widest):
    publish(Stage.CONTACT, hours=2, category=power)
    ticket = make_ticket(cast.subarea, power)
    publish(Stage.CONTACT, hours=4, category=power)
    found = workflow.preview_policies()
    assert (found.count, found.tickets, found.stages) == (0, 1, {"contact": 1})
    workflow.apply_policies(by="test")
    contact = ticket.clocks.get(stage=Stage.CONTACT)
    assert contact.due_at - contact.started_at == timedelta(hours=4)
    assert Ticket.objects.get().due_at == ticket.due_at


def test_a_promise_without_a_limit_ends_and_is_not_missed(cast, power, widest):
    contact = publish(Stage.CONTACT, hours=2, category=power)
    ticket = make_ticket(cast.subarea, power)
    workflow.withdraw_policy(contact, by="test")
    found = workflow.preview_policies()
    assert (found.ended, found.tickets) == (1, 1)
    assert workflow.apply_policies(by="test") == 1
    clock = ticket.clocks.get(stage=Stage.CONTACT)
    assert (clock.state, clock.next_check_at) == (ClockState.NOT_APPLICABLE, None)
    assert rows_of(replayed(Ticket.objects.get())) == stored(ticket)


def test_what_is_closed_or_opened_again_keeps_its_promise(cast, power, widest):
    done, again = make_ticket(cast.subarea, power), make_ticket(cast.subarea, power)
    for ticket in (done, again):
        ticket = workflow.acknowledge(ticket, by=ticket.holder, at=later(ticket))
        workflow.resolve(ticket, by=ticket.holder, note="修好了", at=later(ticket))
    again = Ticket.objects.get(pk=again.pk)
    again = workflow.dispute(again, by=workflow.RESIDENT, comment="没好", at=later(again))
    before = resolve_clock(again).due_at
    publish(category=power, hours=96)
    assert workflow.preview_policies(later(again)).tickets == 0
    assert workflow.apply_policies(by="test", at=later(again)) == 0
    assert resolve_clock(again).due_at == before == Ticket.objects.get(pk=again.pk).due_at


def test_granted_time_is_kept_under_another_limit(cast, power, widest):
    ticket = make_ticket(cast.subarea, power)
    workflow.ask_extension(ticket, by=ticket.holder, amount=86_400, note="等配件", at=later(ticket))
    ticket.refresh_from_db()
    workflow.grant_extension(ticket, by=cast.secretary, at=later(ticket))
    publish(category=power, hours=48)
    found = workflow.preview_policies()
    workflow.apply_policies(by="test")
    clock = resolve_clock(ticket)
    assert found.examples == [
        (ticket.reference, clock.started_at + timedelta(hours=48), clock.due_at)
    ]
    assert clock.due_at == clock.started_at + timedelta(hours=72)


def test_the_resident_hears_of_a_moved_date_and_only_of_that(cast, power, widest):
    publish(Stage.CONTACT, hours=2, category=power)
    contact = workflow.Contact(phone=PHONE)
    receipt = make_receipt(cast.subarea, power, resident=contact)
    publish(Stage.CONTACT, hours=3, category=power)
    workflow.apply_policies(by="test")
    assert not Notice.objects.filter(kind="moved").exists()
    publish(category=power, hours=96)
    workflow.apply_policies(by="test")
    notice = Notice.objects.get(kind="moved")
    assert notice.phone() == PHONE
    assert receipt.ticket.reference in notice.body


def test_a_category_with_another_priority_gets_that_priority_s_limit(power, open_matters):
    publish(category=power, priority="urgent", hours=4)
    assert workflow.preview_policies().tickets == 0
    before = limits.limits_revision()
    Category.objects.filter(pk=power.pk).update(priority="urgent")
    Version.objects.bump("categories")
    assert limits.limits_revision() > before
    assert workflow.preview_policies().earlier == 2


def test_where_the_calendar_knows_no_day_a_promise_stays(power, open_matters, caplog):
    publish(category=power, mode=BUSINESS, amount=3, unit=DAYS)
    before = list(Clock.objects.order_by("pk").values())
    found = workflow.preview_policies()
    assert (found.tickets, found.count, found.stuck) == (2, 0, 2)
    assert workflow.apply_policies(by="test") == 0
    assert list(Clock.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.get(verb="apply_policies").detail["stuck"] == 2
    assert caplog.text.count("could not be given other limits") == 2


def test_preview_asks_the_database_as_often_for_one_matter_as_for_many(
    cast, power, widest, settings
):
    settings.NAME_MAP_SECONDS = 60
    make_ticket(cast.subarea, power)
    first = Policy.objects.in_force().get(category=power, stage=Stage.RESOLVE)
    publish(category=power, hours=72)
    with CaptureQueriesContext(connection) as for_one:
        assert workflow.preview_policies().tickets == 1
    for _each in range(5):
        make_ticket(cast.subarea, power, at=timezone.now() - timedelta(hours=1))
    Clock.objects.filter(stage=Stage.RESOLVE).update(policy=first)
    with CaptureQueriesContext(connection) as for_six:
        assert workflow.preview_policies().tickets == 6
    assert len(for_six) == len(for_one)


# --- Applying in the background ------------------------------------------------------------


def ask(by, seen=None):
    return limits.ask_to_apply(seen=seen or limits.limits_revision(), by=by)


def test_asking_sends_the_worker_and_is_written_down(
    cast, power, open_matters, django_capture_on_commit_callbacks
):
    publish(category=power, hours=72)
    seen = limits.limits_revision()
    with django_capture_on_commit_callbacks(execute=True):
        ask(cast.admin)
        assert limits.is_being_applied()
    assert not limits.is_being_applied()
    assert workflow.preview_policies().tickets == 0
    asked, done = AuditEntry.objects.filter(kind="policies").order_by("number")
    assert (asked.verb, asked.who, asked.detail) == (
        "ask_to_apply_policies", "admin", {"revision": seen},
    )  # fmt: skip
    assert (done.verb, done.who) == ("apply_policies", "system")
    assert done.detail == {"revision": seen, "tickets": 2, "stuck": 0}


def test_a_stale_preview_is_not_applied(cast, power, open_matters):
    publish(category=power, hours=72)
    seen = workflow.preview_policies().revision
    publish(category=power, hours=96)
    with pytest.raises(StalePage):
        ask(cast.admin, seen)
    assert not limits.is_being_applied()
    assert limits.apply_if_asked() == 0
    assert not AuditEntry.objects.filter(kind="policies").exists()


def test_asking_twice_is_news(cast, power, open_matters):
    publish(category=power, hours=72)
    ask(cast.admin)
    with pytest.raises(AlreadyDone):
        ask(cast.admin)
    assert AuditEntry.objects.filter(verb="ask_to_apply_policies").count() == 1


def test_limits_that_change_before_the_worker_comes_are_not_applied(cast, power, open_matters):
    publish(category=power, hours=72)
    ask(cast.admin)
    publish(category=power, hours=96)
    assert not limits.is_being_applied()
    assert limits.apply_if_asked() == 0
    assert not TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).exists()
    ask(cast.admin)
    assert limits.apply_if_asked() == 2


def test_limits_that_change_in_mid_run_stop_it(cast, power, open_matters, monkeypatch):
    publish(category=power, hours=72)
    ask(cast.admin)
    looks = count()

    def clock():
        # The second look at the time, after one ticket, finds another limit published.
        if next(looks) == 2:
            publish(category=power, hours=96)
        return 0.0

    monkeypatch.setattr(limits, "monotonic", clock)
    assert limits.apply_if_asked() == 1
    assert not limits.is_being_applied()
    events = TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY)
    assert [event.data["limits"]["resolve"]["amount"] for event in events] == [72 * HOUR]


def test_a_run_that_takes_too_long_is_gone_on_with(cast, power, open_matters, monkeypatch):
    """Three tickets fit into a run, which asks for the next one: two do all, each ticket once."""
    publish(category=power, hours=72)
    for _each in range(3):
        make_ticket(cast.subarea, power, at=timezone.now() - timedelta(minutes=5))
    first = Policy.objects.filter(category=power, stage=Stage.RESOLVE).earliest("pk")
    Clock.objects.filter(ticket__category=power, stage=Stage.RESOLVE).update(policy=first)
    wanted = workflow.preview_policies().tickets
    assert wanted == 5
    ask(cast.admin)
    monkeypatch.setattr(limits, "PAGE", 2)
    ticks = count(step=limits.RUN_SECONDS / 3)
    monkeypatch.setattr(limits, "monotonic", lambda: next(ticks))
    assert limits.apply_if_asked() == 3
    assert not limits.is_being_applied()
    assert limits.apply_if_asked() == 0
    changed = TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).values_list("ticket", flat=True)
    assert len(changed) == len(set(changed)) == wanted
    told = AuditEntry.objects.filter(verb="apply_policies").order_by("number")
    assert [entry.detail["tickets"] for entry in told] == [3, 2]


def test_without_a_broker_the_next_minute_does_it(
    cast, power, open_matters, caplog, django_capture_on_commit_callbacks
):
    publish(category=power, hours=72)
    ours = current_app._get_current_object()
    lost = Celery("lost", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lost.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    lost.set_current()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            ask(cast.admin)
    finally:
        ours.set_current()
    assert "could not be nudged" in caplog.text
    assert workflow.preview_policies().tickets == 2
    tasks.recompute()
    assert workflow.preview_policies().tickets == 0


# --- Rivals --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_apply_each_ticket_once(cast):
    power = make_category(cast.power)
    tickets = [make_ticket(cast.subarea, power) for _ in range(12)]
    publish(category=power, hours=96)
    found = run_rivals(lambda i: workflow.apply_policies(by=f"worker {i}"), 3)
    assert sum(found) == 12
    assert TicketEvent.objects.filter(verb=Verb.CHANGE_POLICY).count() == 12
    for ticket in tickets:
        assert rows_of(replayed(ticket)) == stored(ticket)
