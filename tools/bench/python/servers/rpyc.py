"""RPyC with a thread for each client. Arrays travel as bytes, and its compression, useless here, is off."""

from __future__ import annotations

import socket
import time
from typing import Any

import numpy as np
import rpyc
from rpyc.core.channel import Channel
from rpyc.utils.server import ThreadedServer
from shared import work
from shared.lifeline import announce

Channel.COMPRESSION_THRESHOLD = 2**62


class Bench(rpyc.Service):
    def exposed_echo(self, value: Any) -> Any:
        return value

    def exposed_floats(self) -> bytes:
        return work.FLOATS.tobytes()

    def exposed_take(self, data: bytes) -> int:
        return len(np.frombuffer(data, np.float32))

    def exposed_nap(self) -> None:
        time.sleep(work.NAP_SECONDS)

    def exposed_hold(self, count: int) -> int:
        return work.hold(count)


def without_nagle(sock: socket.socket) -> tuple[socket.socket, None]:
    """The only hook for accepted sockets; without TCP_NODELAY, a call takes 44 ms."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock, None


server = ThreadedServer(Bench, hostname="127.0.0.1", port=0, backlog=128, authenticator=without_nagle)
announce(server.port)
server.start()
