"""gunicorn's settings; machines differ by the variables read here.

Used as `gunicorn --config python:hanting.web hanting.wsgi`. The portal command and systemd start
the web server the same way.
"""

import os
import time

from hanting import env, lifeline

# SQLite has one writer: few processes with threads. PostgreSQL: single-threaded processes, each
# with one lasting connection.
embedded = not env.text("DATABASE_URL")
worker_class = "gthread" if embedded else "sync"
workers = env.number("WEB_WORKERS", 2)
threads = env.number("WEB_THREADS", 4) if embedded else 1
timeout = 60
graceful_timeout = 12
keepalive = 5
# Its default place is one per user: two portals of one user would meet there.
control_socket_disable = True
accesslog = "-" if env.flag("ACCESS_LOG") else None
access_log_format = '%({x-real-ip}i)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
loglevel = "warning"


def on_starting(server):
    """Remember when the portal started: `/healthz/` grants a grace from then on, once."""
    os.environ.setdefault("HANTING_STARTED_AT", str(time.time()))


def post_fork(server, worker):
    """Let no worker outlive its master."""
    lifeline.die_with(worker.ppid)
