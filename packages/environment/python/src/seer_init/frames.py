"""Frames on the control socket: one byte for the kind, four for the length (big-endian), the payload."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from typing import Any, cast

from .requests import BadRequest

# From the client.
REQUEST = b"R"
INPUT = b"I"
END_OF_INPUT = b"C"
KILL = b"K"
DETACH = b"D"
NEXT_FILE = b"N"

# To the client.
STARTED = b"S"
STDOUT = b"O"
STDERR = b"E"
RESULT = b"X"
FAILURE = b"F"

MAX_PAYLOAD = 16 * 1024 * 1024
CHUNK = 64 * 1024

_HEADER = struct.Struct(">cI")


class Disconnected(Exception):
    """The client disconnected, or does not speak this protocol."""


class Connection:
    """One client's connection. Any thread may send; only one may read."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._sending = threading.Lock()
        self._gone = False

    def read(self) -> tuple[bytes, bytes]:
        kind, length = cast("tuple[bytes, int]", _HEADER.unpack(self._exactly(_HEADER.size)))
        if length > MAX_PAYLOAD:
            raise Disconnected
        return kind, self._exactly(length)

    def receive_descriptor(self) -> int:
        """Receives a file descriptor that the client sends with one byte."""
        try:
            _, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1)
        except OSError:
            raise Disconnected from None
        if not descriptors:
            raise Disconnected
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Sends a frame; ignored if the client has disconnected, so that a detached command continues."""
        with self._sending:
            if self._gone:
                return
            try:
                self._socket.sendall(_HEADER.pack(kind, len(payload)) + payload)
            except OSError:
                self._gone = True

    def send_json(self, kind: bytes, value: dict[str, Any]) -> None:
        self.send(kind, json.dumps(value).encode())

    def fail(self, code: str, message: str) -> None:
        self.send_json(FAILURE, {"code": code, "message": message})

    def fail_with(self, error: Exception) -> None:
        """Sends an error with the code by which clients distinguish it."""
        if isinstance(error, BadRequest):
            self.fail("bad-request", str(error))
        elif isinstance(error, FileNotFoundError):
            self.fail("not-found", str(error))
        elif isinstance(error, PermissionError):
            self.fail("not-permitted", str(error))
        elif isinstance(error, OSError):
            self.fail("failed", str(error))
        elif isinstance(error, RuntimeError) and "new thread" in str(error):
            # Python's error when the process limit, which includes threads, is reached.
            self.fail(
                "failed", "The sandbox has reached `limits.processes`, its limit of processes and threads"
            )
        else:
            self.fail("failed", f"{type(error).__name__}: {error}")

    def send_last(self, kind: bytes, value: dict[str, Any]) -> None:
        """Sends the last frame without waiting for a client that does not read."""
        payload = json.dumps(value).encode()
        if self._sending.acquire(timeout=0.1):
            with contextlib.suppress(OSError):
                if not self._gone:
                    self._socket.send(_HEADER.pack(kind, len(payload)) + payload, socket.MSG_DONTWAIT)
            self._gone = True
            self._sending.release()

    def mute(self) -> None:
        """Discards all further frames."""
        with self._sending:
            self._gone = True

    def close(self) -> None:
        # Shut down first, to wake a thread that is blocked while sending.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.mute()
        self._socket.close()

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                chunk = self._socket.recv(min(size - len(data), CHUNK))
            except OSError:
                raise Disconnected from None
            if not chunk:
                raise Disconnected
            data += chunk
        return bytes(data)
