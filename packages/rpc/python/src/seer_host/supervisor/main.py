"""Starts a host: reads its configuration, opens the port, says so, and serves until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading

from .config import ConfigError, HostConfig
from .host import Host
from .orphans import adopt_orphans
from .server import Server


def main() -> int:
    try:
        config = HostConfig.parse(sys.stdin.buffer.readline())
        listener = _listen(config)
    except ConfigError as error:
        print(f"seer_host: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}), flush=True)
    # Whoever reads the line need not read any further.
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    asyncio.run(_serve(config, listener))
    return 0


def _listen(config: HostConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.address else socket.AF_INET
    try:
        return socket.create_server((config.address, config.port), family=family, backlog=128)
    except OSError as error:
        where = f"{config.address}:{config.port}"
        raise ConfigError(f"cannot listen on {where}: {error.strerror or error}") from None


async def _serve(config: HostConfig, listener: socket.socket) -> None:
    adopt_orphans()
    host = Host(config)
    server = Server(host)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, host.ended.set)
    if config.lifeline:
        threading.Thread(target=_hold_lifeline, args=(loop, host.ended), daemon=True).start()
    serving = loop.create_task(server.run(listener))
    try:
        await host.run()
        # The last answers, such as that to the request for this end, are still on their way.
        await asyncio.sleep(0.05)
    finally:
        host.close()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def _hold_lifeline(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Waits until whoever started the host has gone, however it went."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)
