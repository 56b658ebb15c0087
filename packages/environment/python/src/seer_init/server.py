"""Serves a sandbox's clients, and ends the sandbox on request or when its lease ends."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING

from . import files, frames, processes
from .children import Children
from .command import Command
from .lease import Lease
from .not_started import why_not_started
from .relays import Listeners, Relays
from .requests import BadRequest, Request

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from .requests import Settings

GRACE_SECONDS = 1.0
_END_REASONS = {
    "terminated": "the sandbox was terminated",
    "timeout": "the sandbox reached its time limit, `timeoutMs`",
    "budget": "the sandbox spent its budget, `budgetUsd`",
    "owner-gone": "every process that used the sandbox had ended",
}


class Server:
    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings
        self._env = {**(os.environ if settings.inherit_env else {}), **settings.env}
        self._children = Children()
        self._lease = Lease(
            grace=settings.lease_ms / 1000,
            timeout=math.inf if settings.timeout_ms is None else settings.timeout_ms / 1000,
            timeout_reason=settings.timeout_reason,
        )
        self._relays = Relays()
        self._listeners = Listeners(settings.listeners)
        self._connections: set[frames.Connection] = set()
        # Connections that get the end reason after all processes have ended.
        self._waiting: set[frames.Connection] = set()
        self._reason: str | None = None
        self._wakeup, self._wake = os.pipe()

    def run(self) -> str:
        """Serves until the sandbox ends; returns the reason after all other processes have ended."""
        if self._settings.end_reason_file:
            # A snapshot may contain an earlier instance's file.
            with contextlib.suppress(OSError):
                os.unlink(self._settings.end_reason_file)
        self._listener.setblocking(False)
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wakeup, False)
        # Signals wake the loop below through this pipe.
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore_signal)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        while self._reason is None:
            ready, _, _ = select.select([self._listener, self._wakeup], [], [], self._lease.next_check())
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)
            self._children.reap()
            if self._listener in ready:
                self._accept()
            if reason := self._lease.end_reason():
                self._end(reason)
        self._finish(self._reason)
        return self._reason

    def _accept(self) -> None:
        # The client may have disconnected already.
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            accepted, _ = self._listener.accept()
            accepted.setblocking(True)
            connection = frames.Connection(accepted)
            try:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            except RuntimeError as error:
                with contextlib.suppress(frames.Disconnected):
                    connection.fail_with(error)
                connection.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._end("terminated")

    def _end(self, reason: str) -> None:
        self._reason = self._reason or reason
        # A full pipe also wakes the loop.
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _finish(self, reason: str) -> None:
        self._listener.close()
        print(f"seer: sandbox {self._settings.id} ends: {reason}", file=sys.stderr, flush=True)
        # Before the commands are killed, so that clients learn the cause.
        for connection in self._connections.copy() - self._waiting:
            connection.send_last(frames.FAILURE, {"code": "ended", "message": reason})
        if self._settings.end_reason_file:
            _write_end_reason(self._settings.end_reason_file, reason)
        own = os.getpid()
        processes.end(lambda: processes.descendants(own), grace=GRACE_SECONDS, reap=self._children.reap)
        for connection in self._waiting.copy():
            connection.send_last(frames.RESULT, {"reason": reason})

    def _serve(self, connection: frames.Connection) -> None:
        self._connections.add(connection)
        try:
            kind, payload = connection.read()
            if kind != frames.REQUEST:
                raise BadRequest("the first frame is the request")
            self._answer(connection, Request(payload))
        except frames.Disconnected:
            pass
        except (BadRequest, OSError) as error:
            connection.fail_with(error)
        except Exception as error:
            # A client would take a closed connection for the end of the sandbox.
            connection.fail_with(error)
            raise
        finally:
            self._connections.discard(connection)
            self._waiting.discard(connection)
            connection.close()

    def _answer(self, connection: frames.Connection, request: Request) -> None:
        if request.op == "exec":
            env = {**self._env, **request.env}
            cwd = request.cwd or self._settings.cwd
            listener = None if request.listener < 0 else self._listeners.give(request.listener)
            try:
                command = Command(connection, self._children, request, cwd, env, listener)
            except OSError as error:
                code, message = why_not_started(error, request, cwd, env)
                connection.fail(code, message)
            else:
                command.run()
        elif request.op == "read":
            files.read(connection, request)
        elif request.op == "write":
            files.write(connection, request)
        elif request.op == "write-tree":
            files.write_tree(connection)
        elif request.op == "make-directory":
            files.make_directory(connection, request)
        elif request.op == "hold":
            self._hold(connection)
        elif request.op == "renew":
            self._lease.renew(request.holder, seconds=request.seconds)
            self._recheck_lease()
            connection.send_json(frames.RESULT, self._status())
        elif request.op == "relay":
            known = self._relays.port(request.port)
            connection.send_json(frames.STARTED, {"port": known})
            if known is None:
                connection.send_json(frames.RESULT, {"port": self._relays.open(request.port, connection)})
        elif request.op == "take-listener":
            connection.send_json(frames.RESULT, {"listener": self._listeners.take()})
        elif request.op == "status":
            connection.send_json(frames.RESULT, self._status())
        elif request.op == "terminate":
            self._waiting.add(connection)
            self._end("terminated")
            _until_disconnected(connection)
        else:
            raise BadRequest(f"unknown operation {request.op!r}")

    def _hold(self, connection: frames.Connection) -> None:
        """Keeps the sandbox alive while the connection is open."""
        self._lease.hold()
        self._waiting.add(connection)
        connection.send_json(frames.STARTED, self._status())
        try:
            _until_disconnected(connection)
        finally:
            self._lease.release()
            self._recheck_lease()

    def _recheck_lease(self) -> None:
        """Wakes the loop, whose next check may be later than the new end of the lease."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _status(self) -> dict[str, object]:
        remaining = self._lease.remaining
        return {
            "id": self._settings.id,
            "uptimeMs": round(self._lease.uptime * 1000),
            "remainingMs": None if remaining == math.inf else round(remaining * 1000),
            "holders": self._lease.holders,
        }


def _write_end_reason(path: str, reason: str) -> None:
    """Writes the file from which interface hosts tell their callers why the sandbox ended."""
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:
        file.write(_END_REASONS.get(reason, reason))


def _ignore_signal(_number: int, _frame: FrameType | None) -> None:
    pass


def _until_disconnected(connection: frames.Connection) -> None:
    with contextlib.suppress(frames.Disconnected):
        while True:
            connection.read()
