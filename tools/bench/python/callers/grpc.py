from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np

if TYPE_CHECKING:
    from shared.target import Target

messages: Any
services: Any
messages, services = grpc.protos_and_services("servers/bench.proto")
_NOTHING = messages.Nothing()


class Caller:
    def __init__(self, target: Target) -> None:
        self._stub = _stub(target)

    def echo(self, value: str) -> Any:
        return self._stub.Echo(messages.Text(value=value)).value

    def numbers(self, value: list[float]) -> Any:
        return list(self._stub.Numbers(messages.Values(value=value)).value)

    def floats(self) -> np.ndarray:
        return np.frombuffer(self._stub.Floats(_NOTHING).value, np.float32)

    def take(self, array: np.ndarray) -> Any:
        return self._stub.Take(messages.Blob(value=array.tobytes())).value

    def nap(self) -> Any:
        return self._stub.Nap(_NOTHING)

    def hold(self, count: int) -> Any:
        return self._stub.Hold(messages.Count(value=count)).value

    def health(self) -> Any:
        return self._stub.Health(_NOTHING)


@cache
def _stub(target: Target) -> Any:
    """One channel for all threads, as its documentation advises."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if target.certificate:
        credentials = grpc.ssl_channel_credentials(Path(target.certificate).read_bytes())
        return services.BenchStub(grpc.secure_channel(f"localhost:{target.port}", credentials, options))
    return services.BenchStub(grpc.insecure_channel(f"127.0.0.1:{target.port}", options))
