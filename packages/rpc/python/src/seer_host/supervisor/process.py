"""One worker process: its start, its output, its end."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, NamedTuple

from .link import Link
from .orphans import end_orphans, reap_orphans
from .shared import Shared
from .spawn import workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Stream
    from .poller import Poller
    from .spawn import Spawned

_DRAIN_S = 0.25
"""How long to wait for the last frames of a worker whose sockets its own children may hold open."""


class Death(NamedTuple):
    """How a worker ended."""

    returncode: int

    @property
    def signal(self) -> str | None:
        if self.returncode >= 0:
            return None
        try:
            return signal.Signals(-self.returncode).name
        except ValueError:
            return str(-self.returncode)

    def __str__(self) -> str:
        if self.signal == "SIGKILL":
            return "it was killed (SIGKILL), perhaps because memory ran out"
        if self.signal is not None:
            return f"it was ended by {self.signal}"
        return f"it exited with code {self.returncode}"


class WorkerProcess:
    """A running worker, with a link for the main thread's calls and one for everything else."""

    def __init__(
        self,
        spawned: Spawned,
        poller: Poller,
        *,
        received: Callable[[bytes | bytearray], None],
        printed: Callable[[Stream, str], None],
        died: Callable[[WorkerProcess, Death], None],
    ) -> None:
        self._printed = printed
        self._died = died
        self._loop = asyncio.get_running_loop()
        self._death: Death | None = None
        self.ended = asyncio.Event()
        self._link_lost = False
        self._pipes: list[_Pipe] = []
        self._process = spawned.process
        self.pid = self._process.pid
        self.calls = Link(spawned.calls, poller, received, self._lost)
        self.shared = Shared(*spawned.arenas) if spawned.arenas is not None else None
        self.control = Link(spawned.control, poller, received, lambda: None)
        for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
            assert stream is not None
            self._pipes.append(_Pipe(self._loop, stream.fileno(), name, printed))
        # A thread rather than a child watcher: it works with every event loop and on every system.
        threading.Thread(target=self._wait, daemon=True).start()

    @staticmethod
    def reap_orphans() -> None:
        """Takes note of processes that the user's code started and that have ended without it."""
        reap_orphans(workers)

    def kill(self) -> None:
        """Ends the worker and what it started in its own process group, at once."""
        if self._death is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """Ends the worker, and hears nothing more of it."""
        self.kill()
        self.calls.close()
        self.control.close()

    def _wait(self) -> None:
        if hasattr(os, "waitid"):
            # Until it is reaped its number is its own, so the group is that of its children and no other.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            self.kill()
        returncode = self._process.wait()
        workers.discard(self.pid)
        end_orphans(workers)
        # The loop may be closed already, when the host is ending.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._exited, returncode)

    def _exited(self, returncode: int) -> None:
        self._death = Death(returncode)
        if self._link_lost:
            self._finish()
        else:
            self._loop.call_later(_DRAIN_S, self._finish)

    def _lost(self) -> None:
        self._link_lost = True
        if self._death is not None:
            self._finish()
        else:
            # A worker that closed its socket is of no more use, even if it has not ended.
            self._loop.call_later(_DRAIN_S, self.kill)

    def _finish(self) -> None:
        if not self._pipes or self._death is None:
            return
        for pipe in self._pipes:
            pipe.close()
        self._pipes = []
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self.calls.close()
        self.control.close()
        self.ended.set()
        self._died(self, self._death)


class _Pipe:
    """What comes from one of the worker's own file descriptors: C code, subprocesses, crashes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fd: int,
        name: str,
        printed: Callable[[Stream, str], None],
    ) -> None:
        self._loop = loop
        self._fd = fd
        self._stream: Stream = "stdout" if name == "stdout" else "stderr"
        self._printed = printed
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        os.set_blocking(fd, False)
        loop.add_reader(fd, self._read)

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._fd)
            return False
        if text := self._decode(data):
            self._printed(self._stream, text)
        return True

    def close(self) -> None:
        """Reads what is left and stops; whoever else still holds the pipe is not waited for."""
        for _ in range(64):
            if not self._read():
                break
        self._loop.remove_reader(self._fd)
