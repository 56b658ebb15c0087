"""Allocates blocks in a region of shared memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .shared_memory import whole_pages

if TYPE_CHECKING:
    from .shared_memory import SharedMemory

_CACHED_BYTES = 64 << 20
"""How much freed memory is kept for the next messages, to avoid page faults."""


class BlockAllocator:
    """Allocates blocks, and frees each one when its last holder has released it."""

    def __init__(self, memory: SharedMemory) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._free: list[tuple[int, int]] = [(0, memory.size)]
        """The start and end of each free range, in order."""
        self._ends: dict[int, int] = {}
        self._holders: dict[int, int] = {}
        self._cached = 0

    def allocate(self, size: int) -> int | None:
        """The offset of a new block with one holder; None if it does not fit or needs over a quarter."""
        if size > self._memory.size // 4:
            return None
        size = whole_pages(size)
        with self._lock:
            # The lowest free range, so that the same memory is reused.
            for index, (start, end) in enumerate(self._free):
                if end - start < size:
                    continue
                self._free[index : index + 1] = [(start + size, end)] if end - start > size else []
                self._ends[start] = start + size
                self._holders[start] = 1
                self._cached = max(0, self._cached - size)
                return start
        return None

    def hold(self, offset: int) -> None:
        with self._lock:
            self._holders[offset] += 1

    def release(self, offset: int) -> None:
        with self._lock:
            self._holders[offset] -= 1
            if self._holders[offset]:
                return
            del self._holders[offset]
            end = self._ends.pop(offset)
            self._cached += end - offset
            if self._cached > _CACHED_BYTES:
                self._cached -= end - offset
                self._memory.free_pages(offset, end - offset)
            self._free = _joined([*self._free, (offset, end)])


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
