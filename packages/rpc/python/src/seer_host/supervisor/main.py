"""Starts a host: reads its configuration, opens the port, says so, and serves until it is told to end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys

from .config import ConfigError, HostConfig
from .spawn import Spawned, spawn


def main() -> int:
    try:
        config = HostConfig.parse(sys.stdin.buffer.readline())
        listener = _listen(config)
    except ConfigError as error:
        print(f"seer_host: {error}", file=sys.stderr)
        return 2
    worker = _try_to_spawn(config)
    print(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}), flush=True)
    # Whoever reads the line need not read any further.
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    # Only now, because it takes as long as a worker needs to start.
    from .service import serve

    serve(config, listener, worker)
    return 0


def _listen(config: HostConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.address else socket.AF_INET
    try:
        return socket.create_server((config.address, config.port), family=family, backlog=128)
    except OSError as error:
        where = f"{config.address}:{config.port}"
        # Python adds the address, which is named here already.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"cannot listen on {where}: {reason}") from None


def _try_to_spawn(config: HostConfig) -> Spawned | None:
    # What is wrong with it, the host will say when it tries again.
    with contextlib.suppress(OSError):
        return spawn(config)
    return None
