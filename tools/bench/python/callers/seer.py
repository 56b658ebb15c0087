"""The generated library. The benchmark puts it on Python's path, and its endpoint in the environment."""

from __future__ import annotations

import os
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING

import bench_library

if TYPE_CHECKING:
    from shared.target import Target


class Caller:
    def __init__(self, target: Target) -> None:
        self.echo = bench_library.echo
        self.numbers = bench_library.numbers
        self.floats = bench_library.floats
        self.take = bench_library.take
        self.nap = bench_library.nap
        self.hold = bench_library.hold
        tls = target.tls()
        self._connection = (
            HTTPSConnection("localhost", target.port, context=tls)
            if tls
            else HTTPConnection("127.0.0.1", target.port)
        )

    def health(self) -> bytes:
        """The library has no function for it, so as any client would ask."""
        headers = {"Authorization": f"Bearer {os.environ['SEER_RPC_TOKEN']}"}
        self._connection.request("GET", "/health", headers=headers)
        return self._connection.getresponse().read()
