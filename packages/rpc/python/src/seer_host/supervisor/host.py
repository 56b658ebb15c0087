"""The host of one served file."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

from .. import PROTOCOL_VERSION
from ..errors import RpcError
from .dispatcher import Dispatcher
from .log import Log, Masker
from .orphans import reap_orphans
from .request_memory import RequestMemory

if TYPE_CHECKING:
    import signal

    from ..messages import Buffer
    from .config import HostConfig
    from .spawn import Spawned

_SWEEP_S = 5.0


class Host:
    """Owns the parts that serve one file, and runs them until the host is stopped."""

    def __init__(self, config: HostConfig) -> None:
        self.config = config
        self.limits = config.limits
        mask = Masker((*config.secrets, config.token, config.admin_token))
        self.log = Log(config.log, config.limits.log_bytes, mask, asyncio.get_running_loop())
        self.calls = Dispatcher(config, self.log)
        self.request_memory = RequestMemory(config.limits.received_bytes)
        self.workers = self.calls.workers
        self.instance = os.urandom(6).hex()
        """Identifies this run of the host."""
        self._ended = asyncio.Event()
        self._end_reason = ""
        self._started_at = time.monotonic()
        self._last_id = 0

    @property
    def state(self) -> str:
        if not self.workers.state.is_ready:
            return self.workers.state.phase
        return "busy" if self.calls.is_busy else "idle"

    def health(self) -> dict[str, Any]:
        workers = self.workers
        running, waiting = self.calls.counts()
        health: dict[str, Any] = {
            "protocol": PROTOCOL_VERSION,
            "name": self.config.name,
            "state": self.state,
            "revision": workers.state.revision,
            "running": running,
            "waiting": waiting,
            "queueLimit": self.limits.queue,
            "restarts": workers.restarts,
            "pid": os.getpid(),
            "workerPid": workers.worker.pid if workers.worker else None,
            "uptimeMs": int((time.monotonic() - self._started_at) * 1000),
        }
        if workers.state.failure is not None:
            health["error"] = workers.state.failure.to_json()
        return health

    def allocate(self, size: int) -> Buffer:
        """Allocates memory for a request; raises MemoryError."""
        worker = self.workers.worker
        memory = worker.memory if worker is not None else None
        block = None if memory is None else memory.allocate(size)
        return self.request_memory.allocate(size) if block is None else block

    def new_id(self) -> str:
        self._last_id += 1
        return f"{self.instance}-{self._last_id}"

    async def run(self, first: Spawned | None) -> None:
        """Loads the file and serves until `end`; `first` is a worker that was spawned already."""
        self.log.host(f"host {self.config.name!r} started, pid {os.getpid()}")
        await self.workers.start(first)
        while not self._ended.is_set():
            try:
                await asyncio.wait_for(self._ended.wait(), min(_SWEEP_S, self.limits.kept_ms / 1000 + 0.05))
            except asyncio.TimeoutError:
                self.calls.sweep()
                reap_orphans()
        self.close()
        await self.workers.wait_until_exited()

    def end(self, reason: str) -> None:
        """Stops the host; calls in flight fail with the reason."""
        self._end_reason = self._end_reason or reason
        self._ended.set()

    def end_by_signal(self, number: signal.Signals) -> None:
        self.end(self.config.read_end_reason() or f"it was stopped by {number.name}")

    def close(self) -> None:
        if self.workers.state.phase == "dead":
            return
        reason = self._end_reason or "of an internal error"
        self.workers.close(RpcError("worker-died", f"the host ended during the call: {reason}"))
        self.calls.load_failed(RpcError("worker-died", f"the host ended before the call ran: {reason}"))
        self.log.host(f"host ended: {reason}")
        self.log.flush()
