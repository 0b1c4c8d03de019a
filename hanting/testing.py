"""What the test runs share: which services answer, and words about what had to be left out.

A test that needs PostgreSQL, Redis or Chromium carries a mark. Where the thing is missing the
test is deselected, never skipped, and the summary says so; with `--nothing-left-out` that and
any skipped test make the run fail.
"""

import importlib.util
import os
import shutil
import socket
import sys
from collections import Counter
from urllib.parse import urlsplit

import pytest

DATABASE_URL = "postgres://postgres@127.0.0.1:5432/hanting"
REDIS_URL = "redis://127.0.0.1:6379/9"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Playwright's synchronous interface runs an event loop in the thread that also uses the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def answers(url, default_port):
    """Return whether somebody listens at the host and port of `url`."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port or default_port), timeout=2):
            return True
    except OSError:
        return False


def redis_url():
    return os.environ.get("HANTING_TEST_REDIS_URL") or REDIS_URL


def chromium():
    """Return the path of the machine's Chromium, or None."""
    chosen = os.environ.get("HANTING_TEST_CHROMIUM")
    return chosen or next(filter(None, map(shutil.which, BROWSERS)), None)


def missing_postgres():
    url = os.environ.get("HANTING_TEST_DATABASE_URL")
    if not url:
        return "this run uses SQLite; HANTING_TEST_DATABASE_URL names a PostgreSQL server"
    return None if answers(url, 5432) else f"no PostgreSQL answers at {urlsplit(url).hostname}"


def missing_redis():
    return None if answers(redis_url(), 6379) else f"no Redis answers at {redis_url()}"


def missing_browser():
    if not importlib.util.find_spec("playwright"):
        return "requirements-e2e.txt is not installed"
    return None if chromium() else "no Chromium was found"


def missing_processes():
    return None if sys.platform == "linux" else "only Linux ends orphans by itself"


NEEDS = {
    "postgres": ("PostgreSQL", missing_postgres),
    "redis": ("Redis", missing_redis),
    "browser": ("Chromium", missing_browser),
    "processes": ("Linux processes", missing_processes),
}


def pytest_addoption(parser):
    parser.addoption(
        "--nothing-left-out",
        action="store_true",
        help="fail when a test is skipped or left out because something is missing",
    )


def pytest_configure(config):
    config.stash[LEFT_OUT] = Counter()


LEFT_OUT = pytest.StashKey[Counter]()


def reason(item, cache):
    """Return (name of the missing thing, why) or None when the test can run."""
    for mark, (name, why) in NEEDS.items():
        if item.get_closest_marker(mark):
            if mark not in cache:
                cache[mark] = why()
            if cache[mark]:
                return name, cache[mark]
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Deselect what cannot run here; last, so that `-m` and `-k` have chosen before."""
    kept, gone, cache = [], [], {}
    for item in items:
        why = reason(item, cache)
        if why:
            gone.append(item)
            config.stash[LEFT_OUT][why] += 1
        else:
            kept.append(item)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = kept


def pytest_terminal_summary(terminalreporter, config):
    for (name, why), count in config.stash[LEFT_OUT].items():
        terminalreporter.write_line(f"Left out: {count} tests that need {name}: {why}.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if not session.config.getoption("--nothing-left-out"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter and reporter.stats.get("skipped")
    if (session.config.stash[LEFT_OUT] or skipped) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
