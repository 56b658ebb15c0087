"""`python bridge.py SOCKET`: connects standard input and output to a Unix socket, until either side closes.

Backends that can only run commands in their sandboxes use it to reach `seer_init`. It is a standalone script
so that it starts quickly.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

CHUNK = 256 * 1024
# The first connection may be made before init listens.
CONNECT_TIMEOUT_SECONDS = 10.0


def main() -> None:
    connection = _connect(sys.argv[1])
    threading.Thread(target=_upstream, args=(connection,), daemon=True).start()
    while data := _receive(connection):
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]
    # Do not wait for the thread that reads standard input.
    os._exit(0)


def _connect(path: str) -> socket.socket:
    deadline = time.monotonic() + CONNECT_TIMEOUT_SECONDS
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return connection


def _upstream(connection: socket.socket) -> None:
    try:
        while data := os.read(0, CHUNK):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The main thread notices that the connection has ended.
        pass


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(CHUNK)
    except OSError:
        return b""


main()
