"""Accepts connections, and closes those that time out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .access import Access
from .http_connection import HttpConnection
from .routes import Routes

if TYPE_CHECKING:
    import socket

    from .connection import Connection
    from .host import Host

_SWEEP_S = 0.5


class Server:
    """Accepts connections, and closes those that time out."""

    def __init__(self, host: Host) -> None:
        self._host = host
        config = host.config
        self._access = Access(config.token, config.admin_token, (*config.allowed_hosts, config.address))
        # A dict, because it keeps the order of arrival, unlike a set.
        self._connections: dict[Connection, None] = {}
        self.routes = Routes(host)

    async def run(self, listener: socket.socket) -> None:
        """Serves until cancelled."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: HttpConnection(self._host, self._access, self), sock=listener
        )
        try:
            while True:
                await asyncio.sleep(_SWEEP_S)
                now = loop.time()
                for connection in [c for c in self._connections if c.expires is not None and c.expires < now]:
                    connection.expired()
        finally:
            server.close()
            for connection in self._connections:
                connection.transport.abort()

    def add(self, connection: Connection) -> None:
        self._connections[connection] = None
        if len(self._connections) > self._host.limits.connections:
            # Close a connection without a token first, so that those cannot use up the limit.
            surplus = next((other for other in self._connections if not other.has_token), connection)
            self.remove(surplus)
            surplus.transport.abort()

    def remove(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
