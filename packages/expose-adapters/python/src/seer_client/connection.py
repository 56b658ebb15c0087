"""HTTP to one host: a connection for each thread, kept open between requests."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
import urllib.parse
from typing import NamedTuple

# Longer than any answer is asked to wait for, and short enough to notice a dead tunnel.
_SILENCE_SECONDS = 60
# Up to here it costs less to copy a body to its headers, and send both as one, than to send them apart.
_ONE_WRITE = 64 * 1024


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytearray


class Connections:
    """The way to one host, for any number of threads."""

    def __init__(self, url: str, token: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"expected an http:// or https:// URL, got {url!r}")
        if not token.isascii() or not token.isprintable():
            raise ValueError("the token has characters that no token has")
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

        `timeout` is for how long nothing may arrive.
        """
        head = f"{method} {self._prefix}{path}{self._common}"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        parts = body or []
        length = sum(len(part) for part in parts)
        head += "\r\n" if body is None else f"Content-Length: {length}\r\n\r\n"
        parts = [head.encode("ascii"), *parts]
        if length <= _ONE_WRITE:
            parts = [b"".join(parts)]
        sock = self.open()
        try:
            sock.settimeout(timeout)
            for part in parts:
                sock.sendall(part)
            response = http.client.HTTPResponse(sock, method=method)
            response.begin()
            answer = _read(response)
        except BaseException:
            # An interrupt, too, leaves half a request or half an answer on the connection.
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def open(self) -> socket.socket:
        """Connects this thread, unless it is connected."""
        sock: socket.socket | None = getattr(self._local, "sock", None)
        # A forked child must not write into its parent's connection.
        if sock is None or self._local.owner != os.getpid():
            sock = socket.create_connection(self._address, timeout=_SILENCE_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_hostname=self._address[0])
            self._local.sock = sock
            self._local.owner = os.getpid()
        return sock

    def close(self) -> None:
        """Closes this thread's connection; the next request opens another."""
        sock: socket.socket | None = getattr(self._local, "sock", None)
        self._local.sock = None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()


def _read(response: http.client.HTTPResponse) -> Answer:
    length = response.length
    if length is None:
        body = bytearray(response.read())
    else:
        # Into memory of our own, which arrays can then share and write to.
        body = bytearray(length)
        view = memoryview(body)
        while view:
            count = response.readinto(view)
            if count == 0:
                raise http.client.IncompleteRead(b"", len(view))
            view = view[count:]
    response.close()
    return Answer(response.status, response.headers.get_content_type(), body)
