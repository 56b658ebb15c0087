"""Which calls wait, and which the worker has been given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RpcError
from .queue import FairQueue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .calls import Call

SMALL = 64 * 1024
_AHEAD = 4
"""How many calls the worker may have been given before it has answered the first of them."""


class Lane:
    """Calls that run one after another, or up to `limit` at a time."""

    def __init__(self, limit: int, *, main: bool) -> None:
        self.main = main
        self.limit = limit
        self.queue = FairQueue()
        self.running: dict[int, Call] = {}
        """The calls that the worker has been given, by their numbers."""

    def takes(self, call: Call) -> bool:
        """Whether the worker can be given this call now."""
        given = len(self.running)
        if not self.main:
            return given < self.limit
        # Small calls are given ahead of time, so that the worker need not wait for the supervisor.
        if given == 0:
            return True
        return given < _AHEAD and call.request is not None and len(call.request.data) < SMALL


class Lanes:
    """The lane of each function: one for all that run alone, one for each that runs beside others."""

    def __init__(self) -> None:
        self.main = Lane(1, main=True)
        self.waiting = 0
        """Calls that the worker has not been given."""
        self._lanes: dict[str, Lane] = {}

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def __iter__(self) -> Iterator[Lane]:
        yield self.main
        for lane in self._lanes.values():
            if not lane.main:
                yield lane

    def find(self, function: str) -> Lane | None:
        return self._lanes.get(function)

    def of(self, call: Call) -> Lane:
        return self._lanes.get(call.function, self.main)

    def given(self) -> list[Call]:
        """The calls that the worker has been given."""
        return [call for lane in self for call in lane.running.values()]

    def only_running(self) -> Call | None:
        """The call that runs, when exactly one does."""
        running = [call for call in self.given() if call.state == "running"]
        return running[0] if len(running) == 1 else None

    def wait(self, call: Call, lane: Lane) -> None:
        lane.queue.push(call)
        self.waiting += 1

    def wait_again(self, call: Call, lane: Lane) -> None:
        """Puts back, before all others, a call that was given to a worker in vain."""
        call.seq = 0
        lane.queue.push_front(call)
        self.waiting += 1

    def take(self, lane: Lane) -> Call:
        self.waiting -= 1
        return lane.queue.pop()

    def withdraw(self, call: Call) -> None:
        if self.of(call).queue.remove(call):
            self.waiting -= 1

    def drain(self) -> Iterator[Call]:
        """Takes every call that waits."""
        for lane in self:
            while lane.queue:
                yield self.take(lane)

    def serve(self, limits: Mapping[str, int]) -> list[Call]:
        """Makes the lanes of a file that was loaded; gives the waiting calls whose functions are no more."""
        waiting = list(self.drain())
        self.main = Lane(1, main=True)
        self._lanes = {
            name: self.main if limit == 1 else Lane(limit, main=False) for name, limit in limits.items()
        }
        for call in waiting:
            if lane := self.find(call.function):
                self.wait(call, lane)
        return [call for call in waiting if call.function not in self._lanes]

    def position(self, call: Call) -> int:
        """How many calls must end before this one begins."""
        if call.state != "waiting":
            return 0
        lane = self.of(call)
        if call.seq:
            return list(lane.running).index(call.seq)
        return len(lane.running) + lane.queue.position(call)

    def unknown(self, function: str) -> RpcError:
        """The error for a function that is not exposed."""
        from difflib import get_close_matches  # only when something is wrong, for a quick start

        near = get_close_matches(function, self._lanes, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Exposed are: {', '.join(sorted(self._lanes))}."
        return RpcError("unknown-function", f"no function {function[:100]!r} is exposed", hint=hint)
