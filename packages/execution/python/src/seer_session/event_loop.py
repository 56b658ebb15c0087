"""The event loop for cells that contain `await`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class EventLoop:
    """One loop for all cells, so that a cell can await tasks of an earlier one."""

    def __init__(self, on_task: Callable[[asyncio.Task[Any] | None], None]) -> None:
        """`on_task` receives the task to cancel if the cell is interrupted, and None when it has ended."""
        self._on_task = on_task
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine; if interrupted, cancel it and let it clean up."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        # `asyncio.run` in an earlier cell leaves the thread without a loop.
        asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        self._on_task(task)
        try:
            return self._loop.run_until_complete(task)
        except BaseException:
            if task.done():
                # Retrieving the exception keeps the loop from reporting it as never retrieved.
                _ = task.cancelled() or task.exception()
            else:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    self._loop.run_until_complete(task)
            raise
        finally:
            self._on_task(None)

    def close(self) -> None:
        """Close the loop and its pending tasks."""
        if self._loop is not None:
            self._loop.close()
