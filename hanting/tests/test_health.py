"""What /healthz/ says, and when it says 503."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from common.models import Heartbeat
from hanting import health, testing
from notices import workflow
from worktime.models import WorkDay


@pytest.fixture
def long_up(monkeypatch):
    monkeypatch.setenv("HANTING_STARTED_AT", str(time.time() - 181))


def beat(seconds_ago):
    Heartbeat.objects.beat("sweep", at=timezone.now() - timedelta(seconds=seconds_ago))


def settle(days):
    """Settle the working calendar until so many days after today."""
    today = timezone.localdate()
    WorkDay.objects.bulk_create(
        WorkDay(date=today + timedelta(days=number), is_working=True, source="notice")
        for number in range(days + 1)
    )


def leave_waiting(seconds, at=None):
    """Leave a notice in the outbox that was due so many seconds before `at`, now by default."""
    due = (at or timezone.now()) - timedelta(seconds=seconds)
    message = {"kind": "x", "title": "t", "urgent": True, "at": due}
    workflow.enqueue(unique_key="k", phone="+8610000000042", channel="sms", **message)


@pytest.mark.django_db
def test_healthz_tells_figures_and_nothing_else(client, long_up, django_assert_num_queries):
    beat(12)
    settle(120)
    leave_waiting(34)
    with django_assert_num_queries(5):
        answer = client.get("/healthz/")
    assert answer.status_code == 200
    told = answer.json()
    assert 12 <= told.pop("sweep_lag_s") <= 14
    assert 34 <= told.pop("outbox_waiting_s") <= 36
    assert told == {
        "database": "ok",
        "queue": "ok",
        "calendar_days_left": 120,
        "warnings": [],
    }
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lag", "waiting", "days", "warnings"),
    [
        (150, 250, 90, []),
        (190, 0, 90, ["sweep_late"]),
        (1, 310, 90, ["outbox_stuck"]),
        (1, 0, 89, ["calendar_short"]),
        (150, 400, 0, ["outbox_stuck", "calendar_short"]),
    ],
)
def test_healthz_names_what_to_look_at_and_stays_in_service(
    client, monkeypatch, lag, waiting, days, warnings
):
    monkeypatch.setenv("HANTING_STARTED_AT", str(time.time()))
    beat(lag)
    settle(days)
    leave_waiting(waiting)
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()["warnings"]) == (200, warnings)


def test_warnings_begin_at_their_limits():
    def state(*figures):
        return health.State("ok", *figures).warnings()

    assert state(179, 299, 90) == []
    assert state(180, 300, 89) == ["sweep_late", "outbox_stuck", "calendar_short"]
    assert state(None, 0, 90) == ["sweep_late"]
    assert health.State().warnings() == ["database_gone"]


@pytest.mark.django_db
def test_healthz_counts_settled_days_only(client):
    settle(120)
    WorkDay.objects.filter(date=timezone.localdate() + timedelta(days=38)).update(
        is_provisional=True
    )
    assert client.get("/healthz/").json()["calendar_days_left"] == 37


@pytest.mark.django_db
@pytest.mark.parametrize(("lag", "status"), [(179, 200), (182, 503)])
def test_healthz_refuses_a_sweep_three_minutes_late(client, long_up, lag, status):
    beat(lag)
    assert client.get("/healthz/").status_code == status


@pytest.mark.django_db
def test_healthz_without_any_sweep_is_late(client, long_up):
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()["sweep_lag_s"]) == (503, None)


@pytest.mark.django_db
def test_healthz_grants_a_grace_after_start(client, monkeypatch):
    monkeypatch.setenv("HANTING_STARTED_AT", str(time.time() - 170))
    beat(4000)
    assert client.get("/healthz/").status_code == 200


@pytest.mark.django_db
def test_healthz_says_503_when_the_database_is_gone(client):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        answer = client.get("/healthz/")
    assert answer.status_code == 503
    assert answer.json() == {
        "database": "gone",
        "queue": "ok",
        "sweep_lag_s": None,
        "outbox_waiting_s": None,
        "calendar_days_left": None,
        "warnings": ["database_gone"],
    }


@pytest.mark.django_db
def test_healthz_tells_a_lost_queue_but_stays_in_service(client, settings, tmp_path):
    gone = {"data_folder_out": str(tmp_path / "gone")}
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = gone
    beat(12)
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()["queue"]) == (200, "gone")


@pytest.mark.redis
def test_queue_on_redis_is_asked(settings):
    settings.CELERY_BROKER_URL = testing.redis_url()
    assert health.look_at_queue() == "ok"


def test_queue_on_a_silent_redis_is_gone(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert health.look_at_queue() == "gone"


@pytest.mark.django_db
def test_healthz_refuses_post(client):
    assert client.post("/healthz/").status_code == 405
