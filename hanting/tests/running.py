"""Starts the real portal in a folder of its own, for tests that watch whole processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import redis
from django.conf import settings
from django.db import connection

from hanting import lifeline, testing
from hanting.secrets import new_key

# Nothing of the test run's own settings reaches the portal under test.
NOT_PASSED_ON = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "HOST", "PORT"}


class Portal:
    """A running portal: `address` answers after `start()`; `stop()` or `kill()` ends it."""

    def __init__(self, var, **variables):
        self.var = Path(var)
        self.env = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
        self.env |= {"HANTING_VAR": str(var), "PORT": "0", "HANTING_DEMO_PASSWORD": "watch-me-run"}
        self.env |= variables
        self.process = None
        self.address = None

    def start(self, *, within_s=90):
        """Start it and wait for the first page; return the seconds that took."""
        began, parent = time.monotonic(), os.getpid()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "portal"],
                cwd=settings.BASE_DIR,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A test run that is killed leaves no portal behind.
                preexec_fn=lambda: lifeline.die_with(parent),
            )
        begins = self.log.stat().st_size
        while time.monotonic() - began < within_s:
            if self.process.poll() is not None:
                raise AssertionError(f"the portal ended:\n{self.words()}")
            found = re.findall(r"http://[\d.]+:\d+", self.words(begins))
            if found:
                self.address = found[-1]
                if self.status("/") == 200:
                    return time.monotonic() - began
            time.sleep(0.1)
        raise AssertionError(f"no first page within {within_s} s:\n{self.words()}")

    @property
    def log(self):
        self.var.mkdir(exist_ok=True)
        return self.var.parent / f"{self.var.name}.log"

    def words(self, begins=0):
        return self.log.read_bytes()[begins:].decode("utf-8", "replace")

    def status(self, path):
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def health(self):
        with urllib.request.urlopen(self.address + "/healthz/", timeout=30) as answer:
            return json.load(answer)

    def ask(self, code, *, within_s=60):
        """Run Python in the portal's own surroundings; return what it printed as JSON."""
        ran = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code],
            cwd=settings.BASE_DIR,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=within_s,
        )
        if ran.returncode:
            raise AssertionError(ran.stderr)
        return json.loads(ran.stdout.splitlines()[-1])

    def processes(self):
        """Return {pid: command line} of every living process that works on this folder."""
        found = {}
        mark = f"HANTING_VAR={self.var}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if words:
                        found[int(entry.name)] = words
            except OSError:
                continue
        return found

    def worker(self):
        """Return the process id of the background worker (the oldest, not a pool child)."""
        pids = [pid for pid, words in self.processes().items() if " worker " in words]
        return min(pids, default=None)

    def wait_for(self, true, within_s):
        """Wait until `true()`; return the seconds that took, or None when time ran out."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if true():
                return time.monotonic() - began
            time.sleep(0.1)
        return None

    def gone(self, within_s):
        return self.wait_for(lambda: not self.processes(), within_s)

    def stop(self, number=signal.SIGTERM):
        """Ask it to end; return the exit code and the seconds until every process was gone."""
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self.gone(5)
        return code, time.monotonic() - began

    def kill(self):
        """Kill the supervisor alone, as a machine short of memory does."""
        self.process.kill()
        self.process.wait()

    def clean_up(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


class production_database:
    """Makes a database of its own beside the tests' and drops it afterwards."""

    def __enter__(self):
        self.name = f"hanting_portal_{os.getpid()}"
        self.run(f"CREATE DATABASE {self.name} LC_CTYPE 'C.UTF-8' TEMPLATE template0")
        base = os.environ["HANTING_TEST_DATABASE_URL"].rsplit("/", 1)[0]
        return f"{base}/{self.name}"

    def __exit__(self, *exc):
        self.run(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        with redis.from_url(testing.redis_url()) as client:
            for key in client.scan_iter(f"*{prefix()}*"):
                client.delete(key)

    def run(self, sql):
        given = connection.settings_dict
        other = psycopg2.connect(
            host=given["HOST"],
            port=given["PORT"] or None,
            user=given["USER"],
            password=given["PASSWORD"] or None,
            dbname="postgres",
        )
        other.autocommit = True
        try:
            with other.cursor() as cursor:
                cursor.execute(sql)
        finally:
            other.close()


def prefix():
    return f"hanting-test-{os.getpid()}:"


def production(url):
    """Variables of the production shape, with demonstration data and without TLS."""
    return {
        "DATABASE_URL": url,
        "REDIS_URL": testing.redis_url(),
        # Other portals and tests may use the same server at the same time.
        "REDIS_PREFIX": prefix(),
        "SECRET_KEY": new_key() + new_key(),
        "INDEX_KEY": new_key(),
        "AUDIT_KEY": new_key(),
        "FIELD_KEYS": f"1:{new_key()}",
        "HANTING_DEMONSTRATION": "1",
        # Collected and compressed once for the whole run.
        "STATIC_ROOT": str(settings.VAR / "production-static"),
        "HTTPS": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
