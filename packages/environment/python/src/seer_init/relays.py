"""Lets the machine outside call ports of a sandbox that has no network."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import frames

CHUNK = 256 * 1024


class Relays:
    """Forwards what comes to sockets that were made outside, and so belong to the network there.

    Such a socket could be made to connect to anything out there: it is never given to another process of the
    sandbox, and `Settings.hidden` keeps them from taking it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ports: dict[int, int] = {}

    def port(self, inside: int) -> int | None:
        """The port outside that leads to one inside."""
        with self._lock:
            return self._ports.get(inside)

    def open(self, inside: int, connection: frames.Connection) -> int:
        """Forwards what comes to the socket that the client sends; of two for one port the first stays."""
        listener = socket.socket(fileno=connection.receive_descriptor())
        with self._lock:
            known = self._ports.get(inside)
            if known is None:
                known = self._ports[inside] = listener.getsockname()[1]
                threading.Thread(target=_accept, args=(listener, inside), daemon=True).start()
            else:
                listener.close()
            return known


def _accept(listener: socket.socket, port: int) -> None:
    while True:
        try:
            outside, _ = listener.accept()
        except ConnectionAbortedError:
            continue
        except OSError:
            # Too much is open; some of it will not be for long.
            time.sleep(0.1)
            continue
        threading.Thread(target=_connect, args=(outside, port), daemon=True).start()


def _connect(outside: socket.socket, port: int) -> None:
    try:
        inside = socket.create_connection(("127.0.0.1", port))
    except OSError:
        outside.close()
        return
    for connected in (inside, outside):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=_forward, args=(inside, outside), daemon=True)
    back.start()
    _forward(outside, inside)
    back.join()
    inside.close()
    outside.close()


def _forward(source: socket.socket, target: socket.socket) -> None:
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    try:
        while size := source.recv_into(buffer):
            target.sendall(view[:size])
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone, so the other one has nobody to talk to.
        for connected in (source, target):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
