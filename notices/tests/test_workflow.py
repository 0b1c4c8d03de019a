import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import Celery, current_app
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from common.models import Heartbeat
from common.tests.factories import run_rivals
from notices import waiting, workflow
from notices.choices import State
from notices.models import Notice
from notices.tests import backends
from notices.tests.factories import PHONE, make_notice, make_user
from notices.workflow import delivering, writing

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def soon(seconds=1):
    return timezone.now() + timedelta(seconds=seconds)


def next_noon():
    """A time after now at which text messages go out."""
    day = timezone.localtime() + timedelta(days=1)
    return day.replace(hour=12, minute=0)


def states():
    rows = Notice.objects.order_by("pk").exclude(kind="digest")
    return list(rows.values_list("state", flat=True))


@pytest.fixture(autouse=True)
def provider(settings):
    settings.SMS_BACKEND = "notices.tests.backends.Recording"
    settings.QUIET_HOURS = ("21:00", "08:00")
    backends.sent.clear()
    return backends.sent


@pytest.fixture
def dead(settings):
    settings.SMS_BACKEND = "notices.tests.backends.Dead"


# --- Writing -------------------------------------------------------------------------------


def test_same_key_adds_nothing():
    user = make_user()
    make_notice("late:1", to=user, title="first")
    make_notice("late:1", to=user, title="second")
    assert list(Notice.objects.values_list("title", flat=True)) == ["first"]


def test_enqueue_is_one_statement(django_assert_num_queries):
    user = make_user()
    messages = [
        workflow.Message(unique_key=f"k{i}", kind="x", title="t", to=user.pk) for i in range(3)
    ]
    with django_assert_num_queries(1):
        workflow.enqueue_many(messages)
    with django_assert_num_queries(0):
        workflow.enqueue_many([])
    assert Notice.objects.count() == 3


def test_enqueue_goes_with_its_transaction():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_notice("k", to=make_user())
        1 / 0  # noqa: B018
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"to": 1, "phone": PHONE},
        {"phone": PHONE},
        {"to": 1, "link": "//evil.example"},
        {"to": 1, "link": "/\\evil.example"},
        {"to": 1, "link": "https://evil.example"},
        {"to": 1, "link": "javascript:alert(1)"},
    ],
)
def test_impossible_messages_are_refused(fields):
    with pytest.raises(ValueError, match="a notice|a phone"):
        workflow.enqueue(unique_key="k", kind="x", title="t", **fields)


def test_database_refuses_a_notice_without_addressee():
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(
            channel="site", kind="x", title="t", unique_key="k", deliver_after=timezone.now()
        )


def test_phone_is_sealed_and_forgotten_on_delivery(provider):
    notice = make_notice("k", body="修好了")
    assert PHONE[3:] not in notice.sealed_phone
    assert notice.phone() == PHONE
    workflow.deliver_due(next_noon())
    notice.refresh_from_db()
    assert (notice.state, notice.sealed_phone, len(notice.phone_index)) == (State.SENT, "", 64)
    assert provider == [(PHONE, "修好了", "k")]


def test_commit_nudges_once_something_is_due(django_capture_on_commit_callbacks):
    user = make_user()
    with django_capture_on_commit_callbacks() as callbacks:
        make_notice("now", to=user)
        make_notice("later", to=user, at=soon(3600))
    assert [callback.__name__ for callback in callbacks] == ["nudge"]
    with django_capture_on_commit_callbacks(execute=True):
        make_notice("again", to=user)
    assert states() == ["sent", "pending", "sent"]


@pytest.fixture
def no_broker(monkeypatch):
    """Another Celery application whose broker nobody answers for."""
    ours = current_app._get_current_object()
    lost = Celery("lost", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lost.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    lost.set_current()
    monkeypatch.setattr(writing, "_nudges_rest_until", 0)
    yield
    ours.set_current()


def test_missing_broker_is_no_error(no_broker, caplog, django_capture_on_commit_callbacks):
    user = make_user()
    with django_capture_on_commit_callbacks(execute=True):
        make_notice("k1", to=user)
        make_notice("k2", to=user)
    assert states() == ["pending", "pending"]
    assert caplog.text.count("delivery could not be nudged") == 1


# --- Delivering ----------------------------------------------------------------------------


def test_site_notice_appears_when_delivered():
    user, other = make_user(), make_user("other")
    notice = make_notice("k", to=user)
    assert list(Notice.objects.for_user(user)) == []
    assert workflow.deliver_due(soon()) == (1, 1)
    assert list(Notice.objects.for_user(user).unread()) == [notice]
    assert list(Notice.objects.for_user(other)) == []
    assert workflow.deliver_due(soon()) == (0, 0)


def test_not_before_its_time():
    make_notice("k", to=make_user(), at=soon(600))
    assert workflow.deliver_due(soon()) == (0, 0)
    assert workflow.deliver_due(soon(601)) == (1, 1)


def test_four_at_once_become_one_digest():
    user, other = make_user(), make_user("other")
    for i in range(4):
        make_notice(f"a{i}", to=user)
    for i in range(3):
        make_notice(f"b{i}", to=other)
    urgent = make_notice("u", to=user, urgent=True)
    assert workflow.deliver_due(soon()) == (8, 8)
    shown = Notice.objects.for_user(user)
    digest = shown.get(kind="digest")
    assert digest.link == reverse("notices:list")
    assert set(shown) == {digest, urgent}
    assert digest.body.splitlines() == ["title a0", "title a1", "title a2", "title a3"]
    assert list(digest.members.order_by("pk").values_list("unique_key", flat=True)) == [
        "a0", "a1", "a2", "a3",
    ]  # fmt: skip
    assert Notice.objects.for_user(other).count() == 3


def test_digest_by_text_message(provider):
    for i in range(6):
        make_notice(f"k{i}", title=f"事{i}")
    other = "+8610000000043"
    make_notice("other", phone=other, channel="sms", body="别人的")
    assert workflow.deliver_due(next_noon()) == (7, 7)
    (phone, text, key), (other_phone, _text, other_key) = provider
    assert (phone, key[:7], len(key)) == (PHONE, "digest:", 39)
    assert (other_phone, other_key) == (other, "other")
    assert "事0；事1；事2；事3；事4" in text
    assert "事5" not in text
    assert states() == ["sent"] * 7
    digest = Notice.objects.get(kind="digest")
    # Whom a number belongs to has no page of notices.
    assert (digest.sealed_phone, digest.link, digest.members.count()) == ("", "", 6)


def test_digest_of_a_dead_provider_waits_whole(dead, provider, settings):
    for i in range(4):
        make_notice(f"k{i}")
    assert workflow.deliver_due(next_noon()) == (4, 0)
    assert (states(), Notice.objects.filter(kind="digest").count()) == (["pending"] * 4, 0)
    settings.SMS_BACKEND = "notices.tests.backends.Recording"
    assert workflow.deliver_due(next_noon() + timedelta(minutes=2)) == (4, 4)
    assert len(provider) == 1


@pytest.mark.parametrize(
    ("clock", "is_quiet"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True),
     ("08:00", False), ("12:00", False)],
)  # fmt: skip
def test_quiet_hours(clock, is_quiet):
    hour, minute = map(int, clock.split(":"))
    assert waiting.is_quiet(datetime(2026, 11, 27, hour, minute, tzinfo=SHANGHAI)) == is_quiet


@pytest.mark.parametrize(
    ("hours", "quiet_at"), [(("12:00", "14:00"), 13), (("12:00", "12:00"), None)]
)
def test_quiet_hours_by_day_or_never(settings, hours, quiet_at):
    settings.QUIET_HOURS = hours
    day = datetime(2026, 11, 27, tzinfo=SHANGHAI)
    quiet = [h for h in range(24) if waiting.is_quiet(day.replace(hour=h, minute=30))]
    assert quiet == ([12, 13] if quiet_at else [])


def test_text_messages_wait_for_the_morning_unless_urgent(provider):
    night = next_noon().replace(hour=22)
    make_notice("calm")
    make_notice("urgent", urgent=True)
    make_notice("site", to=make_user())
    assert workflow.deliver_due(night) == (2, 2)
    assert states() == ["pending", "sent", "sent"]
    morning = night + timedelta(hours=10)
    assert workflow.deliver_due(morning) == (1, 1)
    assert [key for _phone, _text, key in provider] == ["urgent", "calm"]


def test_retry_backs_off_and_ends(dead):
    notice = make_notice("k")
    at, waits = next_noon(), []
    for _ in range(workflow.MAX_ATTEMPTS):
        assert workflow.deliver_due(at) == (1, 0)
        notice.refresh_from_db()
        waits.append(int((notice.deliver_after - at).total_seconds()))
        assert workflow.deliver_due(notice.deliver_after - timedelta(seconds=1)) == (0, 0)
        at = notice.deliver_after
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert (notice.state, notice.attempts) == (State.FAILED, workflow.MAX_ATTEMPTS)
    assert notice.last_error == "ConnectionError: no provider for 100****0042"
    assert workflow.deliver_due(at + timedelta(days=1)) == (0, 0)


def test_dead_provider_stops_nobody_else(dead):
    make_notice("k")
    make_notice("site", to=make_user())
    assert workflow.deliver_due(next_noon()) == (2, 1)
    assert states() == ["pending", "sent"]


def test_person_without_phone_is_a_failure_at_once():
    notice = make_notice("k", to=make_user(), channel="sms")
    assert workflow.deliver_due(next_noon()) == (1, 0)
    notice.refresh_from_db()
    assert (notice.state, notice.last_error) == (State.FAILED, "no phone number")


def test_person_gets_text_messages_on_the_own_phone(provider):
    make_notice("k", to=make_user(phone="+8610000000001"), channel="sms", title="标题")
    assert workflow.deliver_due(next_noon()) == (1, 1)
    assert provider == [("+8610000000001", "标题", "k")]


def test_broken_seal_is_retried_and_hurts_nobody(provider):
    broken = make_notice("k")
    Notice.objects.filter(pk=broken.pk).update(sealed_phone=broken.sealed_phone[:-4] + "AAAA")
    make_notice("ok", phone="+8610000000043", channel="sms")
    assert workflow.deliver_due(next_noon()) == (2, 1)
    assert states() == ["pending", "sent"]


def test_digest_of_sentences_without_titles(provider):
    """What residents get has no title: its words stand in the digest."""
    for i in range(4):
        make_notice(f"k{i}", title="", body=f"编号{i}已办结。")
    assert workflow.deliver_due(next_noon()) == (4, 4)
    listed = "编号0已办结；编号1已办结；编号2已办结；编号3已办结。"
    assert provider[0][1].endswith(listed)
    assert Notice.objects.get(kind="digest").body.splitlines()[0] == "编号0已办结"


def test_another_digest_is_another_message_to_the_provider():
    """A provider that took the first and drops repeats must not drop what came in between."""
    for i in range(4):
        make_notice(f"k{i}")
    four = delivering._claim(next_noon(), 10)
    make_notice("k4")
    key = delivering.provider_key(four)
    assert key == delivering.provider_key(four[::-1])
    assert key != delivering.provider_key([*four, Notice.objects.get(unique_key="k4")])
    assert delivering.provider_key(four[:1]) == "k0"


def test_slow_provider_does_not_outlast_the_claim(provider, monkeypatch):
    """When the time of a run is over the rest is put back at once, not held for minutes."""
    for i in range(3):
        make_notice(f"k{i}", phone=f"+861000000000{i}", channel="sms")
    at = next_noon()
    assert workflow.deliver_due(at, until=time.monotonic()) == (3, 1)
    assert Notice.objects.due(at).count() == 2
    monkeypatch.setattr(delivering, "RUN_SECONDS", 0)
    assert [workflow.deliver_all(at=at) for _ in range(3)] == [1, 1, 0]
    assert [key for _phone, _text, key in provider] == ["k0", "k1", "k2"]


def test_void_and_superseded_never_go_out():
    user = make_user()
    for key in ("a", "b", "c"):
        make_notice(key, to=user)
    assert (workflow.void("a", "missing"), workflow.supersede("b")) == (1, 1)
    assert workflow.deliver_due(soon()) == (1, 1)
    assert states() == ["void", "superseded", "sent"]
    assert workflow.void("c") == 0


def test_what_was_given_up_can_be_withdrawn_and_its_phone_is_forgotten():
    notice = make_notice("k")
    Notice.objects.update(state=State.FAILED)
    assert workflow.void("k") == 1
    notice.refresh_from_db()
    assert (notice.state, notice.sealed_phone) == (State.VOID, "")


def test_rows_of_a_dead_worker_come_back():
    make_notice("k", to=make_user())
    at = soon()
    held = delivering._claim(at, 10)
    assert [notice.unique_key for notice in held] == ["k"]
    assert workflow.deliver_due(at + workflow.LEASE - timedelta(seconds=1)) == (0, 0)
    assert workflow.deliver_due(at + workflow.LEASE) == (1, 1)


def test_deliver_all_empties_the_outbox_and_beats(monkeypatch):
    monkeypatch.setattr(delivering, "BATCH", 2)
    user = make_user()
    for i in range(5):
        make_notice(f"k{i}", to=user)
    assert workflow.deliver_all(at=soon()) == 5
    assert Heartbeat.objects.lag_s(workflow.HEARTBEAT) <= 0


def test_empty_outbox_costs_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert workflow.deliver_due() == (0, 0)


def test_site_delivery_does_not_grow_with_rows(django_assert_max_num_queries):
    for i in range(30):
        make_notice(f"k{i}", to=make_user(f"user{i}"))
    with django_assert_max_num_queries(10):
        assert workflow.deliver_due(soon()) == (30, 30)


def test_mark_read_touches_own_notices_only():
    user, other = make_user(), make_user("other")
    mine, theirs = make_notice("a", to=user), make_notice("b", to=other)
    workflow.deliver_due(soon())
    assert workflow.mark_read(user, pk=theirs.pk) == 0
    assert workflow.mark_read(user, pk=mine.pk) == 1
    assert workflow.mark_read(user) == 0
    assert Notice.objects.for_user(other).unread().count() == 1


# --- Rivalry -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_deliver_nothing_twice(provider):
    at = next_noon()
    for i in range(40):
        make_notice(f"k{i}", phone=f"+861000000{i:04}", channel="sms", at=at)
    outcomes = run_rivals(lambda i: workflow.deliver_due(at, limit=15), 4)
    assert sorted(key for _phone, _text, key in provider) == sorted({f"k{i}" for i in range(40)})
    assert sum(claimed for claimed, _sent in outcomes) == 40
    assert states() == ["sent"] * 40


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rival_causes_write_one_row():
    user = make_user()

    def cause(i):
        with transaction.atomic():
            workflow.enqueue(unique_key="late:1", kind="x", title=str(i), to=user)

    assert run_rivals(cause, 20) == [None] * 20
    assert Notice.objects.count() == 1


@pytest.mark.postgres
def test_the_pending_index_serves_the_sweep():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Notice.objects.due(timezone.now()).order_by("deliver_after", "pk")[:500].explain()
    assert "notices_notice_pending" in plan
