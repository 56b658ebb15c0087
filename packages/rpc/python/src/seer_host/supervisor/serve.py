"""Runs the host and its server."""

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
from .server import Server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from .config import HostConfig
    from .spawn import Spawned


def serve(config: HostConfig, listener: socket.socket, worker: Spawned | None) -> None:
    adopt_orphans()
    # Records of calls contain no reference cycles, so frequent collections would waste time.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    asyncio.run(_serve(config, listener, worker))


async def _serve(config: HostConfig, listener: socket.socket, worker: Spawned | None) -> None:
    host = Host(config)
    server = Server(host)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.end_by_signal, number)
    if config.exit_on_stdin_close:
        threading.Thread(target=_end_on_stdin_close, args=(loop, host.end), daemon=True).start()
    serving = loop.create_task(server.run(listener))
    try:
        await host.run(worker)
        # Leave time to send the last answers, such as that to the shutdown request.
        await asyncio.sleep(0.05)
    finally:
        host.close()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def _end_on_stdin_close(loop: asyncio.AbstractEventLoop, end: Callable[[str], None]) -> None:
    """Stops the host when its standard input is closed, as happens when its owner dies."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(end, "the process that started it closed it or ended")
