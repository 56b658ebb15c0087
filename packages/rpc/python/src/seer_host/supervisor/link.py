"""The supervisor's end of a worker's socket: whole frames, in and out."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from .intake import Intake
from .outbox import Outbox

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ..messages import Buffer
    from .outbox import Batch


class Link(asyncio.BufferedProtocol):
    """Frames are a length in four bytes, little-endian, and that many bytes of message."""

    def __init__(
        self,
        end: socket.socket,
        batch: Batch,
        received: Callable[[bytes | bytearray], None],
        lost: Callable[[], None],
    ) -> None:
        self._socket = end
        self._batch = batch
        self._received = received
        self._lost = lost
        self._intake = Intake(256 * 1024)
        self._large: bytearray | None = None
        self._large_view = memoryview(b"")
        self._filled = 0
        self._transport: asyncio.Transport | None = None
        self._outbox: Outbox | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._outbox = Outbox(self._transport, self._batch)

    def send(self, *parts: Buffer) -> None:
        """Sends one message, given in pieces."""
        if self._outbox is None:
            return
        size = sum(map(len, parts))
        self._outbox.put(size.to_bytes(4, "little") + parts[0])
        for part in parts[1:]:
            self._outbox.put(part)

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._large is not None:
            return self._large_view[self._filled :]
        return self._intake.space()

    def buffer_updated(self, nbytes: int) -> None:
        with self._batch:
            if self._large is None:
                self._intake.end += nbytes
                self._read()
                return
            self._filled += nbytes
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

    def close(self) -> None:
        if self._outbox is not None:
            self._outbox.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._outbox is not None and not self._outbox.closed:
            self._drain()
        self._lost()

    def _drain(self) -> None:
        """Takes what the worker sent before it ended, which a failed write to it leaves unread."""
        with contextlib.suppress(OSError):
            while size := self._socket.recv_into(self.get_buffer(-1)):
                self.buffer_updated(size)
