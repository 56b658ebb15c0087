"""One command of the sandbox, for the connection that asked for it."""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import subprocess
import threading
from typing import TYPE_CHECKING

from . import frames, processes

if TYPE_CHECKING:
    from .children import Children
    from .requests import Request

GRACE_SECONDS = 2.0


class Command:
    """Streams a command's output, feeds it input, and ends it with its connection unless it is detached."""

    def __init__(
        self,
        connection: frames.Connection,
        children: Children,
        request: Request,
        cwd: str,
        env: dict[str, str],
    ) -> None:
        self._connection = connection
        self._children = children
        self._exit_code: int | None = None
        # A byte in this pipe says that the process has ended.
        self._ended, self._on_end = os.pipe()
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._process = children.start(
                request.argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE if request.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if request.merge else subprocess.PIPE,
                on_exit=self._exited,
            )
        except BaseException:
            os.close(self._ended)
            os.close(self._on_end)
            raise

    def run(self) -> None:
        """Returns when the client is gone, and with it the command unless it was detached."""
        self._connection.send_json(frames.STARTED, {"pid": self._process.pid})
        threading.Thread(target=self._send_output, daemon=True).start()
        if self._process.stdin is not None:
            threading.Thread(target=self._feed_input, daemon=True).start()
        detached = False
        with contextlib.suppress(frames.Disconnected):
            while True:
                kind, payload = self._connection.read()
                if kind == frames.INPUT:
                    self._input.put(payload)
                elif kind == frames.END_OF_INPUT:
                    self._input.put(None)
                elif kind == frames.KILL:
                    threading.Thread(target=self._kill, daemon=True).start()
                elif kind == frames.DETACH:
                    detached = True
                    self._connection.send(frames.DETACH)
        self._input.put(None)
        if not detached:
            self._kill()

    def _exited(self, exit_code: int) -> None:
        self._exit_code = exit_code
        os.write(self._on_end, b"\0")

    def _kill(self) -> None:
        """Ends a process that still runs, with all it started; one that ended may have left jobs behind."""
        if self._exit_code is None:
            processes.end(self._targets, grace=GRACE_SECONDS, reap=self._children.reap)

    def _targets(self) -> list[int]:
        pid = self._process.pid
        return [*processes.session(pid), *processes.descendants(pid)]

    def _feed_input(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        # A process need not read its input; it may end, or close it.
        with contextlib.suppress(BrokenPipeError), pipe:
            while (data := self._input.get()) is not None:
                pipe.write(data)
                pipe.flush()

    def _send_output(self) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe, kind in ((self._process.stdout, frames.STDOUT), (self._process.stderr, frames.STDERR)):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    selector.register(pipe, selectors.EVENT_READ, kind)
            selector.register(self._ended, selectors.EVENT_READ)
            # Jobs in the background keep the pipes open past the end, and would die of closed ones.
            while selector.get_map():
                ready = [key for key, _ in selector.select()]
                ended = any(key.fd == self._ended for key in ready)
                pipes = list(selector.get_map().values()) if ended else ready
                for key in pipes:
                    if key.fd != self._ended and not self._forward(key.fd, key.data, drain=ended):
                        selector.unregister(key.fileobj)
                if ended:
                    # What the process wrote before its end has been sent: it was in the pipes.
                    selector.unregister(self._ended)
                    self._connection.send_json(frames.RESULT, {"exitCode": self._exit_code})
                    self._connection.mute()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        os.close(self._ended)
        os.close(self._on_end)

    def _forward(self, fd: int, kind: bytes, *, drain: bool) -> bool:
        """Sends what is in a pipe, all of it when it is to be drained; False at the end of it."""
        while True:
            try:
                data = os.read(fd, frames.CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._connection.send(kind, data)
            if not drain:
                return True
