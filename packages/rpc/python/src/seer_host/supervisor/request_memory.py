"""Limits the memory that large requests use."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from ..errors import RpcError

if TYPE_CHECKING:
    from ..messages import Buffer

_LARGE = 128 * 1024
"""Smaller messages are not counted."""


class RequestMemory:
    """Counts the memory of all large requests against one limit, until they are freed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0

    def take(self, size: int) -> None:
        """Counts `size` more bytes; raises too-large."""
        if self._used + size > self._limit:
            raise RpcError(
                "too-large",
                f"large requests may use at most {self._limit} bytes together",
                hint="Try again when other requests have been answered.",
            )
        self._used += size

    def give_back(self, size: int) -> None:
        self._used -= size

    def allocate(self, size: int) -> Buffer:
        """Allocates memory for a request, which `filled` counts; raises MemoryError."""
        return allocate(size, lambda: _Counted(self, size))

    def filled(self, buffer: Buffer, size: int) -> None:
        """Counts `size` more received bytes of a request; raises too-large."""
        counted = buffer.obj if isinstance(buffer, memoryview) else None
        if isinstance(counted, _Counted):
            self.take(size)
            counted.filled += size


def allocate(size: int, make: Any = None) -> Buffer:
    """Allocates memory for a message; a large one uses pages only as they are filled. Raises MemoryError."""
    if size < _LARGE:
        return bytearray(size)
    try:
        return memoryview(mmap.mmap(-1, size) if make is None else make())
    except (OSError, ValueError, OverflowError):
        raise MemoryError from None


class _Counted(mmap.mmap):
    """Memory that is no longer counted once the last view of it is gone."""

    memory: RequestMemory
    filled = 0

    def __new__(cls, memory: RequestMemory, size: int) -> _Counted:
        counted = super().__new__(cls, -1, size)
        counted.memory = memory
        return counted

    def __del__(self) -> None:
        # Also called if `mmap` failed, when nothing has been counted.
        if self.filled:
            self.memory.give_back(self.filled)
