"""What /healthz/ says, and when it says 503."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from common.models import Heartbeat
from hanting import health, testing


@pytest.fixture
def long_up(monkeypatch):
    monkeypatch.setenv("HANTING_STARTED_AT", str(time.time() - 181))


def beat(seconds_ago):
    Heartbeat.objects.beat("sweep", at=timezone.now() - timedelta(seconds=seconds_ago))


@pytest.mark.django_db
def test_healthz_tells_database_queue_and_lag(client, long_up, django_assert_num_queries):
    beat(12)
    with django_assert_num_queries(1):
        answer = client.get("/healthz/")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "queue": "ok", "sweep_lag_s": 12}
    assert "no-store" in answer["Cache-Control"]


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
    assert answer.json() == {"database": "gone", "queue": "ok", "sweep_lag_s": None}


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
