"""The event loop's view of the sockets: busy ones are served at once, and each is written to once."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

T = TypeVar("T")


class Flushable(Protocol):
    """Has gathered something that is to be written."""

    def flush(self) -> None: ...


class Poller(selectors.DefaultSelector):
    """A selector that calls those who watch a socket itself, rather than have the loop queue them first.

    What they, and whatever else runs in the loop, want written is gathered until all at hand is handled.
    """

    def __init__(self) -> None:
        super().__init__()
        self._unflushed: list[Flushable] = []

    def watch(self, fd: int, events: int, ready: Callable[[int], None]) -> None:
        """Calls back with the events that have happened, from now on, until `unwatch`."""
        self.register(fd, events, ready)

    def watch_for(self, fd: int, events: int) -> None:
        """Changes what is watched for."""
        self.modify(fd, events, self.get_key(fd).data)

    def unwatch(self, fd: int) -> None:
        self.unregister(fd)

    def flush_soon(self, flushable: Flushable) -> None:
        self._unflushed.append(flushable)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._unflushed:
            self._flush()
            timeout = 0  # whoever could not write may have left something for the loop to do
        others: list[tuple[selectors.SelectorKey, int]] = []
        for event in super().select(timeout):
            key, mask = event
            ready: Any = key.data
            if type(ready) is tuple:
                others.append(event)  # the loop's own
            else:
                ready(mask)
        if self._unflushed:
            self._flush()
        return others

    def _flush(self) -> None:
        unflushed, self._unflushed = self._unflushed, []
        for flushable in unflushed:
            flushable.flush()


def run(main: Callable[[Poller], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine in a loop with such a selector."""
    poller = Poller()
    loop = asyncio.SelectorEventLoop(poller)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main(poller))
    finally:
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
