"""Decides which calls wait and which are dispatched to the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RpcError
from .fair_queue import FairQueue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .calls import Call
    from .worker_process import WorkerProcess

SMALL = 64 * 1024
_AHEAD = 4
"""How many calls may be dispatched to the main thread before the first of them has ended."""


class ConcurrencyGroup:
    """Calls that run one after another, or up to `limit` at a time."""

    def __init__(self, limit: int, *, main: bool) -> None:
        self.main = main
        self.limit = limit
        self.queue = FairQueue()
        self.running: dict[int, Call] = {}
        """The dispatched calls by sequence number."""

    def takes(self, call: Call) -> bool:
        """Whether this call can be dispatched now."""
        dispatched = len(self.running)
        if not self.main:
            return dispatched < self.limit
        # Small calls are dispatched early, so that the worker need not wait between calls.
        if dispatched == 0:
            return True
        return dispatched < _AHEAD and call.request is not None and len(call.request.data) < SMALL


class Scheduler:
    """Assigns functions to concurrency groups: one for all non-concurrent ones, and one for each other."""

    def __init__(self) -> None:
        self.main = ConcurrencyGroup(1, main=True)
        self.waiting = 0
        """How many calls are queued."""
        self._groups: dict[str, ConcurrencyGroup] = {}
        self._replaced: list[ConcurrencyGroup] = []
        """Groups of earlier versions of the file, until their last calls have ended."""

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __iter__(self) -> Iterator[ConcurrencyGroup]:
        yield self.main
        for group in self._groups.values():
            if not group.main:
                yield group

    def find(self, function: str) -> ConcurrencyGroup | None:
        return self._groups.get(function)

    def dispatched(self) -> list[Call]:
        """The calls that were dispatched to a worker and have not ended."""
        groups = [*self, *self._replaced] if self._replaced else self
        return [call for group in groups for call in group.running.values()]

    def dispatched_to(self, worker: WorkerProcess | None) -> list[Call]:
        return [call for call in self.dispatched() if call.worker is worker]

    def only_running(self, worker: WorkerProcess) -> Call | None:
        """The call that runs in a worker, if there is exactly one."""
        running = [call for call in self.dispatched_to(worker) if call.state == "running"]
        return running[0] if len(running) == 1 else None

    def wait(self, call: Call, group: ConcurrencyGroup) -> None:
        call.group = group
        group.queue.push(call)
        self.waiting += 1

    def requeue(self, call: Call) -> bool:
        """Returns a call that did not start to the front of its queue; false if its function is gone."""
        group = self.find(call.function)
        if group is None:
            return False
        call.seq, call.worker, call.group = 0, None, group
        group.queue.push_front(call)
        self.waiting += 1
        return True

    def take(self, group: ConcurrencyGroup) -> Call:
        self.waiting -= 1
        return group.queue.pop()

    def withdraw(self, call: Call) -> None:
        if call.group is not None and call.group.queue.remove(call):
            self.waiting -= 1

    def drain(self) -> Iterator[Call]:
        """Removes and yields all waiting calls."""
        for group in self:
            while group.queue:
                yield self.take(group)

    def serve(self, limits: Mapping[str, int]) -> list[Call]:
        """Assigns the functions of a loaded file; returns the waiting calls whose function is gone."""
        waiting = list(self.drain())
        self._replaced = [group for group in (*self, *self._replaced) if group.running]
        self.main = ConcurrencyGroup(1, main=True)
        self._groups = {
            name: self.main if limit == 1 else ConcurrencyGroup(limit, main=False)
            for name, limit in limits.items()
        }
        for call in waiting:
            if group := self.find(call.function):
                self.wait(call, group)
        return [call for call in waiting if call.function not in self._groups]

    def position(self, call: Call) -> int:
        """How many calls must end before this one starts."""
        group = call.group
        if call.state != "waiting" or group is None:
            return 0
        if call.seq:
            return list(group.running).index(call.seq)
        return len(group.running) + group.queue.position(call)

    def unknown(self, function: str) -> RpcError:
        """The error for a function that is not exposed."""
        from difflib import get_close_matches  # imported here because it is slow to import

        near = get_close_matches(function, self._groups, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Exposed are: {', '.join(sorted(self._groups))}."
        return RpcError("unknown-function", f"no function {function[:100]!r} is exposed", hint=hint)
