"""HTTP connections to one host: one per thread, kept open between requests."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import urllib.parse
import weakref
from typing import TYPE_CHECKING

from .answer import Answer, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

# Longer than the wait of any request, and short enough to notice a dead tunnel.
_SILENCE_SECONDS = 60
# Bodies up to this size are copied and sent together with their headers, which is faster than two writes.
_ONE_WRITE = 64 * 1024
_MAX_PARTS = 256


class Connections:
    """The connections to one host, for any number of threads."""

    def __init__(self, url: str, token: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"expected an http:// or https:// URL, got {url!r}")
        if not token.isascii() or not token.isprintable():
            raise ValueError("the token contains invalid characters")
        self.url = url
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._address = (parts.hostname, parts.port or (443 if self._tls else 80))
        self._prefix = parts.path.rstrip("/")
        self._common = (
            f" HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\nAuthorization: Bearer {token}\r\n"
        )
        self._local = threading.local()

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: list[bytes | memoryview] | None = None,
        timeout: float = _SILENCE_SECONDS,
    ) -> Answer:
        """Sends one request and reads its answer; any failure closes this thread's connection.

        `timeout` is how long to wait for more data.
        """
        head = f"{method} {self._prefix}{path}{self._common}"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        parts = body or []
        length = sum(len(part) for part in parts)
        head += "\r\n" if body is None else f"Content-Length: {length}\r\n\r\n"
        parts = [head.encode("ascii"), *parts]
        if length <= _ONE_WRITE:
            parts = [b"".join(parts)]
        connection = self.open()
        try:
            connection.sock.settimeout(timeout)
            _send(connection.sock, parts)
            answer = connection.reader.read()
        except BaseException:
            # After an interrupt too, the connection has an incomplete request or answer.
            self.close()
            raise
        if answer.will_close:
            self.close()
        return answer

    def open(self) -> _Connection:
        """Connects this thread if it is not connected."""
        connection: _Connection | None = getattr(self._local, "connection", None)
        # A forked child must not use its parent's connection.
        if connection is None or connection.owner != os.getpid():
            connection = self._local.connection = _Connection(self._connect())
        return connection

    def close(self) -> None:
        """Closes this thread's connection; the next request opens another."""
        self._local.connection = None

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(self._address, timeout=_SILENCE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return sock
        try:
            return self._tls.wrap_socket(sock, server_hostname=self._address[0])
        except BaseException:
            sock.close()
            raise


class _Connection:
    """A socket that is closed when nothing refers to it any more, for example at the end of its thread."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reader = Reader(sock)
        self.owner = os.getpid()
        weakref.finalize(self, _close, sock)


def _send(sock: socket.socket, parts: Sequence[bytes | memoryview]) -> None:
    if len(parts) > 1 and not isinstance(sock, ssl.SSLSocket):
        # One write, so that the headers are not sent in a separate packet.
        views = [memoryview(part) for part in parts if len(part)]
        sent = sock.sendmsg(views[:_MAX_PARTS])
        while views and sent >= len(views[0]):
            sent -= len(views.pop(0))
        parts = [views[0][sent:], *views[1:]] if views else []
    for part in parts:
        sock.sendall(part)


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.close()
