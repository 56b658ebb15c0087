"""Reads the answers to HTTP requests from a socket."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    import socket

_LONGEST_HEAD = 64 * 1024


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytearray
    will_close: bool


class Reader:
    """Reads the answers on one connection.

    It does not use `http.client`, which would take most of the time of a short call to parse the headers.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray(_LONGEST_HEAD)
        self._already = 0
        """How much of the buffer is already filled."""

    def read(self) -> Answer:
        """The next answer; raises HTTPException if it is truncated or malformed."""
        while True:
            filled, end = self._read_head()
            first, *lines = str(self._buffer[:end], "latin-1").split("\r\n")
            headers: dict[str, str] = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            version, _, rest = first.partition(" ")
            if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
                raise http.client.BadStatusLine(first)
            status = int(rest[:3])
            if status < 200:
                # An interim response; the answer follows.
                self._buffer[: filled - end - 4] = self._buffer[end + 4 : filled]
                self._already = filled - end - 4
                continue
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            will_close = version == "HTTP/1.0" or "close" in headers.get("connection", "").lower()
            if "transfer-encoding" in headers:
                return Answer(status, kind, self._read_chunked(filled), will_close)
            length = headers.get("content-length", "")
            if not length.isdecimal():
                # The host always sends the length, so the headers were truncated.
                raise http.client.IncompleteRead(b"")
            return Answer(status, kind, self._read_body(int(length), end + 4, filled), will_close)

    def _read_head(self) -> tuple[int, int]:
        """Reads until the buffer has all headers; returns how much is filled and where the headers end."""
        filled, self._already = self._already, 0
        while True:
            end = self._buffer.find(b"\r\n\r\n", 0, filled)
            if end >= 0:
                return filled, end
            if filled == _LONGEST_HEAD:
                raise http.client.LineTooLong("head")
            with memoryview(self._buffer) as view:
                count = self._sock.recv_into(view[filled:])
            if not count:
                raise http.client.RemoteDisconnected("the connection was closed before the answer")
            filled += count

    def _read_body(self, length: int, start: int, filled: int) -> bytearray:
        here = self._buffer[start:filled]
        if len(here) >= length:
            return here[:length]
        # Read into a separate writable buffer, which arrays can share.
        body = bytearray(length)
        body[: len(here)] = here
        view = memoryview(body)[len(here) :]
        while view:
            count = self._sock.recv_into(view)
            if not count:
                raise http.client.IncompleteRead(b"", len(view))
            view = view[count:]
        return body

    def _read_chunked(self, filled: int) -> bytearray:
        """Reads a body that a proxy has sent in chunks, with `http.client`."""
        begun = _PartlyReadSocket(bytes(self._buffer[:filled]), self._sock)
        response = http.client.HTTPResponse(cast("socket.socket", begun))
        response.begin()
        return bytearray(response.read())


class _PartlyReadSocket:
    """A socket whose first bytes have been read already."""

    def __init__(self, first: bytes, sock: socket.socket) -> None:
        self._first = first
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Remainder(self._first, self._sock))


class _Remainder(io.RawIOBase):
    def __init__(self, first: bytes, sock: socket.socket) -> None:
        super().__init__()
        self._first = first
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        if not self._first:
            return self._sock.recv_into(buffer)
        count = min(len(buffer), len(self._first))
        buffer[:count] = self._first[:count]
        self._first = self._first[count:]
        return count
