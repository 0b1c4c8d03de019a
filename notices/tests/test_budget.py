"""The day's text messages against the budget: what waits, what still goes, who is told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from common.tests.factories import run_rivals
from notices import reports, waiting, workflow
from notices.choices import Channel, State
from notices.models import Notice, SmsDay
from notices.tests import backends
from notices.tests.factories import make_notice, make_user
from notices.tests.test_workflow import next_noon, provider  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon():
    return next_noon().replace(second=0, microsecond=0)


@pytest.fixture(autouse=True)
def budget(settings):
    settings.SMS_DAILY_BUDGET = 2


def text(key, number, **fields):
    """Write a text message to the resident with that number."""
    return make_notice(key, phone=f"+861000000{number:04}", channel="sms", **fields)


def keys():
    return [key for _phone, _text, key in backends.sent]


def sent_on(moment):
    return SmsDay.objects.sent_on(moment.date())


def test_calm_ones_wait_for_tomorrow_morning_in_their_turn(noon):
    for i in range(5):
        text(f"k{i}", i)
    assert workflow.deliver_all(at=noon) == 2
    assert (keys(), sent_on(noon)) == (["k0", "k1"], 2)
    assert waiting.next_free(noon) == (noon + timedelta(days=1)).replace(hour=8)
    assert workflow.deliver_all(at=noon.replace(hour=20)) == 0
    # A younger one of the night does not overtake them.
    text("young", 9)
    tomorrow = noon + timedelta(days=1)
    assert workflow.deliver_all(at=tomorrow.replace(hour=0, minute=1)) == 0
    assert workflow.deliver_all(at=tomorrow.replace(hour=7, minute=59)) == 0
    assert workflow.deliver_all(at=tomorrow.replace(hour=8)) == 2
    assert workflow.deliver_all(at=(tomorrow + timedelta(days=1)).replace(hour=8)) == 2
    assert keys() == ["k0", "k1", "k2", "k3", "k4", "young"]
    assert set(Notice.objects.values_list("state", "attempts")) == {(State.SENT, 0)}


def test_without_quiet_hours_tomorrow_begins_at_midnight(settings, noon):
    settings.QUIET_HOURS = ("12:00", "12:00")
    for i in range(3):
        text(f"k{i}", i)
    assert workflow.deliver_all(at=noon) == 2
    midnight = (noon + timedelta(days=1)).replace(hour=0, second=0, microsecond=0)
    assert waiting.next_free(noon) == midnight
    assert workflow.deliver_all(at=midnight - timedelta(seconds=1)) == 0
    assert workflow.deliver_all(at=midnight) == 1


def test_urgent_ones_go_on_to_twice_the_budget(noon):
    for i in range(3):
        text(f"calm{i}", i)
    assert workflow.deliver_all(at=noon) == 2
    for i in range(3):
        text(f"urgent{i}", 10 + i, urgent=True)
    assert workflow.deliver_all(at=noon) == 2
    assert keys() == ["calm0", "calm1", "urgent0", "urgent1"]
    assert sent_on(noon) == 4
    assert workflow.deliver_all(at=noon + timedelta(hours=1)) == 0
    # At night too, as soon as the new day has its own budget.
    night = (noon + timedelta(days=1)).replace(hour=0)
    assert workflow.deliver_all(at=night) == 1
    assert keys()[4:] == ["urgent2"]


def test_urgent_ones_have_the_first_call_on_the_budget(noon):
    for i in range(3):
        text(f"calm{i}", i)
    text("urgent", 9, urgent=True)
    assert workflow.deliver_due(noon) == (4, 2)
    assert keys() == ["urgent", "calm0"]


def test_budget_used_up_in_the_middle_of_a_batch_lets_go_of_the_rest(noon):
    for i in range(4):
        text(f"k{i}", i)
    assert workflow.deliver_due(noon) == (4, 2)
    assert waiting.held(noon).count() == Notice.objects.due(noon).count() == 2
    assert workflow.deliver_due(noon) == (0, 0)


def test_raised_budget_lets_them_go_at_once(settings, noon):
    for i in range(4):
        text(f"k{i}", i)
    workflow.deliver_all(at=noon)
    settings.SMS_DAILY_BUDGET = 3
    assert workflow.deliver_all(at=noon) == 1
    settings.SMS_DAILY_BUDGET = 0
    assert workflow.deliver_all(at=noon) == 1
    assert sent_on(noon) == 4


def test_site_notices_know_no_budget(noon):
    SmsDay.objects.create(day=noon.date(), sent=4)
    make_notice("k", to=make_user())
    assert workflow.deliver_all(at=noon) == 1


def test_digest_is_one_message(noon):
    for i in range(6):
        text(f"k{i}", 1)
    assert workflow.deliver_all(at=noon) == 6
    assert sent_on(noon) == len(backends.sent) == 1


def test_refused_message_is_not_counted(settings, noon):
    settings.SMS_BACKEND = "notices.tests.backends.Dead"
    for i in range(4):
        text(f"k{i}", i)
    assert workflow.deliver_all(at=noon) == 0
    assert sent_on(noon) == 0
    make_notice("nobody", to=make_user(), channel="sms")
    assert workflow.deliver_all(at=noon) == 0
    assert sent_on(noon) == 0


def test_no_budget_asks_nothing(settings, noon, django_assert_num_queries):
    settings.SMS_DAILY_BUDGET = 0
    with django_assert_num_queries(0):
        assert not waiting.is_used_up(noon)
    with django_assert_num_queries(1):
        assert workflow.deliver_due(noon) == (0, 0)


# --- Telling administrators ----------------------------------------------------------------


@pytest.fixture
def chief():
    make_user("former", is_superuser=True, is_active=False)
    make_user("clerk")
    return make_user("chief", is_superuser=True)


def alarm_keys():
    rows = Notice.objects.filter(kind="sms_budget").order_by("pk")
    return list(rows.values_list("unique_key", flat=True))


def test_administrators_are_told_once_a_day_at_each_level(settings, noon, chief):
    settings.SMS_DAILY_BUDGET = 5
    for i, expected in enumerate([0, 0, 0, 1, 2, 2]):
        text(f"k{i}", i)
        workflow.deliver_all(at=noon)
        assert (i, len(alarm_keys())) == (i, expected)
    for i in range(6):
        text(f"urgent{i}", i, urgent=True)
        workflow.deliver_all(at=noon)
    rows = Notice.objects.filter(kind="sms_budget").order_by("pk")
    assert [row.unique_key for row in rows] == [
        f"sms-budget:{noon.date()}:{level}:{chief.pk}" for level in (80, 100, 200)
    ]
    assert {row.recipient for row in rows} == {chief}
    assert {row.channel for row in rows} == {Channel.SITE}
    assert {row.link for row in rows} == {reverse("admin:notices_notice_outbox")}
    assert [row.urgent for row in rows] == [False, True, True]
    for row, sent in zip(rows, ("4", "5", "10"), strict=True):
        assert sent in row.title
        assert "%" not in row.title + row.body
    workflow.deliver_all(at=noon + timedelta(days=1))
    assert rows.count() == 3


def test_level_reached_in_one_leap_is_told_alone(noon, chief):
    for i in range(5):
        text(f"k{i}", i)
    workflow.deliver_all(at=noon)
    assert [key.rsplit(":", 2)[1] for key in alarm_keys()] == ["100"]


def test_alarm_of_a_dead_worker_is_given_by_the_next(noon, chief):
    """It died after the last message and before it told anybody."""
    text("k0", 0)
    text("k1", 1)
    workflow.deliver_due(noon)
    assert alarm_keys() == []
    workflow.deliver_all(at=noon + timedelta(minutes=1))
    assert len(alarm_keys()) == 1


def test_alarm_without_administrators_stands_in_the_log(noon, caplog):
    text("k0", 0)
    text("k1", 1)
    workflow.deliver_all(at=noon)
    workflow.deliver_all(at=noon)
    assert caplog.text.count("text messages: 2 of 2 for today are sent") == 1


# --- What is overdue -----------------------------------------------------------------------


def test_waiting_counts_neither_night_nor_used_up_days(noon):
    text("calm", 1)
    Notice.objects.update(deliver_after=noon.replace(hour=20))
    evening = noon.replace(hour=20, minute=10)
    tomorrow = noon + timedelta(days=1)
    assert reports.waiting_s(evening) == 600
    assert reports.waiting_s(noon.replace(hour=22)) == 0
    assert reports.waiting_s(tomorrow.replace(hour=8, minute=2)) == 120
    SmsDay.objects.create(day=noon.date(), sent=2)
    assert reports.waiting_s(evening) == 0
    SmsDay.objects.create(day=tomorrow.date(), sent=2)
    assert reports.waiting_s(tomorrow.replace(hour=9)) == 0


def test_waiting_after_a_used_up_day_begins_at_midnight(settings, noon):
    settings.QUIET_HOURS = ("12:00", "12:00")
    text("calm", 1)
    Notice.objects.update(deliver_after=noon)
    tomorrow = (noon + timedelta(days=1)).replace(hour=0, minute=5, second=0, microsecond=0)
    assert reports.waiting_s(tomorrow) == 300
    settings.SMS_DAILY_BUDGET = 0
    assert reports.waiting_s(tomorrow) == round((tomorrow - noon).total_seconds())


def test_urgent_and_site_notices_are_overdue_at_night_too(noon):
    night = noon.replace(hour=23)
    make_notice("k", to=make_user(), at=night - timedelta(seconds=90))
    text("urgent", 1, urgent=True, at=night - timedelta(seconds=50))
    text("calm", 2, at=noon)
    assert reports.waiting_s(night) == 90
    workflow.void("k")
    assert reports.waiting_s(night) == 50
    SmsDay.objects.create(day=noon.date(), sent=4)
    assert reports.waiting_s(night) == 0


def test_notice_held_by_a_worker_is_still_waiting(noon):
    make_notice("k", to=make_user(), at=noon)
    Notice.objects.update(claimed_by="x", claimed_until=noon + timedelta(minutes=3))
    assert reports.waiting_s(noon + timedelta(seconds=40)) == 40
    assert reports.waiting_s(noon - timedelta(seconds=40)) == 0


# --- Rivalry -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_rivals_never_take_more_than_the_budget(settings, noon):
    """Forty workers, room for 25. Tried with a read and then a write: 26 to 40 pass."""
    day = noon.date()
    outcomes = run_rivals(lambda i: SmsDay.objects.take(day, 25), 40)
    assert sorted(outcomes) == [False] * 15 + [True] * 25
    assert sent_on(noon) == 25
    run_rivals(lambda i: SmsDay.objects.give_back(day), 30)
    assert sent_on(noon) == 0


@pytest.mark.django_db(transaction=True)
def test_rival_workers_send_the_budget_and_no_more(settings, noon):
    """Every other message is refused by the provider and given back while others count."""
    settings.SMS_DAILY_BUDGET = 12
    settings.SMS_BACKEND = "notices.tests.backends.Moody"
    backends.Moody.asked.clear()
    for i in range(40):
        text(f"k{i}", i)
    outcomes = run_rivals(lambda i: workflow.deliver_due(noon, limit=10), 4)
    assert sum(delivered for _claimed, delivered in outcomes) == len(backends.sent)
    assert sent_on(noon) == len(backends.sent) <= 12
    workflow.deliver_all(at=noon + timedelta(hours=1))
    assert sent_on(noon) == len(backends.sent) == 12
    assert len(set(keys())) == 12


@pytest.mark.django_db(transaction=True)
def test_rivals_give_one_alarm(noon):
    chief = make_user("chief", is_superuser=True)
    SmsDay.objects.create(day=noon.date(), sent=2)
    assert run_rivals(lambda i: workflow.warn_of_budget(noon), 10) == [None] * 10
    assert alarm_keys() == [f"sms-budget:{noon.date()}:100:{chief.pk}"]
