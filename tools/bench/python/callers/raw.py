from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import numpy as np
from shared import wire

if TYPE_CHECKING:
    from shared.target import Target


class Caller:
    def __init__(self, target: Target) -> None:
        self._sock = socket.create_connection(("127.0.0.1", target.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls := target.tls():
            self._sock = tls.wrap_socket(self._sock, server_hostname="localhost")

    def echo(self, value: str) -> Any:
        return self._call("echo", value)

    def numbers(self, value: list[float]) -> Any:
        return self._call("numbers", value)

    def floats(self) -> np.ndarray:
        wire.send(self._sock, ["floats", None])
        return np.frombuffer(wire.receive(self._sock)[1], np.float32)

    def take(self, array: np.ndarray) -> Any:
        wire.send(self._sock, ["take", None], memoryview(array).cast("B"))
        return wire.receive(self._sock)[0]

    def nap(self) -> Any:
        return self._call("nap", None)

    def hold(self, count: int) -> Any:
        return self._call("hold", count)

    def health(self) -> Any:
        return self._call("health", None)

    def _call(self, operation: str, value: Any) -> Any:
        wire.send(self._sock, [operation, value])
        return wire.receive(self._sock)[0]
