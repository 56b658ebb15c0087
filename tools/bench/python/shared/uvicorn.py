"""uvicorn at its fastest: uvloop, httptools and no access log. Idle connections stay open between rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn import Config, Server

if TYPE_CHECKING:
    import socket

_KEEP_ALIVE_SECONDS = 3600


def run(app: Any, listener: socket.socket) -> None:
    config = Config(
        app,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    Server(config).run(sockets=[listener])
