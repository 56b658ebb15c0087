"""Finds and ends processes by their parent or session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Makes this process adopt its descendants' orphans, as PID 1 of a namespace does."""
    if sys.platform == "linux":
        # Imported here because it is slow to import and only needed without a PID namespace.
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def hide() -> None:
    """Keeps other processes from tracing this one and opening its descriptors."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class Process:
    def __init__(self, pid: int, parent: int, session: int) -> None:
        self.pid = pid
        self.parent = parent
        self.session = session


def descendants(of: int) -> list[int]:
    """A process's running descendants, parents first."""
    children: dict[int, list[int]] = {}
    for process in _running():
        children.setdefault(process.parent, []).append(process.pid)
    found: list[int] = []
    queue = [of]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def session(of: int) -> list[int]:
    """The running processes of a session, including its leader."""
    return [process.pid for process in _running() if process.session == of]


def end(targets: Callable[[], list[int]], *, grace: float, reap: Callable[[], None]) -> None:
    """Ends all `targets`: SIGTERM, then after `grace` seconds SIGKILL until none is left."""
    for pid in targets():
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    pause = 0.002
    while True:
        reap()
        left = targets()
        if not left:
            return
        if time.monotonic() >= deadline:
            # The next round finds processes that were forked meanwhile.
            for pid in left:
                _signal(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
        if number is signal.SIGTERM:
            # A stopped process handles the signal only after it continues.
            os.kill(pid, signal.SIGCONT)
    except (ProcessLookupError, PermissionError):
        pass


def _running() -> list[Process]:
    if sys.platform != "linux":
        return _running_from_ps()
    found: list[Process] = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as stat:
                # The process name before these fields is in parentheses and may itself contain parentheses.
                state, parent, _group, session = stat.read().rpartition(b")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in (b"Z", b"X"):
            found.append(Process(int(entry), int(parent), int(session)))
    return found


def _running_from_ps() -> list[Process]:
    # Not every ps prints session numbers, so use process groups, which few processes leave.
    with subprocess.Popen(["ps", "-axo", "pid=,ppid=,pgid=,state="], stdout=subprocess.PIPE, text=True) as ps:
        rows = [line.split() for line in ps.communicate()[0].splitlines()]
    return [
        Process(int(pid), int(parent), int(group))
        for pid, parent, group, state in rows
        if not state.startswith("Z") and int(pid) != ps.pid
    ]
