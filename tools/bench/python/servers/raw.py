"""The limit: length-prefixed JSON over TCP, a thread for each connection."""

from __future__ import annotations

import socket
import threading

from shared.lifeline import announce
from shared.raw_server import serve


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    announce(listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


main()
