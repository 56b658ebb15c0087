"""What interrupts a call that runs beside others: in a thread of its own, or as a task."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

from .context import Cancelled

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType


class ThreadGuard:
    """Interrupts a call that has a thread to itself; inside `with`, not until after it."""

    def __init__(self) -> None:
        self._thread = 0
        self._lock = threading.Lock()
        self._depth = 0
        self._cancelled = False
        self._deferred = False
        self._over = False

    def begin(self) -> None:
        """Says that the current thread is the call's; raises when it has been cancelled already."""
        with self._lock:
            self._thread = threading.get_ident()
            cancelled = self._cancelled
        if cancelled:
            raise Cancelled

    def end(self) -> None:
        """Says that the call is beyond interruption."""
        with self._lock:
            self._over = True

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._over or not self._thread:
                return
            if self._depth:
                self._deferred = True
                return
            # It is raised when that thread next takes the lock, at the latest.
            exception = ctypes.py_object(Cancelled)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), exception)

    def __enter__(self) -> None:
        with self._lock:
            self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            cancelled = self._deferred and not self._depth
            self._deferred = self._deferred and not cancelled
        if cancelled:
            raise Cancelled


class TaskGuard:
    """Interrupts a call that is a task of a loop in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    def begin(self) -> None:
        """Says that the current task is the call's; raises when it has been cancelled already."""
        import asyncio  # which few files need, and those have

        with self._lock:
            self._task = asyncio.current_task()
            cancelled = self._cancelled
        if cancelled:
            raise Cancelled

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
