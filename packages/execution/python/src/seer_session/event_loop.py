"""The event loop of cells that await."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


class EventLoop:
    """One loop for all cells, so that what one cell starts another can await."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end; when interrupted, cancel it and let it clean up."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        # `asyncio.run` in an earlier cell leaves the thread without a loop.
        asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except BaseException:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    self._loop.run_until_complete(task)
            raise

    def close(self) -> None:
        """Close the loop, with whatever still waits in it."""
        if self._loop is not None:
            self._loop.close()
