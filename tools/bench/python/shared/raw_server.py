"""Answers the raw baseline's protocol on one connection, without routing and without checks."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import numpy as np

from shared import wire, work

if TYPE_CHECKING:
    import socket


def serve(sock: socket.socket) -> None:
    """Until the caller closes it."""
    with sock, contextlib.suppress(EOFError, ConnectionError):
        while True:
            (operation, value), data = wire.receive(sock)
            if operation == "floats":
                wire.send(sock, None, memoryview(work.FLOATS).cast("B"))
                continue
            if operation == "take":
                value = len(np.frombuffer(data, np.float32))
            elif operation == "nap":
                time.sleep(work.NAP_SECONDS)
            elif operation == "hold":
                value = work.hold(value)
            wire.send(sock, value)
