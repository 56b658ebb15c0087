"""One worker process: its start, its output, its end."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .link import Link
from .orphans import end_orphans, reap_orphans

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Stream
    from .config import HostConfig
    from .outbox import Batch

_MAIN = Path(__file__).parents[1] / "worker" / "__main__.py"
_SOURCE = str(Path(__file__).parents[2])
_DRAIN_S = 0.25
"""How long to wait for the last frames of a worker whose sockets its own children may hold open."""


_workers: set[int] = set()
"""The workers that have not been reaped."""


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
        config: HostConfig,
        batch: Batch,
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

        calls, worker_calls = socket.socketpair()
        control, worker_control = socket.socketpair()
        try:
            calls.sendall(_first_frame(config))
            self._process = self._spawn(config, worker_calls, worker_control)
        except BaseException:
            calls.close()
            control.close()
            raise
        finally:
            worker_calls.close()
            worker_control.close()
        self.pid = self._process.pid
        _workers.add(self.pid)
        self.calls = Link(calls, batch, received, self._lost)
        self.control = Link(control, batch, received, lambda: None)
        self._sockets = ((calls, self.calls), (control, self.control))
        for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
            assert stream is not None
            self._pipes.append(_Pipe(self._loop, stream.fileno(), name, printed))
        # A thread rather than a child watcher: it works with every event loop and on every system.
        threading.Thread(target=self._wait, daemon=True).start()

    @staticmethod
    def _spawn(config: HostConfig, calls: socket.socket, control: socket.socket) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        # The host's own place on the path is no business of the user's code.
        paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path != _SOURCE]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        if not environment["PYTHONPATH"]:
            del environment["PYTHONPATH"]
        environment.setdefault("PYTHONUNBUFFERED", "1")
        return subprocess.Popen(
            [config.python, str(_MAIN), str(calls.fileno()), str(control.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=(calls.fileno(), control.fileno()),
            env=environment,
            start_new_session=True,
        )

    @staticmethod
    def reap_orphans() -> None:
        """Takes note of processes that the user's code started and that have ended without it."""
        reap_orphans(_workers)

    async def connect(self) -> None:
        for end, link in self._sockets:
            end.setblocking(False)
            await self._loop.connect_accepted_socket(lambda link=link: link, end)

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
        _workers.discard(self.pid)
        end_orphans(_workers)
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


def _first_frame(config: HostConfig) -> bytes:
    """What the worker is to load; it lies in the socket before the worker exists."""
    body = json.dumps(
        {
            "file": config.file,
            "name": config.name,
            "models": list(config.models),
            "path": list(config.path),
            "maxBytes": config.limits.message_bytes,
        }
    ).encode()
    return len(body).to_bytes(4, "little") + body


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
