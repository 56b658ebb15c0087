"""Processes that the user's code started and that outlived its worker, whatever session they moved to."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 32


def adopt_orphans() -> None:
    """Asks the system to make this process the parent of those, where the system can."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def end_orphans(keep: set[int]) -> None:
    """Kills the children of this process but for those to keep, and theirs, which become its own by that."""
    for _ in range(_ROUNDS):
        orphans = [pid for pid in _children() if pid not in keep]
        if not orphans:
            return
        for pid in orphans:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)


def reap_orphans(keep: set[int]) -> None:
    """Takes note of those that have ended by themselves, so that they do not remain as zombies."""
    if not hasattr(os, "waitid"):
        return
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in keep:
                return
            os.waitpid(ended.si_pid, 0)


def _children() -> list[int]:
    own = os.getpid()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # After the name in brackets, which may hold anything: the state, and the parent.
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == own:
                found.append(int(entry.name))
    return found
