"""What each HTTP request is answered."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from ..messages import Message, parse_message
from .access import require_admin
from .call_answer import MAX_WAIT_S, MESSAGE_TYPE, CallAnswer, record_json
from .websocket_peer import is_call_id

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .host import Host
    from .http_peer import Request

_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait=([0-9]{1,7})(?:$|[,;\s])")
_PREFER_RECORD = re.compile(r"(?:^|[,;\s])record(?:$|[,;\s])")


class Routes:
    """Every request but that for the WebSocket."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[tuple[str, str, int], Callable[[Request], None]] = {
            ("GET", "health", 1): self._health,
            ("GET", "interface", 1): self._interface,
            ("POST", "call", 2): self._call,
            ("GET", "calls", 1): self._records,
            ("GET", "calls", 2): self._record,
            ("DELETE", "calls", 2): self._cancel,
            ("GET", "refs", 1): self._refs,
            ("DELETE", "refs", 2): self._free,
            ("GET", "logs", 1): self._logs,
            ("POST", "restart", 1): self._restart,
            ("POST", "shutdown", 1): self._shutdown,
        }

    def handle(self, request: Request) -> None:
        path = request.path
        handler = self._handlers.get((request.head.method, path[0], len(path)))
        if handler is None:
            known = sorted(m for m, name, depth in self._handlers if (name, depth) == (path[0], len(path)))
            if known:
                error = RpcError("bad-request", f"{request.head.target} takes {' or '.join(known)}")
                request.answer(405, b'{"error":' + error.encode() + b"}")
            else:
                error = RpcError("bad-request", f"there is nothing at {request.head.target}")
                request.answer(404, b'{"error":' + error.encode() + b"}")
            return
        handler(request)

    def _health(self, request: Request) -> None:
        request.answer_json(self._host.health())

    def _interface(self, request: Request) -> None:
        host, wait = self._host, _seconds(request, "wait")

        def answer() -> bool:
            if host.phase == "ready" and host.description is not None:
                request.answer(200, host.description)
            elif host.phase == "failed" and host.failure is not None:
                request.refuse(host.failure)
            else:
                return False
            return True

        if answer():
            return
        loading = RpcError("loading", f"{host.config.file} is still loading")
        if wait == 0:
            raise loading

        def changed() -> None:
            if answer():
                stop()

        def late() -> None:
            stop()
            request.refuse(loading)

        def stop() -> None:
            timer.cancel()
            unlisten()

        timer = asyncio.get_running_loop().call_later(wait, late)
        unlisten = host.listen(changed)
        request.closed = stop

    def _call(self, request: Request) -> None:
        host, headers = self._host, request.head.headers
        call_id = headers.get("seer-call-id")
        if call_id is None:
            call_id = host.new_id()
        elif not is_call_id(call_id):
            raise RpcError("bad-request", "Seer-Call-Id must be 1 to 64 characters of A-Z a-z 0-9 . _ -")
        deadline = headers.get("seer-deadline-ms")
        if deadline is not None and not (deadline.isascii() and deadline.isdecimal() and len(deadline) < 16):
            raise RpcError("bad-request", "Seer-Deadline-Ms must be a whole number of milliseconds")
        call = host.submit(
            call_id,
            request.path[1],
            _arguments(request),
            request.client,
            deadline_ms=None if deadline is None else int(deadline),
            collect=True,
        )
        preferred = headers.get("prefer", "")
        wait = _PREFER_WAIT.search(preferred)
        wants = "output" if _PREFER_RECORD.search(preferred) else "outcome"
        CallAnswer(host, request, call, float(wait[1]) if wait else None, 0, wants)

    def _record(self, request: Request) -> None:
        call = self._host.records.get(request.path[1])
        offset = _whole(request, "output")
        CallAnswer(self._host, request, call, _seconds(request, "wait"), offset, "record")

    def _cancel(self, request: Request) -> None:
        call = self._host.records.get(request.path[1])
        self._host.cancel(call)
        # The record is that of a call that has ended, one way or the other.
        CallAnswer(self._host, request, call, MAX_WAIT_S, 0, "record")

    def _records(self, request: Request) -> None:
        require_admin(request.rights)
        records = [record_json(self._host, call, 0, output=False) for call in self._host.records]
        request.answer_json({"calls": records})

    def _refs(self, request: Request) -> None:
        self._ask(request, {"op": "refs"})

    def _free(self, request: Request) -> None:
        self._ask(request, {"op": "free", "id": request.path[1]})

    def _ask(self, request: Request, header: dict[str, Any]) -> None:
        async def ask() -> None:
            answer = await self._host.ask_worker(header)
            if answer.header.get("ok", True):
                request.answer(200, bytes(answer.json()))
            else:
                raise RpcError("unknown-ref", f"there is no reference {header['id'][:64]!r}")

        self._run(request, ask())

    def _logs(self, request: Request) -> None:
        require_admin(request.rights)
        lines = _whole(request, "lines", 100)
        text = self._host.log.last(lines).encode("utf-8", "backslashreplace")
        request.answer(200, text, "text/plain; charset=utf-8")

    def _restart(self, request: Request) -> None:
        require_admin(request.rights)

        async def restart() -> None:
            await self._host.restart()
            request.answer_json(self._host.health())

        self._run(request, restart())

    def _shutdown(self, request: Request) -> None:
        require_admin(request.rights)
        request.answer_json({})
        self._host.ended.set()

    def _run(self, request: Request, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except RpcError as error:
                request.refuse(error)

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _arguments(request: Request) -> Message:
    """The body of a call, as the message that it is or would be."""
    kind = request.head.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MESSAGE_TYPE:
        return parse_message(request.body)
    if kind not in ("", "application/json", "application/x-www-form-urlencoded"):
        raise RpcError("bad-request", f"arguments are application/json or {MESSAGE_TYPE}, not {kind}")
    # curl says that its data is a form when it is not told otherwise.
    return Message({}, request.body, 0)


def _seconds(request: Request, name: str) -> float:
    text = request.query.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise RpcError("bad-request", f"{name}={text[:32]} must be a number of seconds")
    return min(value, MAX_WAIT_S)


def _whole(request: Request, name: str, default: int = 0) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise RpcError("bad-request", f"{name}={text[:32]} must be a whole number")
    return int(text)
