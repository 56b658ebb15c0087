"""The supervisor's end of a worker's socket: whole frames, in and out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .intake import Intake
from .wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ..messages import Buffer
    from .poller import Poller


class Link:
    """Frames are a length in four bytes, little-endian, and that many bytes of message."""

    def __init__(
        self,
        end: socket.socket,
        poller: Poller,
        received: Callable[[bytes | bytearray], None],
        lost: Callable[[], None],
    ) -> None:
        self._received = received
        self._lost = lost
        self._intake = Intake(256 * 1024)
        self._large: bytearray | None = None
        self._large_view = memoryview(b"")
        self._filled = 0
        self._closed = False
        self._wire = Wire(end, poller, self)

    def send(self, *parts: Buffer) -> None:
        """Sends one message, given in pieces."""
        size = sum(map(len, parts))
        self._wire.put(size.to_bytes(4, "little") + parts[0])
        for part in parts[1:]:
            self._wire.put(part)

    def space(self) -> memoryview:
        if self._large is not None:
            return self._large_view[self._filled :]
        return self._intake.space()

    def received_into(self, size: int) -> None:
        if self._large is None:
            self._intake.end += size
            self._read()
            return
        self._filled += size
        if self._filled == len(self._large):
            large, self._large = self._large, None
            self._large_view = memoryview(b"")
            self._received(large)

    def _read(self) -> None:
        intake = self._intake
        while True:
            unread = intake.end - intake.start
            if unread < 4:
                return
            start = intake.start
            size = int.from_bytes(intake.data[start : start + 4], "little")
            if unread - 4 >= size:
                intake.start = start + 4
                self._received(intake.take(size))
                continue
            if size >= len(intake.data) // 4:
                try:
                    self._large = bytearray(size)
                except MemoryError:
                    # The rest of what this worker says cannot be read; it is replaced.
                    self.close()
                    return
                intake.start = start + 4
                self._large_view = memoryview(self._large)
                self._filled = intake.take_into(self._large_view)
            return

    def pause_writing(self) -> None:
        """The worker is busy: what is sent to it waits here, as it was accepted."""

    def resume_writing(self) -> None:
        """It has caught up."""

    def close(self) -> None:
        self._closed = True
        self._wire.abort()

    def connection_lost(self, error: OSError | None) -> None:
        if error is not None:
            self._drain()
        self._lost()

    def _drain(self) -> None:
        """Takes what the worker sent before it ended, which a failed write to it leaves unread."""
        with contextlib.suppress(OSError):
            while not self._closed and (size := self._wire.socket.recv_into(self.space())):
                self.received_into(size)
