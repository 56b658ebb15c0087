"""Forwards connections of a network namespace."""

from __future__ import annotations

import _thread
import contextlib
import socket
import struct

from .connect import connect

_CHUNK = 256 * 1024


def forward(descriptor: int, host: str, port: int) -> None:
    """Connects to a host and forwards data in both directions until both sides have closed."""
    with socket.socket(fileno=descriptor) as inside:
        try:
            outside = connect(host, port)
        except OSError:
            # A reset, because an orderly end would look like an empty answer.
            inside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        with outside:
            for connection in (inside, outside):
                connection.setblocking(True)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back_ended = _thread.allocate_lock()
            back_ended.acquire()
            _thread.start_new_thread(_forward_back, (outside, inside, back_ended))
            _forward(inside, outside)
            back_ended.acquire()


def _forward_back(source: socket.socket, target: socket.socket, ended: _thread.LockType) -> None:
    try:
        _forward(source, target)
    finally:
        ended.release()


def _forward(source: socket.socket, target: socket.socket) -> None:
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    try:
        while size := source.recv_into(buffer):
            target.sendall(view[:size])
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has failed, so close the other.
        for connection in (source, target):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
