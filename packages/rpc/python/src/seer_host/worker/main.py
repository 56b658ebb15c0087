"""The life of a worker: load the file, say what it exposes, run calls until the supervisor goes."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from .. import PROTOCOL_VERSION
from ..errors import RpcError
from ..messages import Message, build_message, parse_message
from .channel import Channel, ChannelClosed
from .children import prepare_children
from .context import CallContext, Interrupter, current_call
from .exposure import Expose, Models
from .loader import load
from .output import CallStream
from .parent import end_with
from .progress import show_progress_bars
from .refs import Refs
from .runner import Runner
from .sharing import open_arenas

if TYPE_CHECKING:
    from .functions import Function

_NICE = 5
_OF_SHARED = frozenset(("shared", "forgotten"))


def main(arguments: list[str]) -> NoReturn:
    parent, calls_fd, control_fd, *arenas = map(int, arguments)
    Worker(Channel(calls_fd), Channel(control_fd), arenas).run(parent)


class Worker:
    """One worker process."""

    def __init__(self, calls: Channel, control: Channel, arenas: list[int]) -> None:
        self._calls = calls
        self._control = control
        self._interrupter = Interrupter()
        self._refs = Refs()
        self._sharing = open_arenas(arenas)

    def run(self, parent: int) -> NoReturn:
        status = 0
        try:
            self._run(parent)
        except ChannelClosed:
            pass
        except BaseException as error:
            # Only a mistake of the host's own ends here; its traceback belongs in the log.
            status = 70
            sys.__excepthook__(type(error), error, error.__traceback__)
        # At once: nothing that the user's code left behind, such as a thread, may hold the process up.
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)

    def _run(self, parent: int) -> None:
        settings: dict[str, Any] = json.loads(self._calls.receive())
        end_with(parent)
        # So that the supervisor answers at once also where there are no more cores than busy threads.
        with contextlib.suppress(OSError):
            os.nice(_NICE)
        faulthandler.enable()
        self._interrupter.install()
        streams = CallStream("stdout", 1, self._emit), CallStream("stderr", 2, self._emit)
        sys.stdout, sys.stderr = streams
        self._leave_to_parent(streams)
        runner = Runner(
            self._calls, self._interrupter, self._refs, streams, self._sharing, settings["maxBytes"]
        )
        threading.Thread(target=self._watch_control, args=(runner,), name="seer-control", daemon=True).start()
        expose = Expose(self._refs, self._report)
        show_progress_bars(expose.progress)
        prepare_children(settings["file"], settings["models"])
        try:
            functions, doc = load(settings["file"], expose, Models(settings["models"]), settings["path"])
            runner.serve(functions)
            described = _described(settings["name"], doc, functions, shares=self._sharing is not None)
        except RpcError as error:
            self._calls.send(*build_message({"op": "load-failed"}, error.encode()))
            return
        for stream in streams:
            stream.flush()
        self._calls.send(*described)
        receive, run = self._calls.receive, runner.run_main
        while True:
            run(self._read(receive()))

    def _read(self, data: bytes | bytearray) -> Message:
        message = parse_message(data)
        if self._sharing is not None and not _OF_SHARED.isdisjoint(message.header):
            return self._sharing.read(message)
        return message

    def _watch_control(self, runner: Runner) -> None:
        try:
            while True:
                self._obey(runner, self._read(self._control.receive()))
        except ChannelClosed:
            os._exit(0)
        except BaseException as error:
            # A worker that cannot be told anything is better started anew.
            sys.__excepthook__(type(error), error, error.__traceback__)
            os._exit(70)

    def _obey(self, runner: Runner, message: Message) -> None:
        header = message.header
        op: str = header["op"]
        if op == "call":
            runner.run_beside(message)
        elif op == "cancel":
            runner.cancel(header["seq"], header["id"])
        elif op == "credit":
            runner.grant(header["seq"], header["items"])
        elif op == "ping":
            runner.when_free(lambda: self._answer(header["request"], {}))
        elif op == "refs":
            self._answer(header["request"], {"refs": self._refs.list()})
        elif op == "free":
            freed = self._refs.free(header["id"])
            self._answer(header["request"], {}, ok=freed)

    def _answer(self, request: int, body: Any, *, ok: bool = True) -> None:
        encoded = json.dumps(body).encode()
        self._calls.send(*build_message({"op": "answer", "request": request, "ok": ok}, encoded))

    def _emit(self, header: bytes, body: bytes) -> None:
        with self._interrupter:
            self._calls.send(header, body)

    def _report(self, context: CallContext, progress: dict[str, Any]) -> None:
        with self._interrupter:
            self._calls.send(*build_message({"op": "progress", "id": context.id, **progress}, b""))

    def _leave_to_parent(self, streams: tuple[CallStream, ...]) -> None:
        """A fork of the worker must not keep its sockets, or its death would go unnoticed."""

        def leave() -> None:
            self._calls.close()
            self._control.close()
            for stream in streams:
                stream.write_through()
            current_call.set(None)

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=leave)
            if (sharing := self._sharing) is not None:
                os.register_at_fork(before=sharing.before_fork, after_in_child=sharing.after_fork_in_child)


def _described(name: str, doc: str, functions: dict[str, Function], *, shares: bool) -> list[Any]:
    description = {
        "protocol": PROTOCOL_VERSION,
        "name": name,
        "doc": doc,
        "functions": [function.describe() for function in functions.values()],
    }
    header = {
        "op": "described",
        "functions": {f.name: f.concurrency for f in functions.values()},
        "streams": [f.name for f in functions.values() if f.is_stream],
        "shares": shares,
    }
    return build_message(header, json.dumps(description, allow_nan=False).encode())
