"""Runs one command for the connection that requested it."""

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
    """Streams a command's input and output; kills it when its connection closes, unless it is detached."""

    def __init__(
        self,
        connection: frames.Connection,
        children: Children,
        request: Request,
        cwd: str,
        env: dict[str, str],
        listener: int | None = None,
    ) -> None:
        self._connection = connection
        self._children = children
        self._exit_code: int | None = None
        # A byte in this pipe signals that the process has ended.
        self._ended, self._on_end = os.pipe()
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        script: int | None = None
        try:
            if request.script:
                script = _script_file(request.script)
            self._process = (
                self._start(request, cwd, env, script)
                if listener is None
                # The program is the last argument; init's own interpreter runs it.
                else children.fork(request.argv[-1], listener, cwd=cwd, env=env, on_exit=self._exited)
            )
        except BaseException:
            os.close(self._ended)
            os.close(self._on_end)
            raise
        finally:
            for descriptor in (listener, script):
                if descriptor is not None:
                    os.close(descriptor)

    def _start(
        self, request: Request, cwd: str, env: dict[str, str], script: int | None
    ) -> subprocess.Popen[bytes]:
        return self._children.start(
            request.argv if script is None else _run_script(script),
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE if request.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if request.merge else subprocess.PIPE,
            pass_fds=() if script is None else (script,),
            on_exit=self._exited,
        )

    def run(self) -> None:
        """Returns when the client has disconnected; by then, the command has ended or is detached."""
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
        """Kills a running command and its descendants; background jobs of an ended one continue."""
        if self._exit_code is None:
            processes.end(self._targets, grace=GRACE_SECONDS, reap=self._children.reap)

    def _targets(self) -> list[int]:
        pid = self._process.pid
        return [*processes.session(pid), *processes.descendants(pid)]

    def _feed_input(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        # A process may close its input, or end without reading it.
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
            # Background jobs keep the pipes open after the command ends; closing them would kill the jobs.
            while selector.get_map():
                ready = [key for key, _ in selector.select()]
                ended = any(key.fd == self._ended for key in ready)
                pipes = list(selector.get_map().values()) if ended else ready
                for key in pipes:
                    if key.fd != self._ended and not self._forward(key.fd, key.data, drain=ended):
                        selector.unregister(key.fileobj)
                if ended:
                    # The pipes were drained above, so all output of the command has been sent.
                    selector.unregister(self._ended)
                    self._connection.send_json(frames.RESULT, {"exitCode": self._exit_code})
                    self._connection.mute()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        os.close(self._ended)
        os.close(self._on_end)

    def _forward(self, fd: int, kind: bytes, *, drain: bool) -> bool:
        """Forwards one chunk from a pipe, or with `drain` everything in it; False at end of file."""
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


def _script_file(script: str) -> int:
    """Writes the script to an anonymous file, because arguments are limited to 128 KiB."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("script")
    else:
        # Imported here because it is slow to import and not needed on Linux.
        import tempfile

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    data = memoryview(script.encode())
    while data:
        data = data[os.write(descriptor, data) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _run_script(descriptor: int) -> list[str]:
    """Runs a script like `bash -c`: with the same standard input and `$0`; the file is closed first."""
    return ["bash", "-c", f'eval "exec {descriptor}<&-; $(cat <&{descriptor})"']
