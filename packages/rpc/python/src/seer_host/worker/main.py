"""The worker process: loads the file, describes what it exposes, and runs calls until the supervisor ends."""

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
from .context import CallContext, current_call
from .exposure import Expose
from .interrupter import MainThreadInterrupter
from .loader import load
from .message_memory import open_message_memory
from .multiprocessing_hooks import prepare_children
from .output import CallStream
from .output_flush import OutputFlush
from .parent_death import die_with_parent
from .progress import report_tqdm_progress
from .refs import Refs
from .runner import CallRunner
from .thread_output import attribute_output_of_threads

if TYPE_CHECKING:
    from .loader import Loaded

_NICE = 5
_SHARED_MEMORY_FIELDS = frozenset(("shared", "released"))


def main(arguments: list[str]) -> NoReturn:
    parent, calls_fd, control_fd, *region_fds = map(int, arguments)
    Worker(Channel(calls_fd), Channel(control_fd), region_fds).run(parent)


class Worker:
    """One worker process."""

    def __init__(self, calls: Channel, control: Channel, region_fds: list[int]) -> None:
        self._calls = calls
        self._control = control
        self._interrupter = MainThreadInterrupter()
        self._refs = Refs()
        self._memory = open_message_memory(region_fds)
        self._stdout = CallStream("stdout", 1, self._emit)
        self._stderr = CallStream("stderr", 2, self._emit)
        self._flush_output = OutputFlush(self._stdout, self._stderr)

    def run(self, parent: int) -> NoReturn:
        status = 0
        try:
            self._run(parent)
        except ChannelClosed:
            pass
        except BaseException as error:
            # An error of the host itself; log its traceback.
            status = 70
            sys.__excepthook__(type(error), error, error.__traceback__)
        # `_exit`, because threads of user code must not keep the process alive.
        with contextlib.suppress(Exception):
            self._flush_output()
        os._exit(status)

    def _run(self, parent: int) -> None:
        settings: dict[str, Any] = json.loads(self._calls.receive())
        source = self._calls.receive() if settings["hasSource"] else None
        die_with_parent(parent)
        # Lower the priority, so that the supervisor responds even if user threads occupy every core.
        with contextlib.suppress(OSError):
            os.nice(_NICE)
        faulthandler.enable()
        self._interrupter.install()
        sys.stdout = sys.__stdout__ = self._stdout  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self._stderr  # type: ignore[misc]
        self._close_in_forks()
        attribute_output_of_threads()
        runner = CallRunner(
            self._calls,
            self._interrupter,
            self._refs,
            self._flush_output,
            self._memory,
            settings["maxBytes"],
        )
        threading.Thread(target=self._serve_control, args=(runner,), name="seer-control", daemon=True).start()
        expose = Expose(self._refs, self._report)
        report_tqdm_progress(expose.progress)
        prepare_children(settings["file"])
        try:
            loaded = load(settings["file"], source, expose, settings["models"], settings["path"])
            runner.serve(loaded.functions)
            described = _description_message(settings["name"], loaded, shares_memory=self._memory is not None)
        except RpcError as error:
            self._flush_output()
            self._calls.send(*build_message({"op": "load-failed"}, error.encode()))
            return
        for warning in loaded.warnings:
            print(f"Warning: {warning}", file=self._stderr)
        self._interrupter.raise_sigint_in_calls_only()
        self._flush_output()
        self._calls.send(*described)
        receive, run = self._calls.receive, runner.run_on_main_thread
        while True:
            run(self._read(receive()))

    def _read(self, data: bytes | bytearray) -> Message:
        message = parse_message(data)
        if self._memory is not None and not _SHARED_MEMORY_FIELDS.isdisjoint(message.header):
            return self._memory.read(message)
        return message

    def _serve_control(self, runner: CallRunner) -> None:
        try:
            while True:
                self._handle_control(runner, self._read(self._control.receive()))
        except ChannelClosed:
            os._exit(0)
        except BaseException as error:
            # Exit so that the supervisor replaces this worker, which it can no longer control.
            sys.__excepthook__(type(error), error, error.__traceback__)
            os._exit(70)

    def _handle_control(self, runner: CallRunner, message: Message) -> None:
        header = message.header
        op: str = header["op"]
        if op == "call":
            runner.run_concurrently(message)
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

    def _close_in_forks(self) -> None:
        """Closes the sockets in forks, where open copies would hide the worker's end from the supervisor."""

        def leave() -> None:
            self._calls.close()
            self._control.close()
            self._stdout.write_to_descriptor()
            self._stderr.write_to_descriptor()
            current_call.set(None)

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=leave)
            if (memory := self._memory) is not None:
                os.register_at_fork(before=memory.before_fork)


def _description_message(name: str, loaded: Loaded, *, shares_memory: bool) -> list[Any]:
    functions = loaded.functions.values()
    description: dict[str, Any] = {
        "protocol": PROTOCOL_VERSION,
        "name": name,
        "doc": loaded.doc,
        "functions": [function.describe() for function in functions],
    }
    if loaded.warnings:
        description["warnings"] = [warning.message for warning in loaded.warnings]
    header = {
        "op": "described",
        "functions": {function.name: function.concurrency for function in functions},
        "streams": [function.name for function in functions if function.is_stream],
        "sharesMemory": shares_memory,
    }
    return build_message(header, json.dumps(description, allow_nan=False).encode())
