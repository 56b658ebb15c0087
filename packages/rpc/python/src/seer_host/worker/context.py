"""Which call the running code belongs to, and how it can be interrupted."""

from __future__ import annotations

import signal
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from contextlib import AbstractContextManager
    from types import TracebackType


class Cancelled(BaseException):
    """Raised inside a call that is being cancelled."""


class CallContext:
    """What code that runs for a call needs to know of it."""

    __slots__ = ("id", "partial", "reported_at", "seq")

    def __init__(self, call_id: str, seq: int) -> None:
        self.id = call_id
        self.seq = seq
        self.partial: dict[str, str] = {}
        """What has been printed and not sent yet, by stream."""
        self.reported_at = 0.0


current_call: ContextVar[CallContext | None] = ContextVar("seer_call", default=None)

SIGNAL: int = getattr(signal, "SIGRTMIN", signal.SIGUSR2 - 7) + 7


class Interrupter:
    """Interrupts the call that runs on the main thread, and never the one after it."""

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        """What the main thread runs a loop for, when it does."""
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._main = threading.main_thread().ident or 0
        self._running = 0
        self._wanted = 0
        self._last = 0
        self._skipped: set[int] = set()
        self._shields = 0
        self._deferred = False

    def install(self) -> None:
        signal.signal(SIGNAL, self._handle)

    def begin(self, seq: int) -> bool:
        """Says that the main thread begins a call; false when that call has been cancelled."""
        with self._lock:
            self._last = seq
            if self._skipped:
                skipped = seq in self._skipped
                self._skipped = {later for later in self._skipped if later > seq}
                if skipped:
                    return False
            self._running = seq
            return True

    def end(self) -> None:
        """Says that the call is beyond interruption."""
        self._running = 0

    def cancel(self, seq: int) -> bool:
        """Cancels a call of the main thread; true when it will now never begin."""
        with self._lock:
            if seq > self._last:
                self._skipped.add(seq)
                return True
            if seq == self._running:
                self._wanted = seq
                signal.pthread_kill(self._main, SIGNAL)
                threading.Thread(target=self._insist, args=(seq,), daemon=True).start()
            return False

    def _insist(self, seq: int) -> None:
        """Signals again for as long as it has had no effect.

        A signal that comes in the moment before a system call begins to wait does not wake it.
        """
        pause = 0.005
        while True:
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
            with self._lock:
                if self._wanted != seq or self._running != seq:
                    return
                signal.pthread_kill(self._main, SIGNAL)

    def guard_thread(self, guard: AbstractContextManager[None]) -> None:
        """Says what guards the call that the current thread runs, which is not the main one."""
        self._threads.guard = guard

    def _handle(self, number: int, frame: Any) -> None:
        # The call that was meant may have ended since the signal was sent.
        if not self._running or self._running != self._wanted:
            return
        if self._shields:
            self._deferred = True
        else:
            self._interrupt()

    def _interrupt(self) -> None:
        self._wanted = 0
        if (task := self.task) is not None:
            import asyncio  # which few files need, and those have

            if asyncio.current_task(task.get_loop()) is not task:
                # What runs at this moment is the loop itself, or another task.
                task.get_loop().call_soon_threadsafe(task.cancel)
                return
        raise Cancelled

    def __enter__(self) -> None:
        """Inside `with`, no call of this thread is interrupted: half a message must not be sent."""
        if threading.get_ident() == self._main:
            self._shields += 1
        elif (guard := self._guard()) is not None:
            guard.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if threading.get_ident() == self._main:
            self._shields -= 1
            if self._deferred and not self._shields:
                self._deferred = False
                if self._running and self._running == self._wanted:
                    self._interrupt()
        elif (guard := self._guard()) is not None:
            guard.__exit__(kind, error, at)

    def _guard(self) -> AbstractContextManager[None] | None:
        return getattr(self._threads, "guard", None)
