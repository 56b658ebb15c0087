"""Ends processes that user code started and that outlived its worker, even in another session."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from .spawn import workers, workers_lock

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_ROUNDS = 32


def hide() -> None:
    """Denies other processes of this user access to this one's memory and descriptors (Linux only)."""
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Makes this process the parent of its orphaned descendants (Linux only)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def end_orphans(ended: int) -> None:
    """Kills the orphans of a worker that has ended: children of this process that are not workers.

    While other workers run, kills only those in the ended worker's session, as the others may not be its own.
    """
    for _ in range(_ROUNDS):
        with workers_lock:
            children = [(pid, session) for pid, session in _children() if pid not in workers]
            alone = not workers
        orphans = [pid for pid, session in children if alone or session == ended]
        if not orphans:
            return
        for pid in orphans:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)


def reap_orphans() -> None:
    """Reaps orphans that have exited."""
    if not hasattr(os, "waitid"):
        return
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in workers:
                return
            os.waitpid(ended.si_pid, 0)


def _children() -> list[tuple[int, int]]:
    """The PIDs and sessions of the children of this process."""
    own = os.getpid()
    found: list[tuple[int, int]] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # After the name, which may contain anything, come state, parent, group and session.
            _, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(parent) == own:
                found.append((int(entry.name), int(session)))
    return found
