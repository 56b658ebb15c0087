"""The raw baseline's protocol: the lengths of a JSON text and of the bytes after it, then both."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

_LENGTHS = struct.Struct(">II")
_READ = 65536


def send(sock: socket.socket, value: Any, data: memoryview | None = None) -> None:
    """Writes one frame; a small one is one write, the bytes of a big one are not copied."""
    text = json.dumps(value, separators=(",", ":")).encode()
    head = _LENGTHS.pack(len(text), data.nbytes if data else 0) + text
    sock.sendall(head)
    if data:
        sock.sendall(data)


def receive(sock: socket.socket) -> tuple[Any, memoryview]:
    """Reads one frame. A small one takes one read, since neither side sends ahead."""
    first = sock.recv(_READ)
    while 0 < len(first) < _LENGTHS.size:
        first += sock.recv(_READ)
    if not first:
        raise EOFError
    text_length, data_length = _LENGTHS.unpack_from(first)
    total = _LENGTHS.size + text_length + data_length
    if len(first) < total:
        first = _complete(sock, first, total)
    start = _LENGTHS.size + text_length
    return json.loads(first[_LENGTHS.size : start]), memoryview(first)[start:]


def _complete(sock: socket.socket, first: bytes, total: int) -> bytearray:
    whole = bytearray(total)
    whole[: len(first)] = first
    rest = memoryview(whole)[len(first) :]
    while rest:
        count = sock.recv_into(rest)
        if count == 0:
            raise EOFError
        rest = rest[count:]
    return whole
