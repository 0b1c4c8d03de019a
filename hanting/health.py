"""`/healthz/`: what a monitor and a load balancer ask."""

import os
import time

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.models import Heartbeat
from hanting import env

GRACE_S = 180
LAG_LIMIT_S = 180
LOADED_AT = time.time()


@login_not_required
@never_cache
@require_safe
def healthz(request):
    """Tell the state of the database, the queue and the sweep.

    503 when the database does not answer, or when the sweep is more than three minutes behind and
    the portal has been up for longer than that. A queue that is gone shows itself in the lag, so
    it alone takes no server out of service.
    """
    database, lag = look_at_database()
    answer = {"database": database, "queue": look_at_queue(), "sweep_lag_s": lag}
    late = lag is None or lag > LAG_LIMIT_S
    healthy = database == "ok" and (not late or in_grace(time.time()))
    return JsonResponse(answer, status=200 if healthy else 503)


def look_at_database():
    """Return ("ok" or "gone", seconds since the last sweep or None)."""
    try:
        lag = Heartbeat.objects.lag_s("sweep")
    except DatabaseError:
        return "gone", None
    return "ok", None if lag is None else round(lag)


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
