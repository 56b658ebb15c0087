"""Interrupts concurrent calls, which run in their own threads or as tasks."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

from .context import CallCancelled, CallContext

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType


class ThreadInterrupter:
    """Interrupts a call in its own thread; inside a `with` block, at the end of the block."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._thread = 0
        self._lock = threading.Lock()
        self._depth = 0
        self._deferred = False
        self._ended = False

    def begin(self) -> None:
        """Registers the current thread as the call's; raises CallCancelled if the call was cancelled."""
        with self._lock:
            self._thread = threading.get_ident()
            cancelled = self._context.cancelled
        if cancelled:
            raise CallCancelled

    def end(self) -> None:
        """Prevents further interruptions, because the call has ended."""
        with self._lock:
            self._ended = True

    def cancel(self) -> None:
        with self._lock:
            self._context.cancelled = True
            if self._ended or not self._thread:
                return
            if self._depth:
                self._deferred = True
                return
            # Raised when the thread next runs Python code.
            exception = ctypes.py_object(CallCancelled)
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
            raise CallCancelled


class TaskInterrupter:
    """Interrupts a call that is a task of an event loop in another thread."""

    def __init__(self, context: CallContext, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._loop = loop
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None

    def begin(self) -> None:
        """Registers the current task as the call's; raises CallCancelled if the call was cancelled."""
        import asyncio  # imported here because it is slow to import

        with self._lock:
            self._task = asyncio.current_task()
            cancelled = self._context.cancelled
        if cancelled:
            raise CallCancelled

    def cancel(self) -> None:
        with self._lock:
            self._context.cancelled = True
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
