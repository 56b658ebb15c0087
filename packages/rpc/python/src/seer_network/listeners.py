"""Forwards ports of a network namespace to hosts outside of it."""

from __future__ import annotations

import _socket
import _thread
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .namespace import Namespace


LOOPBACK = "127.0.0.1"


class Listeners:
    """The listening sockets in the namespace, by address and port."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._sockets: dict[tuple[str, int], _socket.socket] = {}
        self._targets: dict[int, tuple[_socket.socket, str, int]] = {}
        # Unlike `poll`, its cost does not grow with the number of listeners.
        self.epoll = select.epoll()
        """Reports the descriptors with a connection to `accept`."""

    def add(self, address: str, port: int, host: str) -> None:
        """Forwards a port of an address in the namespace to the same port of a host outside."""
        if (address, port) in self._sockets:
            return
        listener = self._namespace.run(_listen, address, port)
        self._sockets[address, port] = listener
        self._targets[listener.fileno()] = (listener, host, port)
        self.epoll.register(listener.fileno(), select.EPOLLIN)

    def add_port(self, port: int) -> None:
        """Forwards a loopback port to the same one of this machine."""
        self.add(LOOPBACK, port, LOOPBACK)

    def remove_port(self, port: int) -> None:
        listener = self._sockets.pop((LOOPBACK, port), None)
        if listener is None:
            return
        self.epoll.unregister(listener.fileno())
        del self._targets[listener.fileno()]
        listener.close()

    def accept(self, descriptor: int) -> None:
        """Accepts a connection and forwards it."""
        target = self._targets.get(descriptor)
        if target is None:
            return
        # `_socket` has only this internal method, which `socket.accept` wraps.
        listener: Any = target[0]
        try:
            connection, _ = listener._accept()
        except BlockingIOError:
            return
        except OSError:
            # Too many files are open; retry after some have been closed.
            time.sleep(0.1)
            return
        _thread.start_new_thread(_forward, (connection, *target[1:]))


def _listen(address: str, port: int) -> _socket.socket:
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    try:
        listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(f"{address}:{port}: {error.strerror}") from None
    return listener


def _forward(connection: int, host: str, port: int) -> None:
    # Imported here, because few sandboxes ever connect to such a port.
    from .forward import forward

    forward(connection, host, port)
