from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from shared.target import Target

_JSON = {"Content-Type": "application/json"}
_BYTES = {"Content-Type": "application/octet-stream"}


class Caller:
    def __init__(self, target: Target) -> None:
        self._health = target.health
        tls = target.tls()
        self._connection = (
            HTTPSConnection("localhost", target.port, context=tls)
            if tls
            else HTTPConnection("127.0.0.1", target.port)
        )

    def echo(self, value: str) -> Any:
        return self._post("/echo", value)

    def numbers(self, value: list[float]) -> Any:
        return self._post("/numbers", value)

    def floats(self) -> np.ndarray:
        self._connection.request("GET", "/floats")
        return np.frombuffer(self._connection.getresponse().read(), np.float32)

    def take(self, array: np.ndarray) -> Any:
        self._connection.request("POST", "/take", memoryview(array).cast("B"), _BYTES)
        return json.loads(self._connection.getresponse().read())

    def nap(self) -> Any:
        return self._post("/nap", None)

    def hold(self, count: int) -> Any:
        return self._post("/hold", count)

    def health(self) -> Any:
        self._connection.request("GET", self._health)
        return self._connection.getresponse().read()

    def _post(self, path: str, value: Any) -> Any:
        self._connection.request("POST", path, json.dumps({"value": value}).encode(), _JSON)
        return json.loads(self._connection.getresponse().read())
