"""The worker's side of the memory that it shares with the supervisor for large arguments and results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..messages import Message

if TYPE_CHECKING:
    from ..messages import Buffer


LARGE = 128 * 1024
"""The minimum size of a message that goes through shared memory."""


def open_message_memory(fds: list[int]) -> MessageMemory | None:
    """Maps the memory of these file descriptors; None without descriptors or ctypes."""
    try:
        requests, results = fds
        return MessageMemory(requests, results)
    except (ImportError, OSError, ValueError):
        return None
    finally:
        for fd in fds:
            os.close(fd)


class MessageMemory:
    """The worker's side of the shared memory."""

    def __init__(self, requests_fd: int, results_fd: int) -> None:
        from ..block_allocator import BlockAllocator
        from ..shared_memory import SharedMemory  # needs ctypes

        # Private, because user code may change its arguments and fork.
        self._requests = SharedMemory(requests_fd, private=True)
        self._results = SharedMemory(results_fd)
        self._allocator = BlockAllocator(self._results)

    def read(self, message: Message) -> Message:
        """A message from the supervisor, with its body from shared memory if it is there."""
        header = message.header
        for offset in header.get("released", ()):
            self._allocator.release(offset)
        shared = header.get("shared")
        if shared is None:
            return message
        header |= shared["parts"]
        return Message(header, self._requests.view(shared["offset"], shared["size"]), shared["body"])

    @property
    def has_released(self) -> bool:
        return self._requests.has_released

    def released_message(self) -> bytes:
        """The message that lists the arguments that user code no longer refers to."""
        return f'{{"op":"released","offsets":{self._requests.take_released()}}}\n'.encode()

    def write(self, parts: list[Buffer], size: int) -> list[Buffer]:
        """Writes a message to shared memory; returns a message with its location, or `parts` if full."""
        offset = self._allocator.allocate(size)
        if offset is None:
            return parts
        self._results.fill(offset, parts)
        first = bytes(parts[0])
        line = first[: first.index(b"\n") + 1]
        return [b'{"op":"shared","offset":%d,"size":%d}\n' % (offset, size) + line]

    def before_fork(self) -> None:
        self._requests.pin()
