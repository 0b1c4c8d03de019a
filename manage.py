#!/usr/bin/env python3
"""The portal's command line; on a bare machine it first makes its own environment."""

import hashlib
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
REQUIREMENTS = HERE / "requirements.txt"
PINNED = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)")


def is_ready(requirements):
    """Whether this Python has every package of the file in the pinned version."""
    for line in requirements.read_text("utf-8").splitlines():
        pinned = PINNED.match(line)
        try:
            if pinned and version(pinned[1]) != pinned[2]:
                return False
        except PackageNotFoundError:
            return False
    return True


def make_environment():
    """Make .venv, install requirements.txt if it has changed, and go on in that environment.

    Uses the standard library only. The stamp holds the hash of what was installed, so that a
    second start costs nothing. Ends with one sentence where Debian's python3-venv is missing.
    """
    # Ends a running pip with this process, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / "installed"
    python = VENV / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("Making .venv and installing what the portal needs …", flush=True)
        if not python.exists():
            made = subprocess.run([sys.executable, "-m", "venv", str(VENV)])
            if made.returncode:
                sys.exit("Python cannot make an environment; on Debian: apt install python3-venv")
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        if subprocess.run([*pip, "-r", str(REQUIREMENTS)]).returncode:
            sys.exit("The packages in requirements.txt could not be installed.")
        stamp.write_text(wanted)
    if Path(sys.executable).absolute() != python:
        os.execv(python, [str(python), *sys.argv])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanting.settings")
    if not is_ready(REQUIREMENTS):
        try:
            make_environment()
        except KeyboardInterrupt:
            sys.exit(130)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
