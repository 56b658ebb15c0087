"""What HTTP and WebSocket connections have in common."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..errors import RpcError
from .intake import Intake

if TYPE_CHECKING:
    from .host import Host
    from .wire import Wire

HIGH_WATER = 1 << 20
"""How many bytes may wait for a client before nothing more is made for it."""


class Peer:
    """One client's connection: fills buffers, hands them on, and knows when the client reads too slowly."""

    wire: Wire

    def __init__(self, host: Host) -> None:
        self.host = host
        self.intake = Intake()
        self.has_token = False
        """Whether it has shown a valid token."""
        self.paused = False
        """Whether the client reads more slowly than it is written to."""
        self.expires: float | None = None
        """When the connection is ended, in the loop's time, if nothing changes that."""
        self._unread = 0
        self._large: bytearray | memoryview | None = None
        self._large_view = memoryview(b"")
        self._filled = 0

    def space(self) -> memoryview:
        if self._large is not None:
            return self._large_view[self._filled :]
        return self.intake.space()

    def received_into(self, size: int) -> None:
        if self._large is None:
            self.intake.end += size
            self.received()
            return
        self._filled += size
        self.progressed()
        if self._filled == len(self._large):
            large, self._large = self._large, None
            self._large_view = memoryview(b"")
            self.received_large(large)

    def receive_large(self, size: int) -> None:
        """Takes the next `size` bytes straight into a buffer of their own; raises too-large."""
        try:
            self._large = self.host.space(size)
        except MemoryError:
            raise RpcError("too-large", f"there is no memory for a message of {size} bytes") from None
        self._large_view = memoryview(self._large)
        self._filled = self.intake.take_into(self._large_view)

    def received(self) -> None:
        """There is more in the intake."""
        raise NotImplementedError

    def received_large(self, data: bytearray | memoryview) -> None:
        """What `receive_large` asked for is complete."""
        raise NotImplementedError

    def progressed(self) -> None:
        """More of it has come."""

    def has_read(self) -> bool:
        """Whether there is more for the client to read, and it has read some since this was last asked."""
        before, self._unread = self._unread, self.wire.unsent
        return 0 < self._unread != before

    def expired(self) -> None:
        """The connection's time is over."""
        self.wire.abort()

    def pause_writing(self) -> None:
        self.paused = True
        self.wire.pause_reading()

    def resume_writing(self) -> None:
        self.paused = False
        self.wire.resume_reading()

    def connection_lost(self, error: OSError | None) -> None:
        self.expires = None
        # At once, rather than when the garbage collector comes by.
        self.intake = Intake(0)
        self._large = None
        self._large_view = memoryview(b"")


def prepare(end: socket.socket) -> None:
    """Sets what every client's connection needs."""
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
