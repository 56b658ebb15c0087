"""The handlers of HTTP requests."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from ..messages import Message, parse_message
from .access import require_admin
from .call_response import MAX_WAIT_S, MESSAGE_TYPE, CallResponse, record_json
from .interface_response import InterfaceResponse
from .websocket_connection import is_call_id

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..messages import Buffer
    from .host import Host
    from .http_connection import Request

_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait=([0-9]{1,7})(?:$|[,;\s])")
_LONGEST_REASON = 1000
_PREFER_RECORD = re.compile(r"(?:^|[,;\s])record(?:$|[,;\s])")


class Routes:
    """Handles all HTTP requests, except the upgrade to a WebSocket."""

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
            ("POST", "reload", 1): self._reload,
            ("GET", "reload", 1): self._reloaded,
            ("DELETE", "reload", 1): self._cancel_reload,
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
        state = self._host.workers.state
        InterfaceResponse(state, request, state.interface, _seconds(request, "wait"))

    def _reload(self, request: Request) -> None:
        require_admin(request.rights)

        async def reload() -> None:
            await self._host.workers.reload()
            self._reloaded(request)

        self._run(request, reload())

    def _reloaded(self, request: Request) -> None:
        require_admin(request.rights)
        state = self._host.workers.state
        InterfaceResponse(state, request, state.reload_outcome, _seconds(request, "wait"))

    def _cancel_reload(self, request: Request) -> None:
        require_admin(request.rights)
        self._host.workers.cancel_reload()
        request.answer_json(self._host.health())

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
        call = host.calls.submit(
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
        CallResponse(host, request, call, float(wait[1]) if wait else None, 0, wants)

    def _record(self, request: Request) -> None:
        call = self._host.calls.records.get(request.path[1])
        offset = _whole(request, "output")
        CallResponse(self._host, request, call, _seconds(request, "wait"), offset, "record")

    def _cancel(self, request: Request) -> None:
        call = self._host.calls.records.get(request.path[1])
        self._host.calls.cancel(call)
        # Answered when the call has ended.
        CallResponse(self._host, request, call, MAX_WAIT_S, 0, "record")

    def _records(self, request: Request) -> None:
        require_admin(request.rights)
        records = [record_json(self._host, call, 0, output=False) for call in self._host.calls.records]
        request.answer_json({"calls": records})

    def _refs(self, request: Request) -> None:
        self._ask(request, {"op": "refs"})

    def _free(self, request: Request) -> None:
        self._ask(request, {"op": "free", "id": request.path[1]})

    def _ask(self, request: Request, header: dict[str, Any]) -> None:
        async def ask() -> None:
            answer = await self._host.workers.ask(header)
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
            await self._host.workers.restart()
            request.answer_json(self._host.health())

        self._run(request, restart())

    def _shutdown(self, request: Request) -> None:
        require_admin(request.rights)
        reason = _reason(request.body)
        request.answer_json({})
        self._host.end(reason)

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
    """The arguments of a call as a message."""
    kind = request.head.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MESSAGE_TYPE:
        return parse_message(request.body)
    if kind not in ("", "application/json", "application/x-www-form-urlencoded"):
        raise RpcError("bad-request", f"arguments are application/json or {MESSAGE_TYPE}, not {kind}")
    # curl declares any data as a form by default, so a form is read as JSON.
    return Message({}, request.body, 0)


def _reason(body: Buffer) -> str:
    """The reason for a shutdown, as the client gave it."""
    if not body:
        return "a client shut it down"
    try:
        reason = json.loads(bytes(body))["reason"]
    except (ValueError, KeyError, TypeError, RecursionError):
        reason = None
    if not isinstance(reason, str) or not reason:
        raise RpcError("bad-request", 'the body of a shutdown must be empty, or {"reason": TEXT}')
    return reason[:_LONGEST_REASON]


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
