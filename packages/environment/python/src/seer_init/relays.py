"""Makes ports of a sandbox without network reachable from the host."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from .requests import BadRequest

if TYPE_CHECKING:
    from . import frames

CHUNK = 256 * 1024


class Listeners:
    """Spare sockets that listen on the host's network; each is passed to at most one command.

    Such a socket can be reconnected to any address on the host, so it is passed to forks of init only, which
    are hidden from other processes of the sandbox.
    """

    def __init__(self, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._spare = descriptors
        self._taken: set[int] = set()

    def take(self) -> int | None:
        """Reserves a socket, if any is left."""
        if not self._spare:
            return None
        descriptor = self._spare.pop()
        self._taken.add(descriptor)
        return descriptor

    def give(self, descriptor: int) -> int:
        """Passes a reserved socket to a command; the caller closes init's copy afterwards."""
        if descriptor not in self._taken:
            raise BadRequest(f"{descriptor} is not a reserved listener")
        self._taken.discard(descriptor)
        return descriptor


class Relays:
    """Forwards connections from sockets on the host's network to ports of the sandbox.

    Such a socket can be reconnected to any address on the host: it is never passed to another process of the
    sandbox, and `Settings.hidden` keeps them from taking it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ports: dict[int, int] = {}

    def port(self, inside: int) -> int | None:
        """The host port that is forwarded to a port of the sandbox."""
        with self._lock:
            return self._ports.get(inside)

    def open(self, inside: int, connection: frames.Connection) -> int:
        """Forwards connections to the socket that the client sends; a port's first socket is kept."""
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
            # Too many open files; retry when some have been closed.
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
        # If one side is gone, close the other.
        for connected in (source, target):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
