"""The limit: length-prefixed JSON over TCP, a thread for each connection, no routing and no checks."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import numpy as np
from shared import wire, work
from shared.lifeline import announce


def serve(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    announce(listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


main()
