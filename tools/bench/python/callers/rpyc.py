from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rpyc.core.channel import Channel
from rpyc.core.stream import SocketStream
from rpyc.utils.factory import connect_stream

if TYPE_CHECKING:
    from shared.target import Target

Channel.COMPRESSION_THRESHOLD = 2**62


class TlsStream(SocketStream):
    """RPyC polls only the socket, and would miss data that TLS has already read."""

    def poll(self, timeout: Any) -> Any:
        return self.sock.pending() > 0 or super().poll(timeout)


class Caller:
    def __init__(self, target: Target) -> None:
        if target.certificate:
            stream = TlsStream.ssl_connect(
                "localhost",
                target.port,
                {"ca_certs": target.certificate},
                nodelay=True,
            )
        else:
            stream = SocketStream.connect("127.0.0.1", target.port, nodelay=True)
        self._connection = connect_stream(stream)
        # Looking up a function takes a round trip, so do it once.
        root: Any = self._connection.root
        self._echo = root.echo
        self._floats = root.floats
        self._take = root.take
        self.nap = root.nap
        self.hold = root.hold
        self.health = self._connection.ping

    def echo(self, value: str) -> Any:
        return self._echo(value)

    def numbers(self, value: list[float]) -> Any:
        # A tuple is sent by value; a list would be a reference, with a round trip per element.
        return list(self._echo(tuple(value)))

    def floats(self) -> np.ndarray:
        return np.frombuffer(self._floats(), np.float32)

    def take(self, array: np.ndarray) -> Any:
        return self._take(array.tobytes())
