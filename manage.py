#!/usr/bin/env python3
"""The portal's command line; on a bare machine it first makes its own environment."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"


def make_environment():
    """Make .venv and install requirements.txt when Django is missing or the file has changed.

    Uses the standard library only. The stamp holds the hash of what was installed, so that a
    second start costs nothing. Ends with one sentence where Debian's python3-venv is missing.
    """
    wanted = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()
    stamp = VENV / "installed"
    python = VENV / "bin" / "python"
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("Making .venv and installing what the portal needs …", flush=True)
        if not python.exists():
            made = subprocess.run([sys.executable, "-m", "venv", str(VENV)])
            if made.returncode:
                sys.exit("Python cannot make an environment; on Debian: apt install python3-venv")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "-r", str(HERE / "requirements.txt")]).returncode:
            sys.exit("The packages in requirements.txt could not be installed.")
        stamp.write_text(wanted)
    if Path(sys.executable).absolute() != python:
        os.execv(python, [str(python), *sys.argv])


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanting.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        make_environment()
        from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
