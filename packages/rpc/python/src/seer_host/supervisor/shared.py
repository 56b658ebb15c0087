"""The memory that the supervisor shares with a worker: large requests on their way, and large results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..arena import Arena
from ..messages import Message, parse_header
from ..places import Places

if TYPE_CHECKING:
    from ..messages import Buffer


_LARGE = 128 * 1024
"""From this size on, a request goes through shared memory."""


class Shared:
    """The memory shared with one worker. What is in use of it when the worker has gone stays readable."""

    def __init__(self, requests_fd: int, results_fd: int) -> None:
        try:
            self._requests = Arena(requests_fd)
            self._results = Arena(results_fd)
        finally:
            os.close(requests_fd)
            os.close(results_fd)
        self._places = Places(self._requests)
        self.is_open = False
        """Whether the worker sees it too."""

    def space(self, size: int) -> memoryview | None:
        """Room for a request that is about to be received, where there is any and it is worth it."""
        if size < _LARGE or not self.is_open:
            return None
        self.worker_forgot(self._requests.forgotten())
        place = self._places.take(size)
        return None if place is None else self._requests.view(place, size)

    def give(self, data: Buffer) -> int | None:
        """The place of a request that lies in shared memory, which the worker is about to be told."""
        place = self._requests.place_of(data)
        if place is not None:
            self._places.hold(place)
        return place

    def worker_forgot(self, places: list[int]) -> None:
        for place in places:
            self._places.let_go(place)

    def read(self, message: Message) -> Message:
        """The message that the worker has left in shared memory, of which this one tells."""
        header: dict[str, Any] = message.header
        place, size = header["place"], header["size"]
        line = message.json()
        return Message(parse_header(line), self._results.view(place, size), len(line))

    @property
    def has_forgotten(self) -> bool:
        return self._results.has_forgotten

    def forgotten_results(self) -> str:
        """What tells the worker, in the header of any message, which results are no longer needed."""
        places = self._results.forgotten()
        return f',"forgotten":{places}'
