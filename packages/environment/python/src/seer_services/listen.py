"""Opens a service's listening socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def listen(host: str, ports: Sequence[int]) -> socket.socket:
    """Listens on the first free port of `ports`, or on any port if that is empty."""
    for port in ports or [0]:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(128)
            return listener
        except OSError:
            listener.close()
    raise OSError(f"all ports of this sandbox are in use: {', '.join(map(str, ports))}")
