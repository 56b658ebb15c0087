"""Pyro5 with msgpack, which carries bytes as they are, and without Nagle."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import Pyro5.api
from shared import work
from shared.lifeline import announce

Pyro5.api.config.SERIALIZER = "msgpack"
Pyro5.api.config.SOCK_NODELAY = True
Pyro5.api.config.THREADPOOL_SIZE = 200


@Pyro5.api.expose
class Bench:
    def echo(self, value: Any) -> Any:
        return value

    def floats(self) -> bytes:
        return work.FLOATS.tobytes()

    def take(self, data: bytes) -> int:
        return len(np.frombuffer(data, np.float32))

    def nap(self) -> None:
        time.sleep(work.NAP_SECONDS)

    def hold(self, count: int) -> int:
        return work.hold(count)


daemon = Pyro5.api.Daemon(host="127.0.0.1", port=0)
daemon.register(Bench(), objectId="bench")
announce(int(daemon.locationStr.rpartition(":")[2]))
daemon.requestLoop()
