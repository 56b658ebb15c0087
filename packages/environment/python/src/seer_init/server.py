"""Answers a sandbox's clients, and ends the sandbox when it is told to or its lease is over."""

from __future__ import annotations

import contextlib
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
from .relays import Relays
from .requests import BadRequest, Request

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from .requests import Settings

GRACE_SECONDS = 1.0


class Server:
    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings
        self._env = {**(os.environ if settings.inherit_env else {}), **settings.env}
        self._children = Children()
        self._lease = Lease(
            grace=settings.lease_ms / 1000,
            timeout=settings.timeout_ms / 1000,
            timeout_reason=settings.timeout_reason,
        )
        self._relays = Relays()
        self._connections: set[frames.Connection] = set()
        # Those that wait for the end, to hear of it when there is nothing left.
        self._waiting: set[frames.Connection] = set()
        self._reason: str | None = None
        self._wakeup, self._wake = os.pipe()

    def run(self) -> str:
        """Serves until the end, and returns its reason when no other process of the sandbox is left."""
        self._listener.setblocking(False)
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wakeup, False)
        # Signals only have to wake the loop below, which looks at everything that they may mean.
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        while self._reason is None:
            ready, _, _ = select.select([self._listener, self._wakeup], [], [], self._lease.next_check())
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)
            self._children.reap()
            if self._listener in ready:
                self._accept()
            if reason := self._lease.over():
                self._end(reason)
        self._finish(self._reason)
        return self._reason

    def _accept(self) -> None:
        # A client may be gone again by now.
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            accepted, _ = self._listener.accept()
            accepted.setblocking(True)
            threading.Thread(target=self._serve, args=(frames.Connection(accepted),), daemon=True).start()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._end("terminated")

    def _end(self, reason: str) -> None:
        self._reason = self._reason or reason
        # A full pipe wakes as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _finish(self, reason: str) -> None:
        self._listener.close()
        print(f"seer: sandbox {self._settings.id} ends: {reason}", file=sys.stderr, flush=True)
        # That their commands now end is not the commands' doing.
        for connection in self._connections.copy() - self._waiting:
            connection.last(frames.FAILURE, {"code": "ended", "message": reason})
        own = os.getpid()
        processes.end(lambda: processes.descendants(own), grace=GRACE_SECONDS, reap=self._children.reap)
        for connection in self._waiting.copy():
            connection.last(frames.RESULT, {"reason": reason})

    def _serve(self, connection: frames.Connection) -> None:
        self._connections.add(connection)
        try:
            kind, payload = connection.read()
            if kind != frames.REQUEST:
                raise BadRequest("the first frame is the request")
            self._answer(connection, Request(payload))
        except frames.Disconnected:
            pass
        except BadRequest as error:
            connection.fail("bad-request", str(error))
        except OSError as error:
            connection.fail(_name(error), str(error))
        finally:
            self._connections.discard(connection)
            self._waiting.discard(connection)
            connection.close()

    def _answer(self, connection: frames.Connection, request: Request) -> None:
        if request.op == "exec":
            env = {**self._env, **request.env}
            Command(connection, self._children, request, request.cwd or self._settings.cwd, env).run()
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
            self._look_at_lease()
            connection.send_json(frames.RESULT, self._status())
        elif request.op == "relay":
            known = self._relays.port(request.port)
            connection.send_json(frames.STARTED, {"port": known})
            if known is None:
                connection.send_json(frames.RESULT, {"port": self._relays.open(request.port, connection)})
        elif request.op == "status":
            connection.send_json(frames.RESULT, self._status())
        elif request.op == "terminate":
            self._waiting.add(connection)
            self._end("terminated")
            _until_disconnected(connection)
        else:
            raise BadRequest(f"unknown operation {request.op!r}")

    def _hold(self, connection: frames.Connection) -> None:
        """Keeps the sandbox alive for as long as the connection is open."""
        self._lease.hold()
        self._waiting.add(connection)
        connection.send_json(frames.STARTED, self._status())
        try:
            _until_disconnected(connection)
        finally:
            self._lease.release()
            self._look_at_lease()

    def _look_at_lease(self) -> None:
        """The loop's next look at it may be later than the end of a grace that has just begun."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def _status(self) -> dict[str, object]:
        return {
            "id": self._settings.id,
            "uptimeMs": round(self._lease.uptime * 1000),
            "remainingMs": round(self._lease.remaining * 1000),
            "holders": self._lease.holders,
        }


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    pass


def _until_disconnected(connection: frames.Connection) -> None:
    with contextlib.suppress(frames.Disconnected):
        while True:
            connection.read()


def _name(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "not-found"
    if isinstance(error, PermissionError):
        return "not-permitted"
    return "failed"
