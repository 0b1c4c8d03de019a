"""`/healthz/`: what a monitor and a load balancer ask."""

import os
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.models import Heartbeat
from hanting import env
from notices.reports import waiting_s
from worktime.reports import coverage

GRACE_S = 180
LAG_LIMIT_S = 180
# A worker that died holds its notices for three minutes; only then another one may send them.
OUTBOX_LIMIT_S = 300
# The next year's working days are published early in November.
CALENDAR_DAYS = 90
LOADED_AT = time.time()


@dataclass(frozen=True)
class State:
    """What the database tells: no more than figures, fit for strangers; None where unknown."""

    database: str = "gone"
    sweep_lag_s: int | None = None
    outbox_waiting_s: int | None = None
    calendar_days_left: int | None = None

    def warnings(self):
        """Name what a person should look at: sweep_late, outbox_stuck, calendar_short."""
        if self.database != "ok":
            return ["database_gone"]
        late = self.sweep_lag_s is None or self.sweep_lag_s >= LAG_LIMIT_S
        found = {
            "sweep_late": late,
            "outbox_stuck": self.outbox_waiting_s >= OUTBOX_LIMIT_S,
            "calendar_short": self.calendar_days_left < CALENDAR_DAYS,
        }
        return [name for name, is_so in found.items() if is_so]


@login_not_required
@never_cache
@require_safe
def healthz(request):
    """Tell the state of the database, the queue, the sweep, the outbox and the calendar.

    503 when the database does not answer, or when the sweep is more than three minutes behind and
    the portal has been up for longer than that. A queue that is gone shows itself in the lag, so
    it alone takes no server out of service. Nor does anything else, but `warnings` names it.
    """
    state = look_at_database()
    answer = {
        "database": state.database,
        "queue": look_at_queue(),
        "sweep_lag_s": state.sweep_lag_s,
        "outbox_waiting_s": state.outbox_waiting_s,
        "calendar_days_left": state.calendar_days_left,
        "warnings": state.warnings(),
    }
    late = state.sweep_lag_s is None or state.sweep_lag_s > LAG_LIMIT_S
    healthy = state.database == "ok" and (not late or in_grace(time.time()))
    return JsonResponse(answer, status=200 if healthy else 503)


def look_at_database(at=None):
    """Return the State at `at`, now by default; a database that does not answer is "gone"."""
    try:
        lag = Heartbeat.objects.lag_s("sweep", at=at)
        return State(
            database="ok",
            sweep_lag_s=None if lag is None else round(lag),
            outbox_waiting_s=waiting_s(at),
            calendar_days_left=coverage(at).days_left,
        )
    except DatabaseError:
        return State()


def look_at_queue():
    """Return "ok" when the broker takes messages, else "gone"."""
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]
        return "ok" if os.access(folder, os.W_OK) else "gone"
    try:
        with redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=1
        ) as client:
            client.ping()
    except redis.RedisError:
        return "gone"
    return "ok"


def in_grace(now):
    """Whether the portal, whose web server noted its start, is younger than the grace."""
    return now - float(env.text("HANTING_STARTED_AT") or LOADED_AT) < GRACE_S
