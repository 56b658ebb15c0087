"""A TCP relay whose connections break on demand, as a tunnel's do."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Generator

Break = Literal["before the request", "after the request", "within the answer"]


class Relay:
    """Passes requests on to a port, and breaks off where it is told to, once."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self.break_next: Break | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        # Either end may be gone; then so is the connection.
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self.target)) as server,
        ):
            while data := client.recv(1 << 20):
                self.requests.append(data)
                broken, self.break_next = self.break_next, None
                if broken == "before the request":
                    return
                server.sendall(data)
                if broken == "after the request":
                    return
                answer = server.recv(1 << 20)
                if not answer:
                    return
                if broken == "within the answer":
                    client.sendall(answer[: len(answer) // 2])
                    return
                client.sendall(answer)


@contextlib.contextmanager
def relay_to(port: int) -> Generator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
