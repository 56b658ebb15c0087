"""A worker process and its channels."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..messages import Message, build_message, parse_message, parse_result
from .message_memory import MessageMemory
from .orphans import end_orphans
from .spawn import workers
from .worker_channel import WorkerChannel
from .worker_output import OutputPipe, WorkerOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import RpcError
    from .log import Log
    from .spawn import Spawned
    from .worker_manager import WorkerEvents

_DRAIN_S = 0.25
"""How long to wait for the last frames after the worker exited; its children may keep the sockets open."""


class WorkerExit(NamedTuple):
    """How a worker ended."""

    returncode: int
    out_of_memory: bool | None
    """Whether the system killed processes for lack of memory meanwhile; None where it is unknown."""

    @property
    def signal(self) -> str | None:
        if self.returncode >= 0:
            return None
        try:
            return signal.Signals(-self.returncode).name
        except ValueError:
            return str(-self.returncode)

    @property
    def details(self) -> dict[str, Any]:
        if self.signal is None:
            return {"exitCode": self.returncode}
        oom = self.signal == "SIGKILL" and self.out_of_memory
        return {"signal": self.signal, **({"outOfMemory": True} if oom else {})}

    def __str__(self) -> str:
        if self.signal == "SIGKILL":
            why = {True: " because memory ran out", None: ", perhaps because memory ran out", False: ""}
            return f"it was killed (SIGKILL){why[self.out_of_memory]}"
        if self.signal is not None:
            return f"it was ended by {self.signal}"
        return f"it exited with code {self.returncode}"


class WorkerProcess:
    """A worker, with one channel for calls on the main thread and one for everything else."""

    def __init__(
        self,
        spawned: Spawned,
        log: Log,
        events: WorkerEvents,
        exited: Callable[[WorkerProcess, WorkerExit], None],
    ) -> None:
        self._events = events
        self._on_exit = exited
        self._loop = asyncio.get_running_loop()
        self._exit: WorkerExit | None = None
        self.ended = asyncio.Event()
        self.source = spawned.source
        self.revision = 0
        """The version of the file that it runs."""
        self.output = WorkerOutput(log)
        self._channel_lost = False
        self._oom_kills = _count_oom_kills()
        self._process = spawned.process
        self.pid = self._process.pid
        self.calls = WorkerChannel(spawned.calls, self._received, self._lost)
        self.calls.write(spawned.unsent)
        self.memory = MessageMemory(*spawned.regions) if spawned.regions is not None else None
        self.control = WorkerChannel(spawned.control, self._received, lambda: None)
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Message]] = {}
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        on_text = partial(events.printed, self)
        self._pipes = [
            OutputPipe(self._process.stdout.fileno(), "stdout", on_text),
            OutputPipe(self._process.stderr.fileno(), "stderr", on_text),
        ]
        # A thread, because asyncio's child watchers do not work on every system.
        threading.Thread(target=self._wait, daemon=True).start()

    async def ask(self, header: dict[str, Any]) -> Message:
        """Sends a request other than a call; raises the error of `discard` if the worker is discarded."""
        self._asked = number = self._asked + 1
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._answers[number] = answer
        (data,) = build_message({**header, "request": number}, b"")
        self.control.send(data)
        try:
            return await answer
        finally:
            del self._answers[number]

    def _received(self, data: bytes | bytearray | memoryview) -> None:
        message = parse_result(data) or parse_message(data)
        op = message.header["op"]
        if op == "answer":
            answer = self._answers.get(message.header["request"])
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif op == "shared":
            if self.memory is not None:
                self._events.received(self, self.memory.read(message))
        elif op == "released":
            if self.memory is not None:
                self.memory.worker_released(message.header["offsets"])
        else:
            self._events.received(self, message)

    def kill(self) -> None:
        """Kills the worker's process group."""
        if self._exit is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def discard(self, error: RpcError) -> None:
        """Kills the worker, fails pending requests, and ignores further messages."""
        self.kill()
        self.calls.abort()
        self.control.abort()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)

    def _wait(self) -> None:
        if hasattr(os, "waitid"):
            # The PID cannot be reused before the worker is reaped, so this kills only its own group.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            self.kill()
        returncode = self._process.wait()
        workers.discard(self.pid)
        end_orphans(self.pid)
        # The loop may be closed already if the host is stopping.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._exited, returncode)

    def _exited(self, returncode: int) -> None:
        kills = _count_oom_kills()
        out_of_memory = None if kills is None or self._oom_kills is None else kills > self._oom_kills
        self._exit = WorkerExit(returncode, out_of_memory)
        if self._channel_lost:
            self._finish()
        else:
            self._loop.call_later(_DRAIN_S, self._finish)

    def _lost(self) -> None:
        self._channel_lost = True
        if self._exit is not None:
            self._finish()
        else:
            # A worker that has closed its socket cannot be used any more.
            self._loop.call_later(_DRAIN_S, self.kill)

    def _finish(self) -> None:
        if not self._pipes or self._exit is None:
            return
        for pipe in self._pipes:
            pipe.close()
        self._pipes = []
        self.output.end_lines()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self.calls.abort()
        self.control.abort()
        self.ended.set()
        self._on_exit(self, self._exit)


def _count_oom_kills() -> int | None:
    """How many processes the kernel has killed for lack of memory since it booted."""
    with contextlib.suppress(OSError, ValueError), open("/proc/vmstat", "rb") as counters:
        for line in counters:
            name, _, count = line.partition(b" ")
            if name == b"oom_kill":
                return int(count)
    return None
