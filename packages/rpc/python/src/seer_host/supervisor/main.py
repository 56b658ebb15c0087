"""Starts a host: reads its configuration, opens the port, prints it, and serves until it is stopped."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys

from .config import ConfigError, HostConfig
from .orphans import hide
from .spawn import Spawned, read_source, spawn


def main() -> int:
    try:
        config = HostConfig.parse(sys.stdin.buffer.readline())
        listener = _listen(config)
    except ConfigError as error:
        print(f"seer_host: {error}", file=sys.stderr)
        return 2
    worker = _try_to_spawn(config)
    print(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}), flush=True)
    # Close standard output, so that the reader of the line sees its end.
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    # Imported only now, while the worker starts, because the import is slow.
    from .serve import serve

    serve(config, listener, worker)
    return 0


def _listen(config: HostConfig) -> socket.socket:
    if config.listener is not None:
        return _inherited(config.listener)
    family = socket.AF_INET6 if ":" in config.address else socket.AF_INET
    try:
        return socket.create_server((config.address, config.port), family=family, backlog=128)
    except OSError as error:
        where = f"{config.address}:{config.port}"
        # Leave out Python's own text, which repeats the address.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"cannot listen on {where}: {reason}") from None


def _inherited(descriptor: int) -> socket.socket:
    """A listening socket that belongs to another network namespace.

    Other processes could use it to reach that network, so they must not be able to copy it from this one.
    """
    try:
        listener = socket.socket(fileno=descriptor)
        listener.getsockname()
    except OSError as error:
        raise ConfigError(f"'listener' is not a socket: {os.strerror(error.errno or 0)}") from None
    os.set_inheritable(descriptor, False)
    hide()
    return listener


def _try_to_spawn(config: HostConfig) -> Spawned | None:
    # The host tries again and reports the error then.
    with contextlib.suppress(OSError):
        return spawn(config, read_source(config.file))
    return None
