from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import Pyro5.api

if TYPE_CHECKING:
    from shared.target import Target

Pyro5.api.config.SERIALIZER = "msgpack"
Pyro5.api.config.SOCK_NODELAY = True


class Caller:
    def __init__(self, target: Target) -> None:
        Pyro5.api.config.SSL = target.certificate is not None
        Pyro5.api.config.SSL_CACERTS = target.certificate or ""
        self._proxy: Any = Pyro5.api.Proxy(f"PYRO:bench@localhost:{target.port}")

    def echo(self, value: str) -> Any:
        return self._proxy.echo(value)

    def numbers(self, value: list[float]) -> Any:
        return self._proxy.echo(value)

    def floats(self) -> np.ndarray:
        return np.frombuffer(self._proxy.floats(), np.float32)

    def take(self, array: np.ndarray) -> Any:
        return self._proxy.take(array.tobytes())

    def nap(self) -> Any:
        return self._proxy.nap()

    def hold(self, count: int) -> Any:
        return self._proxy.hold(count)

    def health(self) -> Any:
        return self._proxy.echo(None)
