"""The whole portal as real processes: first start, second start, ends of every kind."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from hanting.management.commands import portal as command
from hanting.tests.running import Portal, production, production_database

# The first page and a second start are promised in seconds.
pytestmark = [pytest.mark.processes, pytest.mark.alone]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A portal on an empty folder, started once for this file."""
    running = Portal(tmp_path_factory.mktemp("portal") / "var")
    running.first_page_s = running.start()
    yield running
    running.clean_up()


def test_empty_folder_answers_and_tells_how_to_sign_in(portal):
    assert portal.first_page_s < 60
    words = portal.words()
    assert f"The portal: {portal.address}/" in words
    assert "Password of all of them: watch-me-run" in words
    listed = [line.split()[0] for line in words.splitlines() if line.startswith("  demo-")]
    assert listed == [
        "demo-worker",
        "demo-head",
        "demo-secretary",
        "demo-street",
        "demo-district",
        "demo-dispatcher",
        "demo-specialist",
        "demo-steward",
        "demo-admin",
    ]


def test_web_worker_and_beat_are_real_processes(portal):
    words = list(portal.processes().values())
    assert sum("gunicorn" in line for line in words) >= 3
    assert sum(" worker " in line for line in words) == 1
    assert sum(" beat " in line for line in words) == 1


def test_sweep_beats_through_the_queue(portal):
    assert portal.wait_for(lambda: portal.health()["sweep_lag_s"] is not None, 40) is not None
    assert portal.health()["queue"] == "ok"


def test_killed_worker_comes_back(portal):
    before = portal.worker()
    os.kill(before, signal.SIGKILL)
    assert portal.wait_for(lambda: portal.worker() not in {before, None}, 15) is not None
    assert "worker ended (exit code -9); starting it again" in portal.words()


def test_second_portal_on_the_same_folder_refuses_in_words(portal):
    other = subprocess.run(
        [sys.executable, "manage.py", "portal"],
        cwd=settings.BASE_DIR,
        env=portal.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert other.returncode == 1
    assert f"Another portal (process {portal.process.pid}) already runs on" in other.stderr
    assert "Traceback" not in other.stderr


def test_taken_port_is_refused_in_words(portal, tmp_path):
    port = portal.address.rsplit(":", 1)[1]
    other = subprocess.run(
        [sys.executable, "manage.py", "portal"],
        cwd=settings.BASE_DIR,
        env={**portal.env, "HANTING_VAR": str(tmp_path), "PORT": port},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert other.returncode == 1
    assert f"Port {port} is already in use." in other.stderr


def test_sigterm_ends_every_process_in_time_and_second_start_is_fast(portal):
    code, seconds = portal.stop(signal.SIGTERM)
    assert (code, portal.processes()) == (0, {})
    assert seconds <= 20
    # The best of three: a neighbour on the machine may slow one of them.
    best = portal.start()
    for _again in range(2):
        if best > 6:
            portal.stop()
            best = min(best, portal.start())
    assert best <= 6
    # Nothing was loaded again.
    assert portal.words().count("Loading the district") == 1


def test_ctrl_c_ends_every_process_in_time(portal):
    code, seconds = portal.stop(signal.SIGINT)
    assert (code, portal.processes()) == (0, {})
    assert seconds <= 20


def test_killed_supervisor_leaves_no_process(portal):
    portal.start()
    portal.wait_for(portal.worker, 10)
    portal.kill()
    assert portal.gone(5) is not None


@pytest.mark.postgres
@pytest.mark.redis
def test_killed_supervisor_leaves_no_prefork_child(tmp_path):
    """The production shape: sync web workers, prefork pool, PostgreSQL and Redis."""
    with production_database() as url:
        running = Portal(tmp_path / "var", **production(url))
        try:
            running.start(within_s=300)
            pool = running.wait_for(lambda: prefork_children(running) >= 2, 20)
            assert pool is not None, running.words()
            os.kill(running.worker(), signal.SIGKILL)
            assert running.wait_for(lambda: "starting it again" in running.words(), 10) is not None
            assert running.wait_for(lambda: prefork_children(running) >= 2, 20) is not None
            running.kill()
            assert running.gone(5) is not None, running.processes()
        finally:
            running.clean_up()


def prefork_children(running):
    return sum(" worker " in words for words in running.processes().values()) - 1


def test_lock_is_free_again_after_its_holder(tmp_path):
    with command.take_lock(tmp_path / "lock"), pytest.raises(CommandError):
        command.take_lock(tmp_path / "lock")
    command.take_lock(tmp_path / "lock").close()


def test_door_on_a_foreign_address_is_refused_in_words():
    with pytest.raises(CommandError, match="Cannot listen on 192.0.2.1:8000"):
        command.open_door("192.0.2.1", 8000)
