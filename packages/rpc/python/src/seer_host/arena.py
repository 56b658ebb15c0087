"""Memory that the supervisor shares with its worker, for what is large.

One side knows which places of an arena are free, and fills them. The other is told of a place, looks at it,
and says when it has forgotten it. Through the sockets between them the same bytes would be copied twice more.
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
    from collections.abc import Iterator, Sequence

    from .messages import Buffer

_MAP_FIXED = 0x10


class Arena:
    """An arena as this process sees it."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0)
        self.size = len(self._map)
        self._bytes = memoryview(self._map)
        self._seen: dict[int, weakref.ref[Any]] = {}
        self._forgotten: deque[int] = deque()

    def fill(self, place: int, parts: Sequence[Buffer]) -> None:
        for part in parts:
            end = place + len(part)
            self._bytes[place:end] = part
            place = end

    def view(self, place: int, size: int) -> memoryview:
        """What lies at a place, to be looked at for as long as anything refers to it."""
        block = _block_type(whole_pages(size)).from_buffer(self._map, place)
        block.arena, block.place = self, place
        # An object can end in the midst of anything, so this does no more than take note.
        forget = self._forgotten.append
        self._seen[place] = weakref.ref(block, lambda _: forget(place))
        return memoryview(block).cast("B")[:size]

    def place_of(self, data: Buffer) -> int | None:
        """Where these bytes lie, when they are what `view` gave."""
        block: Any = data.obj if isinstance(data, memoryview) else None
        return block.place if getattr(block, "arena", None) is self else None

    @property
    def has_forgotten(self) -> bool:
        return bool(self._forgotten)

    def forgotten(self) -> list[int]:
        """The places that nothing refers to any more, each told once."""
        places: list[int] = []
        with contextlib.suppress(IndexError):
            while True:
                places.append(self._forgotten.popleft())
        for place in places:
            del self._seen[place]
        return places

    def give_back(self, place: int, size: int) -> None:
        """Leaves the memory of a place to the system."""
        with contextlib.suppress(OSError, AttributeError):
            self._map.madvise(mmap.MADV_REMOVE, place, size)

    # Forks

    def keep(self) -> None:
        """What is looked at now is never forgotten: a child that is about to be forked looks at it too."""
        self._seen.update((block.place, weakref.ref(block)) for block in self._blocks())

    def part(self) -> None:
        """In a forked child: makes what it looks at its own, as a fork does with all other memory."""
        libc: Any = ctypes.CDLL(None)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
        access = mmap.PROT_READ | mmap.PROT_WRITE
        own = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED
        for block in self._blocks():
            data = bytes(block)
            libc.mmap(ctypes.addressof(block), len(data), access, own, -1, 0)
            ctypes.memmove(block, data, len(data))

    def _blocks(self) -> Iterator[Any]:
        for seen in list(self._seen.values()):
            if (block := seen()) is not None:
                yield block


@functools.lru_cache(maxsize=64)
def _block_type(size: int) -> Any:
    # Making a type takes longer than anything else that is done for a message.
    return ctypes.c_ubyte * size


def whole_pages(size: int) -> int:
    return size + -size % mmap.PAGESIZE
