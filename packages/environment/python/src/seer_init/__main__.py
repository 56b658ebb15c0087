"""`python -m seer_init FD`: serves on the listening socket FD; its settings come on standard input."""

from __future__ import annotations

import os
import socket
import sys

from . import processes
from .requests import Settings
from .server import Server


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(listener.fileno(), False)
    settings = Settings.parse(sys.stdin.buffer.read())
    if settings.adopt_orphans:
        processes.adopt_orphans()
    Server(listener, settings).run()
    # Threads that still wait for clients are no reason to stay.
    os._exit(0)


main()
