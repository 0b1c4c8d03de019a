"""A PostgreSQL and a Redis of a test's own, to be killed and started again as a machine does it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg2
import redis


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def until(true, within_s, what):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} within {within_s} s")


class Server:
    """A process in a group of its own; `kill` ends all of it at once, `start` brings it back."""

    process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self.answers, 60, f"{type(self).__name__} did not answer")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()


class OwnRedis(Server):
    """A Redis that keeps nothing: what it held is gone with it."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self):
        return ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]

    def answers(self):
        try:
            with redis.from_url(self.url) as client:
                return client.ping()
        except redis.RedisError:
            return False


class OwnPostgres(Server):
    """A PostgreSQL cluster in a folder of its own; a killed one recovers as after a crash.

    The folder lies outside of pytest's, which every run that begins on the machine closes to all
    but root: the server, which refuses to run as root, would not come back.
    """

    def __init__(self):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="hanting-postgres-"))
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        made = [program("initdb"), "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres"]
        subprocess.run(
            [*as_postgres(), *made, "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            capture_output=True,
        )

    def command(self):
        return [
            *as_postgres(), program("postgres"), "-D", f"{self.folder}/data", "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
        ]  # fmt: skip

    def kill(self):
        # The server's own children have groups of their own. Whoever started it for another user
        # is left to bury it: a dead server that nobody has buried still holds its lock file.
        for pid in self.everybody():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not self.everybody(), 20, "PostgreSQL did not die")

    def clean_up(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.folder)

    def everybody(self):
        """Return the process ids of the server and its children."""
        ran = subprocess.run(["pgrep", "-f", f"{self.folder}/data"], capture_output=True, text=True)
        main = [int(pid) for pid in ran.stdout.split()]
        if as_postgres():
            main = [pid for pid in main if pid != self.process.pid]
        children = []
        for pid in main:
            ran = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
            children += [int(child) for child in ran.stdout.split()]
        return {*main, *children}

    def answers(self):
        try:
            psycopg2.connect(self.url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True


def as_postgres():
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def program(name):
    """Return the path of one of PostgreSQL's programs, which Debian keeps off the PATH."""
    found = shutil.which(name)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found and not places:
        raise AssertionError(f"{name} is not on this machine")
    return found or str(places[-1])
