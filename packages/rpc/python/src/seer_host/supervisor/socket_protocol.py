"""Buffered reading and batched writing, for clients' connections and workers' channels."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from .receive_buffer import ReceiveBuffer
from .request_memory import allocate

if TYPE_CHECKING:
    from ..messages import Buffer

_BATCH_BYTES = 512 * 1024
"""More data than this is passed to the transport before the current event loop iteration ends."""
_JOINED_BYTES = 32 * 1024
"""Parts up to this size are joined, because copying them costs less than another system call."""


class SocketProtocol(asyncio.BufferedProtocol):
    """Receives large messages without copying them, and writes once per event loop iteration."""

    transport: asyncio.Transport
    is_connected = False

    def __init__(self, buffer_size: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.buffer = ReceiveBuffer(buffer_size)
        self.large: Buffer | None = None
        self._large_view = memoryview(b"")
        self.filled = 0
        self._unwritten: list[Buffer] = []
        self._unwritten_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.is_connected = True

    # Reading

    def get_buffer(self, sizehint: int) -> memoryview:
        if self.large is not None:
            return self._large_view[self.filled :]
        return self.buffer.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        large = self.large
        if large is None:
            self.buffer.end += nbytes
            self.received()
            return
        self.filled += nbytes
        self.progressed(nbytes)
        if self.large is large and self.filled == len(large):
            self.drop_large()
            self.received_large(large)

    def receive_large(self, size: int) -> None:
        """Receives the next `size` bytes into a separate buffer; raises MemoryError."""
        self.large = self.allocate(size)
        self._large_view = memoryview(self.large)
        self.filled = self.buffer.take_into(self._large_view)

    def drop_large(self) -> None:
        """Releases the buffer of `receive_large`."""
        self.large = None
        self._large_view = memoryview(b"")

    def allocate(self, size: int) -> Buffer:
        return allocate(size)

    @property
    def is_receiving_large(self) -> bool:
        return self.large is not None

    def received(self) -> None:
        """Called when the buffer has new data."""
        raise NotImplementedError

    def received_large(self, data: Buffer) -> None:
        """Called when `receive_large` has received everything."""
        raise NotImplementedError

    def progressed(self, size: int) -> None:
        """Called when `receive_large` has received `size` more bytes."""

    # Writing

    def write(self, part: Buffer) -> None:
        """Sends this at the end of the loop iteration; it must not change until it has been sent."""
        if not self._unwritten:
            self.loop.call_soon(self.flush)
        self._unwritten.append(part)
        self._unwritten_bytes += len(part)
        if self._unwritten_bytes > _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self.is_connected:
            return
        parts, self._unwritten = self._unwritten, []
        size, self._unwritten_bytes = self._unwritten_bytes, 0
        if not parts or self.transport.is_closing():
            return
        if len(parts) > 1 and size <= _JOINED_BYTES:
            self.transport.write(b"".join(parts))
            return
        for part in parts:
            self.transport.write(part)

    # Ending

    def close(self) -> None:
        """Closes once everything has been sent."""
        self.flush()
        self.transport.close()

    def eof_received(self) -> None:
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        # Free the memory now, not at the next garbage collection.
        self.buffer = ReceiveBuffer(0)
        self.drop_large()
        self._unwritten = []
