"""Starts the worker, restarts it when it ends, and replaces it when the file is reloaded."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import RpcError
from .load_state import LoadState
from .spawn import read_source, spawn
from .worker_process import WorkerExit, WorkerProcess

if TYPE_CHECKING:
    from ..messages import Message
    from .calls import Stream
    from .config import HostConfig
    from .log import Log
    from .spawn import Spawned

_EXIT_S = 10.0
_CRASH_RESTARTS = 5
"""How often to restart a worker that dies while it loads a file that has loaded before."""
_RESTARTS = "The worker is being restarted; the file's state is lost, and the next call works."


class WorkerEvents(Protocol):
    """The events that workers and their manager report to the dispatcher."""

    def received(self, worker: WorkerProcess, message: Message) -> None:
        """Called when the worker has sent a message."""

    def printed(self, worker: WorkerProcess, stream: Stream, text: str) -> None:
        """Called when the worker has written to its stdout or stderr."""

    def is_idle(self, worker: WorkerProcess) -> bool:
        """Whether no call runs in the worker."""
        ...

    def worker_lost(self, worker: WorkerProcess, error: RpcError) -> None:
        """Called when the worker has ended; its running calls fail with this error."""

    def load_failed(self, error: RpcError) -> None:
        """Called when the file could not be loaded; queued calls fail with this error."""


class WorkerManager:
    """Runs the current worker, a candidate that loads an edited file, and old ones with unfinished calls."""

    def __init__(self, config: HostConfig, log: Log, events: WorkerEvents) -> None:
        self._config = config
        self._log = log
        self._events = events
        self._loop = asyncio.get_running_loop()
        self.state = LoadState(config.file)
        self.worker: WorkerProcess | None = None
        """The worker that serves, or will serve once it has loaded the file."""
        self.draining: list[WorkerProcess] = []
        """Replaced workers that finish their calls."""
        self._candidate: WorkerProcess | None = None
        """A worker that loads the edited file, and serves once it has loaded it."""
        self._last: WorkerProcess | None = None
        self.restarts = 0
        self._crashes = 0
        self._loads = 0
        self._starting: asyncio.Task[None] | None = None

    # Starting

    async def start(self, spawned: Spawned | None = None, crashed: WorkerProcess | None = None) -> None:
        """Starts a worker with the current file, or after a crash with the version that had crashed."""
        await self.wait_until_exited()
        if self.worker is not None or self.state.phase == "dead":
            return
        self.state.failure = None
        try:
            self.worker = self._run(spawned or spawn(self._config, self._source(crashed)))
        except OSError as error:
            self._fail(self._cannot_start(error))
            return
        self.worker.revision = self._next_revision() if crashed is None else crashed.revision

    def _source(self, crashed: WorkerProcess | None) -> bytes | None:
        # After a crash, do not load a later edit, which may be unfinished.
        return read_source(self._config.file) if crashed is None else crashed.source

    def _run(self, spawned: Spawned) -> WorkerProcess:
        return WorkerProcess(spawned, self._log, self._events, self._exited)

    def _next_revision(self) -> int:
        self._loads += 1
        return self._loads

    def _cannot_start(self, error: OSError) -> RpcError:
        message = f"cannot start the worker with {self._config.python}: {error.strerror}"
        return RpcError("load-failed", message, hint="Is 'python' the path of an interpreter?")

    async def restart(self) -> None:
        """Kills the worker and loads the current file."""
        self._log.host("restarting the worker")
        self._discard_candidate()
        self._drop_worker(RpcError("worker-died", "the worker was restarted during the call"))
        self.restarts += 1
        self.state.enter("restarting")
        await self.start()

    async def reload(self) -> None:
        """Loads the current file in a second worker, which replaces the first if it succeeds."""
        if self.state.phase == "dead":
            raise RpcError("worker-died", "the host is shutting down")
        self.state.reload_failure = None
        if not self.state.is_ready:
            # No worker is serving, so there is none to keep.
            await self.restart()
            return
        self._discard_candidate()
        self._log.host(f"reloading {self._config.file}")
        try:
            candidate = self._run(spawn(self._config, self._source(None)))
        except OSError as error:
            self._fail_reload(self._cannot_start(error))
            return
        candidate.revision = self._next_revision()
        self._candidate = candidate
        self.state.is_reloading = True

    def cancel_reload(self) -> None:
        """Ends the worker that loads the edited file, if any; the current worker continues."""
        if self._candidate is not None:
            self._fail_reload(RpcError("cancelled", "the reload was cancelled"))

    def replace(self, worker: WorkerProcess, why: str) -> None:
        """Kills a blocked worker; starts a new one unless it was a draining worker."""
        self._log.host(f"{why}; killing the worker")
        message = f"the worker was killed: {why}"
        if worker is self.worker:
            self._drop_worker(RpcError("worker-died", message, hint=_RESTARTS))
            self._restart_after_crash(worker)
        else:
            self.retire(worker, RpcError("worker-died", message))

    # Events while loading

    def loaded(self, worker: WorkerProcess, description: bytes) -> None:
        """Called when the worker has loaded the file; it serves from now on."""
        if worker is self._candidate:
            self._candidate = None
            self.state.is_reloading = False
            old, self.worker = self.worker, worker
            if old is not None:
                self.draining.append(old)
        self._crashes = 0
        self.state.loaded(description, worker.revision)

    def announce(self) -> None:
        """Notifies listeners of a load, after the waiting calls have been dispatched."""
        for worker in tuple(self.draining):
            self.drained(worker)
        self.state.notify()

    def not_loaded(self, worker: WorkerProcess, error: RpcError) -> None:
        """Called when the worker could not load the file."""
        if worker is self._candidate:
            self._fail_reload(error)
        elif worker is self.worker:
            self._fail(error)

    def _fail(self, error: RpcError) -> None:
        self.state.failure = error
        self._log_failure("the file did not load", error)
        self.state.enter("failed")
        self._events.load_failed(error)

    def _fail_reload(self, error: RpcError) -> None:
        self._discard_candidate()
        self.state.reload_failure = error
        revision = self.state.revision
        self._log_failure(f"the edited file did not load, revision {revision} goes on serving", error)
        self.state.notify()

    def _log_failure(self, what: str, error: RpcError) -> None:
        self._log.host(f"{what}: {error.message}")
        for line in (error.traceback or "").splitlines():
            self._log.host("  " + line)

    # Ending

    def drained(self, worker: WorkerProcess) -> None:
        """Ends a replaced worker if it has no calls left."""
        if worker in self.draining and self._events.is_idle(worker):
            self.retire(worker, RpcError("worker-died", "the file was reloaded"))

    def retire(self, worker: WorkerProcess, error: RpcError) -> None:
        """Ends a replaced worker; calls that still run in it fail with the error."""
        self.draining.remove(worker)
        worker.discard(error)
        self._events.worker_lost(worker, error)

    def close(self, error: RpcError) -> None:
        """Ends all workers; calls that run in them fail with the error."""
        self._discard_candidate()
        for worker in tuple(self.draining):
            self.retire(worker, error)
        self._drop_worker(error)
        self.state.enter("dead")

    async def wait_until_exited(self) -> None:
        """Waits until the previous worker has exited and released its resources, such as GPU memory."""
        if self._last is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._last.ended.wait(), _EXIT_S)

    def _exited(self, worker: WorkerProcess, worker_exit: WorkerExit) -> None:
        details = {"log": worker.output.last_lines(), **worker_exit.details}
        # If the host is being stopped, the worker may have received the same signal and ended first.
        reason = self._config.read_end_reason()
        how = f"the worker ended during the call: {worker_exit}"
        if reason is not None:
            how = f"the host ended during the call: {reason}"
        died = RpcError("worker-died", how, details=details)
        message = f"the worker ended while it loaded {self._config.file}: {worker_exit}"
        not_loaded = RpcError("load-failed", message, details=details)
        if worker in self.draining:
            self.retire(worker, died)
        elif worker is self._candidate:
            self._fail_reload(not_loaded)
        elif worker is not self.worker:
            return
        elif self.state.phase == "failed":
            self.worker = None
        elif self.state.is_ready or (self.state.phase == "restarting" and self._crashes < _CRASH_RESTARTS):
            self._log.host(f"the worker ended: {worker_exit}")
            died.hint = _RESTARTS
            self._drop_worker(died)
            self._crashes += 1
            self._restart_after_crash(worker)
        else:
            self.worker = None
            self._fail(not_loaded)

    def _discard_candidate(self) -> None:
        candidate, self._candidate = self._candidate, None
        self.state.is_reloading = False
        if candidate is not None:
            candidate.discard(RpcError("loading", "the file was reloaded again"))

    def _drop_worker(self, error: RpcError) -> None:
        worker, self.worker = self.worker, None
        if worker is None:
            return
        self._last = worker
        worker.discard(error)
        self._events.worker_lost(worker, error)

    def _restart_after_crash(self, crashed: WorkerProcess) -> None:
        self.restarts += 1
        self.state.enter("restarting")
        self._starting = self._loop.create_task(self.start(crashed=crashed))

    async def ask(self, header: dict[str, Any]) -> Message:
        """Sends the current worker a request other than a call, and returns the answer."""
        if not self.state.is_ready or self.worker is None:
            self.state.refuse_unless_restarting()
            raise RpcError("loading", "the worker is being restarted")
        return await self.worker.ask(header)
