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
    from .poller import Poller

_SWEEP_S = 0.5
_RETRY_S = 0.5
_ACCEPTS = 64


class Server:
    """Listens, and ends the connections whose time is over."""

    def __init__(self, host: Host, poller: Poller) -> None:
        self._host = host
        self.poller = poller
        config = host.config
        self._access = Access(config.token, config.admin_token, (*config.allowed_hosts, config.address))
        # In the order in which they came, as a set is not.
        self._peers: dict[Peer, None] = {}
        self.loop = asyncio.get_running_loop()
        self.time = self.loop.time
        self.routes = Routes(host)

    async def run(self, listener: socket.socket) -> None:
        """Serves until it is cancelled."""
        listener.setblocking(False)
        self.loop.add_reader(listener.fileno(), self._accept, listener)
        try:
            while True:
                await asyncio.sleep(_SWEEP_S)
                now = self.time()
                for peer in [p for p in self._peers if p.expires is not None and p.expires < now]:
                    peer.expired()
        finally:
            self.loop.remove_reader(listener.fileno())
            listener.close()
            for peer in self._peers:
                peer.wire.abort()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS):
            try:
                end, _address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                # No more sockets, or no memory for one: those that are there come first.
                self.loop.remove_reader(listener.fileno())
                self.loop.call_later(_RETRY_S, self._accept_again, listener)
                return
            HttpPeer(self._host, self._access, self).begin(end)

    def _accept_again(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            self.loop.add_reader(listener.fileno(), self._accept, listener)

    def joined(self, peer: Peer) -> None:
        self._peers[peer] = None
        if len(self._peers) > self._host.limits.connections:
            # Whoever has no token must not be able to take every place.
            stranger = next((other for other in self._peers if not other.has_token), peer)
            self.left(stranger)
            stranger.wire.abort()

    def left(self, peer: Peer) -> None:
        self._peers.pop(peer, None)
