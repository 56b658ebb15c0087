"""The worker's end of a socket to the supervisor, with blocking reads and writes."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..messages import Buffer

_SIZE = 64 * 1024
_JOINED = 16 * 1024
_MAX_PARTS = 512


class ChannelClosed(Exception):
    """The supervisor has closed the socket."""


def _framed(message: Buffer) -> tuple[Buffer, ...]:
    return (len(message).to_bytes(4, "little"), message) if message else ()


class Channel:
    """Sends and receives frames: the length in four bytes, little-endian, followed by the message."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(True)
        self._socket.set_inheritable(False)
        self._data = bytearray(_SIZE)
        self._view = memoryview(self._data)
        self._start = 0
        self._end: int = 0
        self._lock = threading.Lock()

    def receive(self) -> bytes | bytearray:
        """The next message; a large one in its own writable buffer."""
        while self._end - self._start < 4:
            self._fill()
        size = int.from_bytes(self._data[self._start : self._start + 4], "little")
        self._start += 4
        if size <= _SIZE // 2:
            while self._end - self._start < size:
                self._fill()
            start = self._start
            self._start = start + size
            return bytes(self._view[start : start + size])
        message = bytearray(size)
        view = memoryview(message)
        filled = min(size, self._end - self._start)
        view[:filled] = self._view[self._start : self._start + filled]
        self._start += filled
        while filled < size:
            filled += self._receive_into(view[filled:])
        return message

    def _fill(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end > _SIZE // 2:
            unread = self._end - self._start
            self._view[:unread] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, unread
        self._end += self._receive_into(self._view[self._end :])

    def _receive_into(self, view: memoryview) -> int:
        try:
            received: int = self._socket.recv_into(view)
        except ConnectionError:
            received = 0
        if not received:
            raise ChannelClosed
        return received

    def send(self, *parts: Buffer, then: Buffer = b"") -> None:
        """Sends one message, given in parts, and optionally a small second one; thread-safe."""
        size = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        try:
            if size < _JOINED:
                data = b"".join((size.to_bytes(4, "little"), *parts, *_framed(then)))
                with self._lock:
                    self._socket.sendall(data)
            else:
                with self._lock:
                    self._send_parts([size.to_bytes(4, "little"), *parts, *_framed(then)])
        except ConnectionError:
            raise ChannelClosed from None

    def _send_parts(self, parts: list[Buffer]) -> None:
        views = [memoryview(part) for part in parts if len(part)]
        while views:
            sent = self._socket.sendmsg(views[:_MAX_PARTS])
            done = 0
            while done < len(views) and sent >= len(views[done]):
                sent -= len(views[done])
                done += 1
            del views[:done]
            if sent:
                views[0] = views[0][sent:]

    def close(self) -> None:
        self._socket.close()
