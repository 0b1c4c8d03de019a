"""Runs every test that this machine can run, and says what it had to leave out."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from django.conf import settings
from django.core.management.base import BaseCommand

from hanting import testing

# The two databases are tested side by side, in two lanes that share nothing. In each lane what
# watches real processes, and what drives a browser, comes after the rest. It does not mind which
# database the test process itself uses: once is enough, unless it asks for PostgreSQL by mark.
# What promises seconds has the machine to itself when both lanes have ended.
WATCHED = "(processes or browser)"
ON_SQLITE = f"not postgres and not {WATCHED}"
ON_POSTGRES = f"not {WATCHED}"
WATCHED_ON_SQLITE = f"{WATCHED} and not postgres and not alone"
WATCHED_ON_POSTGRES = f"{WATCHED} and postgres"
ALONE = "alone and not postgres"
# The one story that must hold in the browser on the production database too.
JOURNEY = ["hanting/tests/browser/test_journey.py"]


class Command(BaseCommand):
    help = (
        "Run all tests: on SQLite always; on PostgreSQL and with Redis where they answer; in the "
        "browser where Chromium is found. With --strict a test left out is a failure."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--strict", action="store_true", help="fail when anything is left out")
        parser.add_argument("paths", nargs="*", help="only these files or folders")

    def handle(self, *args, strict, paths, **options):
        began = time.monotonic()
        left_out = [*self.prepare_browser(), *self.missing_redis()]
        url = os.environ.get("HANTING_TEST_DATABASE_URL") or testing.DATABASE_URL
        lanes = [
            [
                ("SQLite", ON_SQLITE, None, paths),
                ("SQLite, processes and browser", WATCHED_ON_SQLITE, None, paths),
            ]
        ]
        if testing.answers(url, 5432):
            lanes.append(
                [
                    ("PostgreSQL", ON_POSTGRES, url, paths),
                    ("PostgreSQL, processes", WATCHED_ON_POSTGRES, url, paths),
                ]
            )
            if testing.chromium() and not paths:
                lanes[1].append(("PostgreSQL, in the browser", "browser", url, JOURNEY))
        else:
            left_out.append(
                "everything on PostgreSQL: no server answers (HANTING_TEST_DATABASE_URL)"
            )
        codes = self.run_together(lanes, strict)
        codes.append(self.run("the clock, nothing beside them", ALONE, None, paths, None, strict))
        self.stdout.write(f"\nAll runs took {time.monotonic() - began:.0f} s.")
        for sentence in left_out:
            self.stdout.write(f"Left out: {sentence}.")
        if not left_out:
            self.stdout.write("Nothing was left out.")
        # 5 is pytest's word for "no test was chosen", possible only with `paths`.
        failed = any(code not in ({0, 5} if paths else {0}) for code in codes)
        self.stdout.write("Some tests failed." if failed else "All tests that ran have passed.")
        sys.exit(1 if failed or (strict and left_out) else 0)

    def prepare_browser(self):
        """Install the browser's driver where a browser is; return what has to be left out."""
        if not testing.chromium():
            return ["browser tests: no Chromium was found"]
        if not importlib.util.find_spec("playwright"):
            self.stdout.write("Installing the browser driver …")
            listed = str(settings.BASE_DIR / "requirements-e2e.txt")
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "-r", listed]
            if subprocess.run(pip).returncode:
                return ["browser tests: requirements-e2e.txt could not be installed"]
        return []

    def missing_redis(self):
        missing = testing.missing_redis()
        return [f"tests that need Redis: {missing}"] if missing else []

    def run_together(self, lanes, strict):
        """Run the lanes side by side; return the codes of all their runs.

        The first lane is read as it goes, any other one when all have ended.
        """
        with ExitStack() as stack:
            outputs = [stack.enter_context(tempfile.TemporaryFile()) for _lane in lanes[1:]]
            threads = stack.enter_context(ThreadPoolExecutor())
            ways = zip(lanes, [None, *outputs], strict=True)
            running = [threads.submit(self.run_lane, *way, strict) for way in ways]
            codes = [code for each in running for code in each.result()]
            for output in outputs:
                output.seek(0)
                self.stdout.write(output.read().decode("utf-8", "replace"))
        return codes

    def run_lane(self, runs, output, strict):
        """Run pytest for each (title, marks, database, paths), one after another."""
        return [self.run(*each, output, strict) for each in runs]

    def run(self, title, marks, url, paths, output, strict):
        """Run pytest in a process of its own, into `output` or as it goes; return its code."""
        title = f"\n=== Tests on {title}\n"
        if output:
            output.write(title.encode())
            output.flush()
        else:
            self.stdout.write(title)
            self.stdout.flush()
        env = {k: v for k, v in os.environ.items() if k not in SHAPE}
        env["HANTING_TEST_DATABASE_URL"] = url or ""
        command = [sys.executable, "-m", "pytest", "-q", "-m", marks]
        command += ["--nothing-left-out"] if strict else []
        ran = subprocess.run(
            [*command, *paths], env=env, cwd=settings.BASE_DIR, stdout=output, stderr=output
        )
        return ran.returncode


# Variables of a portal on this machine must not reach its tests.
SHAPE = {"DATABASE_URL", "REDIS_URL", "HANTING_VAR", "HANTING_DEMO_PASSWORD", "PORT", "HOST"}
