"""Runs every test that this machine can run, and says what it had to leave out."""

import importlib.util
import os
import subprocess
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand

from hanting import testing

# Real processes and browsers do not mind which database the test process itself uses: once is
# enough, unless they ask for PostgreSQL by mark.
ON_SQLITE = "not postgres"
ON_POSTGRES = "postgres or not (processes or browser)"
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
        codes = [self.run("SQLite", ON_SQLITE, None, strict, paths)]
        if testing.answers(url, 5432):
            codes.append(self.run("PostgreSQL", ON_POSTGRES, url, strict, paths))
            if testing.chromium() and not paths:
                title = "PostgreSQL, in the browser"
                codes.append(self.run(title, "browser", url, strict, JOURNEY))
        else:
            left_out.append(
                "everything on PostgreSQL: no server answers (HANTING_TEST_DATABASE_URL)"
            )
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

    def run(self, title, marks, url, strict, paths):
        """Run pytest once in a process of its own; return its exit code."""
        self.stdout.write(f"\n=== Tests on {title}")
        self.stdout.flush()
        env = {k: v for k, v in os.environ.items() if k not in SHAPE}
        env["HANTING_TEST_DATABASE_URL"] = url or ""
        command = [sys.executable, "-m", "pytest", "-q", "-m", marks]
        command += ["--nothing-left-out"] if strict else []
        return subprocess.run([*command, *paths], env=env, cwd=settings.BASE_DIR).returncode


# Variables of a portal on this machine must not reach its tests.
SHAPE = {"DATABASE_URL", "REDIS_URL", "HANTING_VAR", "HANTING_DEMO_PASSWORD", "PORT", "HOST"}
