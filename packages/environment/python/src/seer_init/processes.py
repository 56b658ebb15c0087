"""Finding and ending processes by their parents."""

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
    """Makes this process the parent of its descendants' orphans, as the first of a PID namespace is."""
    if sys.platform == "linux":
        # Only needed where there is no such namespace, and slow to import.
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def hide() -> None:
    """Keeps other processes from looking into this one, and from taking what it has open."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class Process:
    def __init__(self, pid: int, parent: int, session: int) -> None:
        self.pid = pid
        self.parent = parent
        self.session = session


def descendants(of: int) -> list[int]:
    """The running processes below one, parents first."""
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
    """The running processes of one session, its leader among them."""
    return [process.pid for process in _running() if process.session == of]


def end(targets: Callable[[], list[int]], *, grace: float, reap: Callable[[], None]) -> None:
    """Ends all that `targets` finds: asks, waits up to `grace` seconds, then kills until nothing is left."""
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
            # What one of them forks meanwhile is found in the next round.
            for pid in left:
                _signal(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
        if number is signal.SIGTERM:
            # A stopped process hears nothing until it goes on.
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
                # The name before it is in parentheses and may hold anything, more parentheses too.
                state, parent, _group, session = stat.read().rpartition(b")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in (b"Z", b"X"):
            found.append(Process(int(entry), int(parent), int(session)))
    return found


def _running_from_ps() -> list[Process]:
    # Its sessions are not numbers everywhere; the group of a session's leader is, and few leave it.
    with subprocess.Popen(["ps", "-axo", "pid=,ppid=,pgid=,state="], stdout=subprocess.PIPE, text=True) as ps:
        rows = [line.split() for line in ps.communicate()[0].splitlines()]
    return [
        Process(int(pid), int(parent), int(group))
        for pid, parent, group, state in rows
        if not state.startswith("Z") and int(pid) != ps.pid
    ]
