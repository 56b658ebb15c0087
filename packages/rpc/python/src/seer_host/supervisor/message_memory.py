"""The supervisor's side of the memory that it shares with a worker for large requests and results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..block_allocator import BlockAllocator
from ..messages import Message, parse_header
from ..shared_memory import SharedMemory

if TYPE_CHECKING:
    from ..messages import Buffer


_LARGE = 128 * 1024
"""The minimum size of a request that goes through shared memory."""


class MessageMemory:
    """The memory shared with one worker; results in it stay readable after the worker has exited."""

    def __init__(self, requests_fd: int, results_fd: int) -> None:
        try:
            self._requests = SharedMemory(requests_fd)
            self._results = SharedMemory(results_fd)
        finally:
            os.close(requests_fd)
            os.close(results_fd)
        self._allocator = BlockAllocator(self._requests)
        self.is_open = False
        """Whether the worker has opened it."""

    def allocate(self, size: int) -> memoryview | None:
        """Allocates memory for a request to receive; None if it is small or does not fit."""
        if size < _LARGE or not self.is_open:
            return None
        self.worker_released(self._requests.take_released())
        offset = self._allocator.allocate(size)
        return None if offset is None else self._requests.view(offset, size)

    def hold_for_worker(self, data: Buffer) -> int | None:
        """Keeps a request in shared memory until the worker releases it; returns its offset, if any."""
        offset = self._requests.offset_of(data)
        if offset is not None:
            self._allocator.hold(offset)
        return offset

    def worker_released(self, offsets: list[int]) -> None:
        for offset in offsets:
            self._allocator.release(offset)

    def read(self, message: Message) -> Message:
        """The message in shared memory that this message refers to."""
        header: dict[str, Any] = message.header
        line = message.json()
        return Message(parse_header(line), self._results.view(header["offset"], header["size"]), len(line))

    @property
    def has_released(self) -> bool:
        return self._results.has_released

    def released_field(self) -> str:
        """The header field that lists the results that are no longer needed."""
        return f',"released":{self._results.take_released()}'
