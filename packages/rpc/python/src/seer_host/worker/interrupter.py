"""Interrupts the call that runs on the main thread."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .context import CallCancelled

if TYPE_CHECKING:
    import asyncio
    from contextlib import AbstractContextManager
    from types import TracebackType

    from .context import CallContext

SIGNAL: int = getattr(signal, "SIGRTMIN", signal.SIGUSR2 - 7) + 7


class MainThreadInterrupter:
    """Interrupts the call on the main thread, but never the next one."""

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        """The task that the main thread's event loop runs, if any."""
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._main = threading.main_thread().ident or 0
        self._context: CallContext | None = None
        self._running_seq = 0
        self._interrupted_seq = 0
        self._last_seq = 0
        self._skipped: set[int] = set()
        self._defer_depth = 0
        self._deferred = False

    def install(self) -> None:
        signal.signal(SIGNAL, self._handle)

    def raise_sigint_in_calls_only(self) -> None:
        """Lets SIGINT, which user code may send, end only the running call and not the worker."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle_sigint)

    def begin(self, context: CallContext) -> bool:
        """Marks a call as running; false if it was cancelled already."""
        seq = context.seq
        with self._lock:
            self._last_seq = seq
            if self._skipped:
                skipped = seq in self._skipped
                self._skipped = {later for later in self._skipped if later > seq}
                if skipped:
                    return False
            self._context = context
            self._running_seq = seq
            return True

    def end(self) -> None:
        """Prevents further interruptions, because the call has ended."""
        self._running_seq = 0

    def cancel(self, seq: int) -> bool:
        """Cancels a call on the main thread; true if it has not started, and so will be skipped."""
        with self._lock:
            if seq > self._last_seq:
                self._skipped.add(seq)
                return True
            if seq == self._running_seq:
                self._interrupted_seq = seq
                signal.pthread_kill(self._main, SIGNAL)
                threading.Thread(target=self._signal_until_handled, args=(seq,), daemon=True).start()
            return False

    def _signal_until_handled(self, seq: int) -> None:
        """Repeats the signal until it is handled, as one just before a blocking system call has no effect."""
        pause = 0.005
        while True:
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
            with self._lock:
                if self._interrupted_seq != seq or self._running_seq != seq:
                    return
                signal.pthread_kill(self._main, SIGNAL)

    def set_thread_interrupter(self, interrupter: AbstractContextManager[None]) -> None:
        """Registers the interrupter of the current thread's call, outside the main thread."""
        self._threads.interrupter = interrupter

    def _handle(self, number: int, frame: Any) -> None:
        # The call may have ended since the signal was sent.
        if not self._running_seq or self._running_seq != self._interrupted_seq:
            return
        if self._defer_depth:
            self._deferred = True
        else:
            self._interrupt()

    def _handle_sigint(self, number: int, frame: Any) -> None:
        if self._running_seq and not self._defer_depth:
            raise KeyboardInterrupt

    def _interrupt(self) -> None:
        self._interrupted_seq = 0
        assert self._context is not None
        self._context.cancelled = True
        # An exception raised in an event loop's own code would be lost, or end other tasks.
        if "asyncio" not in sys.modules or not self._cancel_task():
            raise CallCancelled

    def _cancel_task(self) -> bool:
        """Cancels the task of the main thread's event loop; false if the loop's own code is not running."""
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        assert self._context is not None
        current, task = asyncio.current_task(), self.task or self._context.task
        if task is not None and task.get_loop() is loop:
            if current is task:
                return False
            loop.call_soon_threadsafe(task.cancel)
            return True
        if current is not None:
            return False
        # User code runs this loop, for example with `asyncio.run`.
        loop.call_soon_threadsafe(lambda: [one.cancel() for one in asyncio.all_tasks(loop)])
        return True

    def __enter__(self) -> None:
        """Defers interruptions to the end of the `with` block, so that no message is truncated."""
        if threading.get_ident() == self._main:
            self._defer_depth += 1
        elif (other := self._thread_interrupter()) is not None:
            other.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if threading.get_ident() == self._main:
            self._defer_depth -= 1
            if self._deferred and not self._defer_depth:
                self._deferred = False
                if self._running_seq and self._running_seq == self._interrupted_seq:
                    self._interrupt()
        elif (other := self._thread_interrupter()) is not None:
            other.__exit__(kind, error, at)

    def _thread_interrupter(self) -> AbstractContextManager[None] | None:
        return getattr(self._threads, "interrupter", None)
