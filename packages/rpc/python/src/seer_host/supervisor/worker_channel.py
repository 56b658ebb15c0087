"""The supervisor's end of a socket to a worker."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .socket_protocol import SocketProtocol

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable

    from ..messages import Buffer

_BUFFER_SIZE = 256 * 1024


class WorkerChannel(SocketProtocol):
    """Sends and receives frames: the length in four bytes, little-endian, followed by the message."""

    def __init__(
        self,
        end: socket.socket,
        on_message: Callable[[bytes | bytearray | memoryview], None],
        on_lost: Callable[[], None],
    ) -> None:
        super().__init__(_BUFFER_SIZE)
        self._socket = end
        self._on_message = on_message
        self._on_lost = on_lost
        self._closed = False
        # Messages are buffered until the transport is connected.
        self._connecting = self.loop.create_task(self.loop.create_connection(lambda: self, sock=end))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._closed:
            self.transport.abort()
        self.flush()

    def send(self, *parts: Buffer) -> None:
        """Sends one message, given in pieces."""
        size = sum(map(len, parts))
        self.write(size.to_bytes(4, "little") + parts[0])
        for part in parts[1:]:
            self.write(part)

    def received(self) -> None:
        buffer = self.buffer
        while True:
            unread = buffer.end - buffer.start
            if unread < 4:
                return
            start = buffer.start
            size = int.from_bytes(buffer.data[start : start + 4], "little")
            if unread - 4 >= size:
                buffer.start = start + 4
                self._on_message(buffer.take(size))
                continue
            if size >= len(buffer.data) // 4:
                buffer.start = start + 4
                try:
                    self.receive_large(size)
                except MemoryError:
                    # The following messages cannot be read either, so the worker is replaced.
                    self.abort()
            return

    def received_large(self, data: Buffer) -> None:
        self._on_message(data)

    def abort(self) -> None:
        self._closed = True
        if self.is_connected:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._drain()
        super().connection_lost(exc)
        self._on_lost()

    def _drain(self) -> None:
        """Reads what the worker sent before it ended; after a failed write, asyncio does not read it."""
        with contextlib.suppress(OSError):
            while not self._closed and (size := self._socket.recv_into(self.get_buffer(-1))):
                self.buffer_updated(size)
