"""Runs functions in the network namespace of another process."""

from __future__ import annotations

import _thread
import os
import sys
import time
from _queue import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# linux/sched.h
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

_POLL_SECONDS = 0.002
_CONFIGURED_SECONDS = 10.0


def wait_for_loopback(pid: int) -> None:
    """Waits until bubblewrap has configured the loopback interface of a process.

    bubblewrap reports the PID before that, and fails if another program configures the interface first.
    """
    deadline = time.monotonic() + _CONFIGURED_SECONDS
    while True:
        # The routes of the process's network namespace.
        with open(f"/proc/{pid}/net/fib_trie", "rb") as file:
            if b"127.0.0.1" in file.read():
                return
        if time.monotonic() > deadline:
            raise OSError("bubblewrap did not configure the loopback interface")
        time.sleep(_POLL_SECONDS)


class Namespace:
    """A thread in the network namespace of a process; all other threads stay in the original one.

    Create it before any other thread: only a single-threaded process can enter a user namespace.
    """

    def __init__(self, pid: int) -> None:
        network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        if os.readlink("/proc/self/ns/user") != os.readlink(f"/proc/{pid}/ns/user"):
            # Only a member of the user namespace may change its network.
            _enter(os.open(f"/proc/{pid}/ns/user", os.O_RDONLY), CLONE_NEWUSER)
        self._calls: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()
        self._results: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()
        _thread.start_new_thread(self._answer, ())
        self.run(_enter, network, CLONE_NEWNET)

    def run(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Calls a function in the namespace; returns its result or raises its exception."""
        self._calls.put((function, arguments))
        result, error = self._results.get()
        if error is not None:
            raise error
        return result

    def _answer(self) -> None:
        while True:
            function, arguments = self._calls.get()
            try:
                self._results.put((function(*arguments), None))
            except Exception as error:
                self._results.put((None, error))


def _enter(namespace: int, kind: int) -> None:
    if sys.version_info >= (3, 12):
        os.setns(namespace, kind)
        return
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(namespace, kind) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)} (setns)")
