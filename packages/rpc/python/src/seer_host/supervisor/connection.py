"""What HTTP and WebSocket connections have in common."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..errors import RpcError
from .socket_protocol import SocketProtocol

if TYPE_CHECKING:
    import asyncio

    from ..messages import Buffer
    from .host import Host
    from .server import Server

_BUFFER_SIZE = 64 * 1024
_HIGH_WATER = 1 << 20
"""Sending to a client pauses when this many bytes wait for it."""


class Connection(SocketProtocol):
    """A client's connection, with backpressure for slow readers and a timeout."""

    def __init__(self, host: Host, server: Server) -> None:
        super().__init__(_BUFFER_SIZE)
        self.host = host
        self.server = server
        self.has_token = False
        """Whether the client has sent a valid token."""
        self.paused = False
        """Whether too much data waits for the client to read it."""
        self.expires: float | None = None
        """When the connection times out, in the event loop's time."""
        self._unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(_HIGH_WATER)
        _configure(transport.get_extra_info("socket"))
        self.server.add(self)

    def expire_in(self, milliseconds: int) -> None:
        self.expires = self.loop.time() + milliseconds / 1000

    def allocate(self, size: int) -> Buffer:
        return self.host.allocate(size)

    def receive_large(self, size: int) -> None:
        """Like SocketProtocol's, but raises too-large."""
        try:
            super().receive_large(size)
        except MemoryError:
            raise RpcError("too-large", f"there is no memory for a message of {size} bytes") from None
        self._count(self.filled)

    def progressed(self, size: int) -> None:
        try:
            self._count(size)
        except RpcError as error:
            self.give_up(error)

    def _count(self, size: int) -> None:
        """Counts received bytes of a large message; raises too-large."""
        assert self.large is not None
        try:
            self.host.request_memory.filled(self.large, size)
        except RpcError:
            self.drop_large()
            raise

    def give_up(self, error: RpcError) -> None:
        """Sends the client the error and stops reading from it."""
        raise NotImplementedError

    def has_read(self) -> bool:
        """Whether data still waits for the client and the client has read some since the last check."""
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        return 0 < self._unread != before

    def expired(self) -> None:
        """Called when the connection has timed out."""
        self.transport.abort()

    def pause_writing(self) -> None:
        self.paused = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.paused = False
        self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.expires = None
        self.server.remove(self)


def _configure(end: socket.socket) -> None:
    # asyncio sets TCP_NODELAY only for sockets whose `proto` is set, which it is not for accepted ones.
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
