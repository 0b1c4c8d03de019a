"""Runs a few processes together: starts them, brings a dead one back, ends them all."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from hanting import lifeline

STARTS_A_MINUTE = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10
STOP_S = 18
LOOK_EVERY_S = 0.1
# Tells people when the portal stands still (hanting/alarm.py). It comes after the others have
# started, so that the first page does not wait for it.
WATCHER = (sys.executable, "manage.py", "alarm", "--watch")
WATCH_AFTER_S = 30


@dataclass
class Child:
    """One process to keep alive: its name in messages, its command and descriptors it inherits.

    It starts when the clock passes `due`. One that is not needed is brought back for ever, and
    never a reason to end the others.
    """

    name: str
    command: list
    pass_fds: tuple = ()
    is_needed: bool = True
    process: subprocess.Popen | None = None
    starts: list = field(default_factory=list)
    due: float = 0

    def start(self, env, cwd):
        """Start the process in a group of its own, tied to this supervisor's life."""
        parent = os.getpid()
        self.starts = [at for at in self.starts if at > time.monotonic() - 60]
        self.starts.append(time.monotonic())
        self.process = subprocess.Popen(
            self.command,
            env=env,
            cwd=cwd,
            pass_fds=self.pass_fds,
            stdin=subprocess.DEVNULL,
            # A group of its own: Ctrl-C in a terminal reaches the supervisor alone, which then
            # ends its children in order.
            process_group=0,
            preexec_fn=lambda: lifeline.die_with(parent),
        )

    def signal(self, number):
        """Send a signal to the process itself; one that has ended is left in peace."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_group(self):
        """Kill whatever is left of the process and its own children."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


class Supervisor:
    """Keeps `children` running until SIGINT or SIGTERM arrives or one of them cannot stay up.

    The command `watcher` runs beside them, None for no such thing. `say` receives one sentence
    about everything a person should know. Celery answers Ctrl-C with exit code 1, so while stopping
    no exit code is read as a crash.
    """

    def __init__(self, children, *, env, cwd, say=print, watcher=WATCHER):
        self.children = list(children)
        if watcher:
            due = time.monotonic() + WATCH_AFTER_S
            self.children.append(Child("alarm", list(watcher), is_needed=False, due=due))
        self.env = env
        self.cwd = cwd
        self.say = say
        self.stopping = False

    def run(self):
        """Run until told to stop; return 0 after a signal, 1 when a child would not stay up."""
        handlers = {n: signal.signal(n, self._stop) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self._watch()
        finally:
            self._end()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _stop(self, number, frame):
        self.stopping = True

    def _watch(self):
        while not self.stopping:
            for child in self.children:
                if not self._keep(child):
                    return 1
            time.sleep(LOOK_EVERY_S)
        return 0

    def _keep(self, child):
        """Start the child if it is not running; return False when it has died too often."""
        now = time.monotonic()
        if child.process and child.process.poll() is None:
            return True
        if child.process:
            child.kill_group()
            code, child.process = child.process.returncode, None
            recent = [at for at in child.starts if at > now - 60]
            if len(recent) >= STARTS_A_MINUTE and child.is_needed:
                self.say(f"{child.name} ended {len(recent)} times in a minute: giving up.")
                return False
            pause = min(FIRST_PAUSE_S * 2 ** (len(recent) - 1), LONGEST_PAUSE_S) if recent else 0
            child.due = now + pause
            self.say(f"{child.name} ended (exit code {code}); starting it again in {pause:g} s.")
        if now >= child.due:
            child.start(self.env, self.cwd)
        return True

    def _end(self):
        """Ask every child to end, wait for them together, kill what is left."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        while time.monotonic() < deadline:
            if all(c.process is None or c.process.poll() is not None for c in self.children):
                break
            time.sleep(LOOK_EVERY_S)
        for child in self.children:
            child.kill_group()
            if child.process:
                child.process.wait()
