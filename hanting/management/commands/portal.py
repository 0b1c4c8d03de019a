"""Starts the whole portal on this machine: web server, background worker and timetable."""

import errno
import fcntl
import os
import socket
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from hanting import env, first_steps
from hanting.supervisor import Child, Supervisor

# Celery warns at every start under root; the README says it once.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker"}


class Command(BaseCommand):
    help = (
        "Run the portal. An empty HANTING_VAR is first filled with the district and a "
        "demonstration. HOST, PORT and HANTING_VAR let several run side by side."
    )
    requires_system_checks = []

    def handle(self, *args, **options):
        host, port = env.text("HOST") or "127.0.0.1", env.number("PORT", 8000)
        lock = take_lock(settings.VAR / "portal.lock")
        door = open_door(host, port)
        port = door.getsockname()[1]
        try:
            first_steps.prepare(var=settings.VAR, say=self.say)
        except KeyboardInterrupt:
            sys.exit(130)
        self.greet(host, port)
        connections.close_all()
        supervisor = Supervisor(
            children(door.fileno()),
            env={**os.environ, "HANTING_VAR": str(settings.VAR), **QUIET},
            cwd=settings.BASE_DIR,
            say=self.say,
        )
        with lock, door:
            code = supervisor.run()
        self.say("The portal has stopped.")
        sys.exit(code)

    def say(self, sentence):
        self.stdout.write(sentence)
        self.stdout.flush()

    def greet(self, host, port):
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
        shown = f"[{shown}]" if ":" in shown else shown
        self.say(f"\nThe portal: http://{shown}:{port}/    (Ctrl-C stops it)")
        if settings.HANTING_DEMONSTRATION:
            self.say(f"Sign in at http://{shown}:{port}/accounts/login/ as")
            for line in first_steps.sign_ins():
                self.say(line)
            self.say(f"Password of all of them: {settings.HANTING_DEMO_PASSWORD}\n")


def take_lock(path):
    """Hold the folder for this process; raise CommandError where another portal runs on it."""
    handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115  held as long as the process runs
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        raise CommandError(
            f"Another portal (process {handle.read().strip() or 'unknown'}) already runs on "
            f"{path.parent}. Stop it, or give this one a folder of its own with HANTING_VAR."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def open_door(host, port):
    """Bind the address here, so that a taken port is a sentence and no restart loop.

    The web server inherits the socket: while it restarts, visitors wait instead of being refused.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is already in use. Choose another one: PORT={port + 1} make run"
            ) from error
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    door.listen(128)
    return door


def children(door):
    """Return the three processes; `door` is the number of the listening socket."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "hanting", "--quiet"]
    pool = ["--pool", "prefork"] if settings.REDIS_URL else ["--pool", "threads"]
    concurrency = ["--concurrency", str(env.number("WORKER_CONCURRENCY", 2))]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    web = ["gunicorn", "--config", "python:hanting.web", "--bind", f"fd://{door}"]
    schedule = ["--schedule", str(settings.VAR / "beat-schedule"), "--pidfile="]
    return [
        Child("web", [*python, *web, "hanting.wsgi"], pass_fds=(door,)),
        Child("worker", [*celery, "worker", *pool, *concurrency, *alone]),
        Child("beat", [*celery, "beat", *schedule]),
    ]
