"""Which places of an arena are free."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .arena import whole_pages

if TYPE_CHECKING:
    from .arena import Arena

_READY = 64 << 20
"""How much memory that nothing uses may wait for the next message, which then causes no page faults."""


class Places:
    """Hands out places of an arena, and takes them back when their last holder lets go."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._lock = threading.Lock()
        self._free: list[tuple[int, int]] = [(0, arena.size)]
        """Where each free stretch begins and ends, in order."""
        self._ends: dict[int, int] = {}
        self._holders: dict[int, int] = {}
        self._ready = 0

    def take(self, size: int) -> int | None:
        """A place of this size, held once; none when there is none, or a few such would leave none."""
        if size > self._arena.size // 4:
            return None
        size = whole_pages(size)
        with self._lock:
            # The lowest, so that the same memory is used again and again.
            for index, (start, end) in enumerate(self._free):
                if end - start < size:
                    continue
                self._free[index : index + 1] = [(start + size, end)] if end - start > size else []
                self._ends[start] = start + size
                self._holders[start] = 1
                self._ready = max(0, self._ready - size)
                return start
        return None

    def hold(self, place: int) -> None:
        with self._lock:
            self._holders[place] += 1

    def let_go(self, place: int) -> None:
        with self._lock:
            self._holders[place] -= 1
            if self._holders[place]:
                return
            del self._holders[place]
            end = self._ends.pop(place)
            self._ready += end - place
            if self._ready > _READY:
                self._ready -= end - place
                self._arena.give_back(place, end - place)
            self._free = _joined([*self._free, (place, end)])


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
