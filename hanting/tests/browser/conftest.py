"""A browser for the whole folder; for every test a town, a live server and phones to visit it."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from hanting import testing
from hanting.tests.browser.portal import Portal
from hanting.tests.browser.town import build_town
from hanting.tests.browser.visits import Visit
from hanting.tests.remembered import remembered

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000


@pytest.fixture(scope="package")
def browser():
    """The machine's own Chromium, driven by Playwright."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=testing.chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def town(transactional_db):
    return remembered(build_town)


@pytest.fixture
def pictures():
    """The folder for pictures of every step, None unless HANTING_TEST_PICTURES names one."""
    folder = os.environ.get("HANTING_TEST_PICTURES")
    return Path(folder) if folder else None


@pytest.fixture
def visit(browser, live_server, town, pictures):
    """Return a function that opens a browser of one's own: its cookies are nobody else's.

    At the end no page may have raised an error in a script or asked another host for anything.
    """
    contexts, errors, foreign = [], [], []
    ours = urlsplit(live_server.url).netloc

    def watch(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != ours:
            foreign.append(request.url)

    def open_visit(*, scripts=True, desk=False, **options):
        context = browser.new_context(
            base_url=live_server.url,
            java_script_enabled=scripts,
            viewport=DESK if desk else PHONE,
            is_mobile=not desk,
            has_touch=not desk,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("request", watch)
        contexts.append(context)
        return Visit(context, town, pictures)

    yield open_visit
    for context in contexts:
        context.close()
    assert (errors, foreign) == ([], [])


@pytest.fixture
def portal(browser, live_server, town, pictures):
    """A server, its town with a matter in each state, and visits that are measured."""
    portal = Portal(browser, live_server, town, pictures)
    yield portal
    portal.close()
