"""The port: connections come, are watched over, and go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .access import Access
from .http_peer import HttpPeer
from .routes import Routes

if TYPE_CHECKING:
    import socket

    from .host import Host
    from .peer import Peer

_SWEEP_S = 0.5


class Server:
    """Listens, and ends the connections whose time is over."""

    def __init__(self, host: Host) -> None:
        self._host = host
        config = host.config
        self._access = Access(config.token, config.admin_token, (*config.allowed_hosts, config.address))
        # In the order in which they came, as a set is not.
        self._peers: dict[Peer, None] = {}
        self.loop = asyncio.get_running_loop()
        self.time = self.loop.time
        self.routes = Routes(host)

    async def run(self, listener: socket.socket) -> None:
        """Serves until it is cancelled."""
        server = await self.loop.create_server(self._accept, sock=listener, backlog=128)
        try:
            async with server:
                while True:
                    await asyncio.sleep(_SWEEP_S)
                    now = self.time()
                    with self._host.batch:
                        for peer in [p for p in self._peers if p.expires is not None and p.expires < now]:
                            peer.expired()
        finally:
            for peer in self._peers:
                peer.transport.abort()

    def _accept(self) -> HttpPeer:
        return HttpPeer(self._host, self._access, self)

    def joined(self, peer: Peer) -> None:
        self._peers[peer] = None
        if len(self._peers) > self._host.limits.connections:
            # Whoever has no token must not be able to take every place.
            stranger = next((other for other in self._peers if not other.has_token), peer)
            self.left(stranger)
            stranger.transport.abort()

    def left(self, peer: Peer) -> None:
        self._peers.pop(peer, None)
