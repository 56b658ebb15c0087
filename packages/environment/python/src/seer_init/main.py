"""Runs init on a Unix socket, in one of two ways.

`python -m seer_init FD`: listens on descriptor FD and reads its settings from standard input.
`python -m seer_init SOCKET SETTINGS`: creates the socket, as the first process of a container. The exit code
says why it ended, because the owner may see nothing else of the container.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys

from . import processes
from .requests import Settings
from .server import Server

EXIT_CODES = {"terminated": 0, "timeout": 80, "budget": 81, "owner-gone": 82}


def main() -> None:
    if len(sys.argv) == 2:
        listener = socket.socket(fileno=int(sys.argv[1]))
        os.set_inheritable(listener.fileno(), False)
        settings = Settings(sys.stdin.buffer.read())
    else:
        listener = _listen(sys.argv[1])
        settings = Settings(sys.argv[2])
    if settings.hidden:
        processes.hide()
    if settings.adopt_orphans:
        processes.adopt_orphans()
    reason = Server(listener, settings).run()
    # Do not wait for threads that serve clients.
    os._exit(EXIT_CODES.get(reason, 1) if len(sys.argv) > 2 else 0)


def _listen(path: str) -> socket.socket:
    """Creates the socket in a private directory, replacing one that came with a snapshot."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    return listener
