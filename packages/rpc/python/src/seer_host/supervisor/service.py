"""Runs the host and its server until they are told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
from typing import TYPE_CHECKING

from .host import Host
from .orphans import adopt_orphans
from .poller import run
from .server import Server

if TYPE_CHECKING:
    import socket

    from .config import HostConfig
    from .poller import Poller
    from .spawn import Spawned


def serve(config: HostConfig, listener: socket.socket, worker: Spawned | None) -> None:
    adopt_orphans()
    # The records of ended calls are many and hold no cycles: looking through them often finds nothing.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    run(lambda poller: _serve(config, listener, worker, poller))


async def _serve(config: HostConfig, listener: socket.socket, worker: Spawned | None, poller: Poller) -> None:
    host = Host(config, poller)
    server = Server(host, poller)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, host.ended.set)
    if config.lifeline:
        threading.Thread(target=_hold_lifeline, args=(loop, host.ended), daemon=True).start()
    serving = loop.create_task(server.run(listener))
    try:
        await host.run(worker)
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
