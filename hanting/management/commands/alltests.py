"""Runs every test that this machine can run, and says what it had to leave out."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

from django.conf import settings
from django.core.management.base import BaseCommand

from hanting import testing

# What needs the machine for itself comes after the rest, one by one: real processes are watched
# with a clock in the hand. They do not mind which database the test process itself uses: once is
# enough, unless they ask for PostgreSQL by mark.
ALONE = "(processes or browser)"
ON_SQLITE = f"not postgres and not {ALONE}"
ON_POSTGRES = f"not {ALONE}"
ALONE_ON_SQLITE = f"{ALONE} and not postgres"
ALONE_ON_POSTGRES = f"{ALONE} and postgres"
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
        first, then = [("SQLite", ON_SQLITE, None, paths)], []
        then.append(("SQLite, processes and browser", ALONE_ON_SQLITE, None, paths))
        if testing.answers(url, 5432):
            first.append(("PostgreSQL", ON_POSTGRES, url, paths))
            then.append(("PostgreSQL, processes", ALONE_ON_POSTGRES, url, paths))
            if testing.chromium() and not paths:
                then.append(("PostgreSQL, in the browser", "browser", url, JOURNEY))
        else:
            left_out.append(
                "everything on PostgreSQL: no server answers (HANTING_TEST_DATABASE_URL)"
            )
        codes = self.run_together(first, strict)
        codes += [code for each in then for code in self.run_together([each], strict)]
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

    def run_together(self, runs, strict):
        """Run pytest once for each (title, marks, database, paths), side by side; return the codes.

        The first one is read as it goes, the others when they have ended.
        """
        with ExitStack() as stack:
            begun = []
            for title, marks, url, paths in runs:
                output = stack.enter_context(tempfile.TemporaryFile()) if begun else None
                if output is None:
                    self.say_title(title)
                begun.append((title, self.begin(marks, url, strict, paths, output), output))
            return [self.end(*each) for each in begun]

    def end(self, title, process, output):
        """Wait for a run and print what it has said meanwhile; return its exit code."""
        code = process.wait()
        if output is not None:
            self.say_title(title)
            output.seek(0)
            self.stdout.write(output.read().decode("utf-8", "replace"))
        return code

    def say_title(self, title):
        self.stdout.write(f"\n=== Tests on {title}")
        self.stdout.flush()

    def begin(self, marks, url, strict, paths, output):
        """Start one run of pytest in a process of its own."""
        env = {k: v for k, v in os.environ.items() if k not in SHAPE}
        env["HANTING_TEST_DATABASE_URL"] = url or ""
        if output:
            # Two runs at a time share no files.
            env["HANTING_VAR"] = str(settings.VAR / "tests-beside")
        command = [sys.executable, "-m", "pytest", "-q", "-m", marks]
        command += ["--nothing-left-out"] if strict else []
        return subprocess.Popen(
            [*command, *paths],
            env=env,
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )


# Variables of a portal on this machine must not reach its tests.
SHAPE = {"DATABASE_URL", "REDIS_URL", "HANTING_VAR", "HANTING_DEMO_PASSWORD", "PORT", "HOST"}
