"""Forwards loopback ports of a network namespace to loopback ports of this machine."""

from __future__ import annotations

import _socket
import _thread
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .namespace import Namespace


class Listeners:
    """The listening sockets in the namespace, by port."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._sockets: dict[int, _socket.socket] = {}
        self._ports: dict[int, int] = {}
        # Unlike `poll`, its cost does not grow with the number of listeners.
        self.epoll = select.epoll()
        """Reports the descriptors with a connection to `accept`."""

    def add(self, port: int) -> None:
        if port in self._sockets:
            return
        listener = self._namespace.run(_listen, port)
        self._sockets[port] = listener
        self._ports[listener.fileno()] = port
        self.epoll.register(listener.fileno(), select.EPOLLIN)

    def remove(self, port: int) -> None:
        listener = self._sockets.pop(port, None)
        if listener is None:
            return
        self.epoll.unregister(listener.fileno())
        del self._ports[listener.fileno()]
        listener.close()

    def accept(self, descriptor: int) -> None:
        """Accepts a connection and forwards it."""
        port = self._ports.get(descriptor)
        if port is None:
            return
        # `_socket` has only this internal method, which `socket.accept` wraps.
        listener: Any = self._sockets[port]
        try:
            connection, _ = listener._accept()
        except BlockingIOError:
            return
        except OSError:
            # Too many files are open; retry after some have been closed.
            time.sleep(0.1)
            return
        _thread.start_new_thread(_forward, (connection, port))


def _listen(port: int) -> _socket.socket:
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    try:
        listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(f"port {port}: {error.strerror}") from None
    return listener


def _forward(connection: int, port: int) -> None:
    # Imported here, because few sandboxes ever connect to such a port.
    from .forward import forward_to_port

    forward_to_port(connection, port)
