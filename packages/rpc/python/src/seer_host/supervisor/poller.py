"""The event loop's view of the sockets: busy ones are served at once, and each is written to once."""

from __future__ import annotations

import asyncio
import selectors
import time
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
    """A selector that calls those who watch a socket itself, for as long as there is nothing else to do.

    What they, and whatever else runs in the loop, want written is gathered until all at hand is handled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_wanted = False
        """Whether the loop has something to do, or has been given another time to wake up."""
        self._unflushed: list[Flushable] = []
        self._afterwards: list[Callable[[], None]] = []

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

    def afterwards(self, work: Callable[[], None]) -> None:
        """Does this when everything has been written: what nobody waits for."""
        self._afterwards.append(work)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.is_wanted = False
        end = None if timeout is None else time.monotonic() + timeout
        others: list[tuple[selectors.SelectorKey, int]] = []
        self._settle()
        while not (others or self.is_wanted):
            for event in super().select(timeout):
                key, mask = event
                ready: Any = key.data
                if type(ready) is tuple:
                    others.append(event)  # the loop's own
                else:
                    ready(mask)
            self._settle()
            if end is not None and (timeout := end - time.monotonic()) <= 0:
                break  # the time for one of the loop's timers
        return others

    def _settle(self) -> None:
        self.flush()
        if self._afterwards:
            self._catch_up()

    def flush(self) -> None:
        """Writes what has gathered so far."""
        if not self._unflushed:
            return
        unflushed, self._unflushed = self._unflushed, []
        for flushable in unflushed:
            flushable.flush()

    def _catch_up(self) -> None:
        afterwards, self._afterwards = self._afterwards, []
        for work in afterwards:
            work()


class _Loop(asyncio.SelectorEventLoop):
    """Tells its poller when it is wanted."""

    def __init__(self, poller: Poller) -> None:
        super().__init__(poller)
        self._poller = poller

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        self._poller.is_wanted = True
        return super().call_soon(callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        self._poller.is_wanted = True
        return super().call_at(when, callback, *args, context=context)


def run(main: Callable[[Poller], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine in a loop with such a selector."""
    poller = Poller()
    loop = _Loop(poller)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main(poller))
    finally:
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
