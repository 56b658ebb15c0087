"""`python bridge.py SOCKET`: joins standard input and output to a Unix socket, until either side ends.

A backend that can only run commands in its sandboxes reaches `seer_init` so. It is a script by itself, for
a quick start.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

CHUNK = 256 * 1024
# A sandbox is asked as soon as it is there, which may be before its first process listens.
PATIENCE_SECONDS = 10.0


def main() -> None:
    connection = _connect(sys.argv[1])
    threading.Thread(target=_upstream, args=(connection,), daemon=True).start()
    while data := _receive(connection):
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]
    # The other thread may wait for input that nobody will send.
    os._exit(0)


def _connect(path: str) -> socket.socket:
    deadline = time.monotonic() + PATIENCE_SECONDS
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
        # It has ended, which the other thread sees.
        pass


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(CHUNK)
    except OSError:
        return b""


main()
