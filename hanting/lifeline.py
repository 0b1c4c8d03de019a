"""Ties a process to its parent: however the parent dies, the kernel then ends the child."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec a library must not be looked up.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent):
    """Ask the kernel to kill this process when its parent (process id `parent`) dies.

    Only Linux can do this; elsewhere a killed supervisor may leave children, and nothing happens
    here. A parent that died before the request took effect ends this process at once.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
