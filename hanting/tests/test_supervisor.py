"""The supervisor with small real processes: order, return, giving up, ending."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from hanting import supervisor
from hanting.supervisor import Child, Supervisor

SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def child(name, code):
    return Child(name, [sys.executable, "-c", code])


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as handle:
        return handle.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(true, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def watched(monkeypatch):
    """Run a supervisor's loop; each look calls `looks.pop(0)` until none is left, then it stops."""

    def run(*children, looks=(), watcher=None):
        said, steps = [], list(looks)
        surroundings = {"env": dict(os.environ), "cwd": "/", "watcher": watcher}
        boss = Supervisor(list(children), say=said.append, **surroundings)

        def look(seconds):
            real_sleep(seconds)
            if boss.stopping:
                return
            if not steps:
                boss.stopping = True
            elif steps[0](boss):
                steps.pop(0)

        real_sleep = time.sleep
        monkeypatch.setattr(supervisor.time, "sleep", look)
        try:
            return boss.run(), said
        finally:
            monkeypatch.undo()

    return run


def running(*names):
    """A look that is content when exactly these children run."""

    def look(boss):
        up = {c.name for c in boss.children if c.process and c.process.poll() is None}
        return up == set(names)

    return look


def test_supervisor_starts_all_and_ends_all(watched):
    web, worker = child("web", SLEEPER), child("worker", SLEEPER)
    code, said = watched(web, worker, looks=[running("web", "worker")])
    assert (code, said) == (0, [])
    assert not alive(web.process.pid) and not alive(worker.process.pid)


def test_supervisor_brings_a_killed_child_back(watched):
    worker = child("worker", SLEEPER)
    pids = []

    def kill(boss):
        pids.append(worker.process.pid)
        worker.signal(signal.SIGKILL)
        return True

    code, said = watched(
        worker,
        looks=[
            running("worker"),
            kill,
            lambda boss: worker.process is None or worker.process.pid != pids[0],
            running("worker"),
        ],
    )
    assert code == 0
    assert said == ["worker ended (exit code -9); starting it again in 0.5 s."]
    assert worker.process.pid != pids[0]


def test_supervisor_gives_up_a_child_that_cannot_stay(watched, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.1)
    broken, good = child("beat", "raise SystemExit(3)"), child("web", SLEEPER)
    code, said = watched(broken, good, looks=[lambda boss: False])
    assert code == 1
    assert said[-1] == "beat ended 5 times in a minute: giving up."
    assert len(said) == 5
    assert not alive(good.process.pid)


def test_watcher_runs_beside_the_children_and_ends_with_them(watched, monkeypatch):
    monkeypatch.setattr(supervisor, "WATCH_AFTER_S", 0.3)
    web, pids = child("web", SLEEPER), []

    def note(boss):
        pids.append(boss.children[-1].process.pid)
        return True

    # It lets the others start first.
    looks = [running("web"), running("web", "alarm"), note]
    code, said = watched(web, looks=looks, watcher=child("", SLEEPER).command)
    assert (code, said) == (0, [])
    assert not alive(pids[0])


def test_watcher_that_cannot_stay_ends_nobody(watched, monkeypatch):
    monkeypatch.setattr(supervisor, "WATCH_AFTER_S", 0)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.1)
    broken = child("", "raise SystemExit(3)").command
    web = child("web", SLEEPER)
    code, said = watched(
        web, looks=[lambda boss: len(boss.children[-1].starts) > 6], watcher=broken
    )
    assert code == 0
    assert set(said) == {"alarm ended (exit code 3); starting it again in 0.1 s."}


def test_portal_is_watched_unless_told_otherwise():
    boss = Supervisor([], env={}, cwd="/")
    (watcher,) = boss.children
    assert watcher.command[1:] == ["manage.py", "alarm", "--watch"]
    assert not watcher.is_needed and watcher.due > time.monotonic() + 20


def test_supervisor_kills_a_child_that_will_not_end(watched, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_S", 0.5)
    deaf = child("worker", STUBBORN)
    started = []

    def settled(boss):
        started.append(1)
        return len(started) > 10

    code, said = watched(deaf, looks=[running("worker"), settled])
    assert code == 0
    assert deaf.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's request is Linux's own")
def test_supervisor_killed_leaves_no_child(tmp_path):
    script = tmp_path / "boss.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import os, sys
            from hanting.supervisor import Child, Supervisor

            code = {STUBBORN!r}
            children = [Child(name, [sys.executable, "-c", code]) for name in ("a", "b")]
            boss = Supervisor(children, env=dict(os.environ), cwd="/", watcher=None)
            start = Child.start

            def told(child, env, cwd):
                start(child, env, cwd)
                print(child.process.pid, flush=True)

            Child.start = told
            boss.run()
            """
        )
    )
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    boss = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=env)
    pids = [int(boss.stdout.readline()) for _ in range(2)]
    assert all(map(alive, pids))
    boss.kill()
    boss.wait()
    boss.stdout.close()
    assert wait_until(lambda: not any(map(alive, pids)), 5)
