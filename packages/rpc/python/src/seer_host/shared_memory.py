"""Memory that the supervisor shares with its worker, for large messages.

The writer of a region allocates blocks and fills them. The reader receives a block's offset, reads the block
in place, and reports when nothing refers to it any more. A socket would copy the data two more times.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import mmap
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .messages import Buffer


class SharedMemory:
    """A region of shared memory, mapped into this process."""

    def __init__(self, fd: int, *, private: bool = False) -> None:
        """`private`: changes of this process are invisible to others, and a fork gets a copy."""
        self._private = private
        self._map = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE if private else mmap.MAP_SHARED)
        self.size = len(self._map)
        self._bytes = memoryview(self._map)
        self._viewed: dict[int, weakref.ref[Any]] = {}
        self._released: deque[tuple[int, int]] = deque()

    def fill(self, offset: int, parts: Sequence[Buffer]) -> None:
        for part in parts:
            end = offset + len(part)
            self._bytes[offset:end] = part
            offset = end

    def view(self, offset: int, size: int) -> memoryview:
        """A view of a block; the block is released once nothing refers to it."""
        length = whole_pages(size)
        block = _block_type(length).from_buffer(self._map, offset)
        block.memory, block.offset = self, offset
        # A finalizer may run at any point, so this only records the release.
        release = self._released.append
        self._viewed[offset] = weakref.ref(block, lambda _: release((offset, length)))
        return memoryview(block).cast("B")[:size]

    def offset_of(self, data: Buffer) -> int | None:
        """The offset of a buffer that `view` returned; None for other buffers."""
        block: Any = data.obj if isinstance(data, memoryview) else None
        return block.offset if getattr(block, "memory", None) is self else None

    @property
    def has_released(self) -> bool:
        return bool(self._released)

    def take_released(self) -> list[int]:
        """The offsets of blocks that were released since the last call."""
        offsets: list[int] = []
        with contextlib.suppress(IndexError):
            while True:
                offset, length = self._released.popleft()
                if self._private:
                    # Discard private copies of changed pages, which would hide the next message.
                    self._map.madvise(mmap.MADV_DONTNEED, offset, length)
                offsets.append(offset)
        for offset in offsets:
            del self._viewed[offset]
        return offsets

    def free_pages(self, offset: int, size: int) -> None:
        """Returns the memory of a block to the system."""
        with contextlib.suppress(OSError, AttributeError):
            self._map.madvise(mmap.MADV_REMOVE, offset, size)

    def pin(self) -> None:
        """Keeps all current blocks, because a child that is about to be forked refers to them too."""
        for offset, viewed in list(self._viewed.items()):
            if (block := viewed()) is not None:
                self._viewed[offset] = weakref.ref(block)


@functools.lru_cache(maxsize=64)
def _block_type(size: int) -> Any:
    # Cached, because creating a type takes longer than all other work for a message.
    return ctypes.c_ubyte * size


def whole_pages(size: int) -> int:
    return size + -size % mmap.PAGESIZE
