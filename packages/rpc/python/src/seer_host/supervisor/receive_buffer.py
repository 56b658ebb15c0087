"""A reusable buffer for the bytes that a connection has received but not processed."""

from __future__ import annotations

_SIZE = 64 * 1024
_LOW = 16 * 1024


class ReceiveBuffer:
    """A buffer that is filled at its end and emptied from its start."""

    __slots__ = ("data", "end", "start", "view")

    def __init__(self, size: int = _SIZE) -> None:
        self.data = bytearray(size)
        self.view = memoryview(self.data)
        self.start = 0
        self.end = 0

    def get_buffer(self) -> memoryview:
        """The free space for the next bytes; empty only if the whole buffer is unread."""
        if self.start == self.end:
            self.start = self.end = 0
        elif self.start and len(self.data) - self.end < _LOW:
            unread = self.end - self.start
            self.view[:unread] = bytes(self.view[self.start : self.end])
            self.start, self.end = 0, unread
        return self.view[self.end :]

    def take(self, size: int) -> bytes:
        start = self.start
        self.start = start + size
        return bytes(self.view[start : start + size])

    def take_into(self, target: memoryview) -> int:
        """Moves as many bytes as are available and fit, and returns how many."""
        size = min(len(target), self.end - self.start)
        target[:size] = self.view[self.start : self.start + size]
        self.start += size
        return size

    def __len__(self) -> int:
        return self.end - self.start
