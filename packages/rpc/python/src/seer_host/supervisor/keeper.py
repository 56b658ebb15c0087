"""Keeps a worker running: starts it, notices its end, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..errors import RpcError
from ..messages import Message, build_message
from .process import Death, WorkerProcess
from .spawn import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .calls import Stream
    from .config import HostConfig
    from .log import Log
    from .poller import Poller
    from .spawn import Spawned

Phase = Literal["loading", "ready", "restarting", "failed", "dead"]

_END_S = 10.0
_RELOADS = 5
"""How often a file that has loaded before is loaded again when the worker dies of it."""
_RESTARTS = "The worker is being restarted; the file's state is lost, and the next call works."


class Employer(Protocol):
    """Who uses the worker."""

    def received(self, data: bytes | bytearray) -> None:
        """A message has come from the worker."""

    def printed(self, stream: Stream, text: str) -> None:
        """Something has come from one of its file descriptors."""

    def left(self, error: RpcError) -> None:
        """The worker is gone, and what ran in it has ended with this error."""

    def failed(self, error: RpcError) -> None:
        """The file did not load."""


class Keeper:
    """One worker at a time, and the phase of its life."""

    def __init__(self, config: HostConfig, log: Log, poller: Poller, employer: Employer) -> None:
        self._config = config
        self._log = log
        self._poller = poller
        self._employer = employer
        self._loop = asyncio.get_running_loop()
        self.worker: WorkerProcess | None = None
        self._last: WorkerProcess | None = None
        self.phase: Phase = "loading"
        self.failure: RpcError | None = None
        self.restarts = 0
        self._reloads = 0
        self._listeners: list[Callable[[], None]] = []
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_ready(self) -> bool:
        return self.phase == "ready"

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls back whenever the phase changes; what it gives ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def start(self, spawned: Spawned | None = None) -> None:
        """Starts a worker, or takes one that has been started."""
        await self.until_left()
        if self.worker is not None or self.phase == "dead":
            return
        self.failure = None
        self._log.begin_worker()
        try:
            self.worker = WorkerProcess(
                spawned or spawn(self._config),
                self._poller,
                received=self._employer.received,
                printed=self._employer.printed,
                died=self._died,
            )
        except OSError as error:
            message = f"cannot start the worker with {self._config.python}: {error.strerror}"
            self.fail(RpcError("load-failed", message, hint="Is 'python' the path of an interpreter?"))
            return

    def loaded(self) -> None:
        """The worker has loaded the file."""
        self._reloads = 0
        self._enter("ready")

    def fail(self, error: RpcError) -> None:
        """The worker could not load the file."""
        self.failure = error
        self._log.host(f"the file did not load: {error.message}")
        for line in (error.traceback or "").splitlines():
            self._log.host("  " + line)
        self._enter("failed")
        self._employer.failed(error)

    async def restart(self) -> None:
        """Kills the worker and loads the file again."""
        self._log.host("restarting the worker")
        self._leave(RpcError("worker-died", "the worker was restarted during the call"))
        self.restarts += 1
        self._enter("restarting")
        await self.start()

    def replace(self, why: str) -> None:
        """Kills a worker that is of no more use, and starts another."""
        self._log.host(f"{why}; killing the worker")
        self._leave(RpcError("worker-died", f"the worker was killed: {why}", hint=_RESTARTS))
        self._start_again()

    def close(self) -> None:
        self._leave(RpcError("worker-died", "the host was shut down during the call"))
        self._enter("dead")

    async def until_left(self) -> None:
        """Waits for the end of the last worker: what it held, such as a device's memory, must be free."""
        if self._last is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._last.ended.wait(), _END_S)

    async def ask(self, header: dict[str, Any]) -> Message:
        """Asks the worker something that is not a call."""
        if not self.is_ready or self.worker is None:
            self.refuse_unless_restarting()
            raise RpcError("loading", "the worker is being restarted")
        self._asked = number = self._asked + 1
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._answers[number] = answer
        (data,) = build_message({**header, "request": number}, b"")
        self.worker.control.send(data)
        try:
            return await answer
        finally:
            del self._answers[number]

    def answered(self, message: Message) -> None:
        answer = self._answers.get(message.header["request"])
        if answer is not None and not answer.done():
            answer.set_result(message)

    def ping(self) -> asyncio.Task[None]:
        """Asks the worker whether calls that run beside others get on; done when it has answered."""
        return self._spawn(self._ping())

    async def _ping(self) -> None:
        with contextlib.suppress(RpcError):
            await self.ask({"op": "ping"})

    def refuse_unless_restarting(self) -> None:
        """Raises the error that says why there is no worker, unless there will be one again."""
        if self.phase == "failed" and self.failure is not None:
            raise self.failure
        if self.phase == "dead":
            raise RpcError("worker-died", "the host is shutting down")
        if self.phase == "loading":
            raise self.loading()

    def loading(self) -> RpcError:
        return RpcError("loading", f"{self._config.file} is still loading")

    def _died(self, worker: WorkerProcess, death: Death) -> None:
        if worker is not self.worker:
            return
        details: dict[str, Any] = {"log": self._log.last_of_worker()}
        details |= {"signal": death.signal} if death.signal else {"exitCode": death.returncode}
        if self.phase == "failed":
            self.worker = None
            return
        if not self.is_ready and not (self._reloads < _RELOADS and self.phase == "restarting"):
            self.worker = None
            message = f"the worker ended while it loaded {self._config.file}: {death}"
            self.fail(RpcError("load-failed", message, details=details))
            return
        self._log.host(f"the worker ended: {death}")
        message = f"the worker ended during the call: {death}"
        self._leave(RpcError("worker-died", message, hint=_RESTARTS, details=details))
        self._reloads += 1
        self._start_again()

    def _leave(self, error: RpcError) -> None:
        worker, self.worker = self.worker, None
        if worker is None:
            return
        worker.abandon()
        self._last = worker
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
        self._employer.left(error)

    def _start_again(self) -> None:
        self.restarts += 1
        self._enter("restarting")
        self._spawn(self.start())

    def _enter(self, phase: Phase) -> None:
        if phase == self.phase:
            return
        self.phase = phase
        for listener in tuple(self._listeners):
            listener()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
