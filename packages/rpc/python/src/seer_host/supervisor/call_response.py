"""Answers HTTP requests about a call."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, Literal

from ..messages import build_message, inline_buffers

if TYPE_CHECKING:
    from ..messages import Buffer
    from .calls import Call, Outcome
    from .host import Host
    from .http_connection import Request

MESSAGE_TYPE = "application/vnd.seer.v1"
MAX_WAIT_S = 86_400.0
Wants = Literal["outcome", "output", "record"]


class CallResponse:
    """Answers a request when its call has ended, or when the client's wait time is over.

    The answer is the call's record if the client wants that, or wants output and there is some; else the
    outcome.
    """

    __slots__ = ("_call", "_host", "_offset", "_request", "_timer", "_wants")

    def __init__(
        self, host: Host, request: Request, call: Call, wait: float | None, offset: int, wants: Wants
    ) -> None:
        self._host = host
        self._request = request
        self._call = call
        self._offset = offset
        self._wants = wants
        self._timer: asyncio.TimerHandle | None = None
        if call.outcome is not None:
            self.changed(call)
        elif wait == 0:
            self._timed_out()
        else:
            if wait is not None:
                self._timer = asyncio.get_running_loop().call_later(min(wait, MAX_WAIT_S), self._timed_out)
            call.watchers.append(self)
            request.closed = self._stop

    def changed(self, call: Call) -> None:
        outcome = call.outcome
        if outcome is None:
            return
        self._stop()
        if self._wants == "record" or (self._wants == "output" and call.output is not None):
            self._answer_record()
        else:
            _answer_outcome(self._request, call, outcome)

    def _timed_out(self) -> None:
        self._stop()
        self._answer_record()

    def _answer_record(self) -> None:
        status = 202 if self._call.outcome is None and self._wants != "record" else 200
        record = record_json(self._host, self._call, self._offset)
        outcome = self._call.outcome
        if outcome is None:
            self._request.answer_json(record, status)
            return
        start = json.dumps(record, separators=(",", ":"))[:-1].encode()
        key = b',"result":' if outcome.ok else b',"error":'
        message = outcome.message
        if _wants_message(self._request):
            body = start + key + bytes(message.json()).rstrip(b" ") + b"}"
            parts = build_message({"op": "record", "id": self._call.id}, body, message.buffers())
            self._request.answer(status, parts[0], MESSAGE_TYPE, *parts[1:])
            return
        body = start + key + inline_buffers(message.json(), message.buffers()) + b"}"
        self._request.answer(status, body)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self in self._call.watchers:
            self._call.watchers.remove(self)


def _answer_outcome(request: Request, call: Call, outcome: Outcome) -> None:
    message = outcome.message
    if _wants_message(request):
        request.answer(outcome.status, message.data, MESSAGE_TYPE)
        return
    start = b'{"id":"' + call.id.encode() + (b'","result":' if outcome.ok else b'","error":')
    if "buffers" in message.header:
        body: Buffer = inline_buffers(message.json(), message.buffers())
    else:
        body = memoryview(message.data)[message.body :]
    if len(body) < 16 * 1024:
        request.answer(outcome.status, start + body + b"}")
    else:
        request.answer(outcome.status, start, "application/json", body, b"}")


def _wants_message(request: Request) -> bool:
    return MESSAGE_TYPE in request.head.headers.get("accept", "")


def record_json(host: Host, call: Call, offset: int, *, output: bool = True) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": call.id,
        "function": call.function,
        "state": call.state,
        "position": host.calls.position(call),
    }
    if output:
        empty = {"offset": 0, "text": "", "next": 0}
        record["output"] = call.output.to_json(offset) if call.output is not None else empty
    record |= {
        "progress": call.progress,
        "acceptedAt": _iso(call.accepted_at),
        "startedAt": _iso(call.started_at),
        "endedAt": _iso(call.ended_at),
    }
    return record


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return f"{seconds}.{int(at * 1000) % 1000:03}Z"
