"""Calls a host's functions; each call runs only once, even if the connection breaks."""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
import time
import urllib.parse
from typing import TYPE_CHECKING, Any, NamedTuple

from .connection import Connections
from .errors import RemoteError, remote_error
from .values import MESSAGE_TYPE, pack, unpack

if TYPE_CHECKING:
    from .answer import Answer

# The output of a longer call is requested at this interval, so that it is printed while the call runs.
_OUTPUT_SECONDS = 1
# How long to try to reach a host that has just been reachable.
_RETRY_SECONDS = 30
# How long to wait until an interrupted call has stopped.
_CANCEL_SECONDS = 2
_LOST = {
    "code": "call-lost",
    "message": "the connection broke and the host was restarted, so it is unknown whether the call ran",
}
_DROPPED = (OSError, http.client.HTTPException)


class Reply(NamedTuple):
    """The contents of an answer about a call."""

    ended: bool
    value: Any = None
    error: dict[str, Any] | None = None
    output: str = ""
    next_output: int = 0


class Client:
    """Calls the functions that a host serves."""

    def __init__(self, url: str, token: str) -> None:
        self._connections = Connections(url, token)
        self._url = url

    def call(self, function: str, arguments: dict[str, Any] | list[Any]) -> Any:
        """Calls a function with arguments by name or by position, and returns its result.

        The function's output is printed here while it runs. An interrupt cancels the call.
        """
        call_id = os.urandom(16).hex()
        content_type, body = pack(arguments)
        headers = {
            "Content-Type": content_type,
            "Accept": MESSAGE_TYPE,
            "Seer-Call-Id": call_id,
            # The record includes the output.
            "Prefer": f"wait={_OUTPUT_SECONDS}, record",
        }
        path = f"/call/{urllib.parse.quote(function, safe='')}"
        try:
            reply = self._submit(call_id, path, headers, body)
            while reply.error is not None and reply.error.get("code") == "loading":
                # Refused before it started, so it can be sent again once the file has loaded.
                self._ask(f"/interface?wait={_RETRY_SECONDS}")
                reply = self._submit(call_id, path, headers, body)
            return self._finish(call_id, reply)
        except Exception:
            raise
        except BaseException:
            self._cancel(call_id)
            raise

    def _submit(
        self, call_id: str, path: str, headers: dict[str, str], body: list[bytes | memoryview]
    ) -> Reply:
        try:
            self._connections.open()
        except OSError as error:
            raise self._unreachable(error) from error
        sent_at = time.monotonic()
        try:
            return _read(self._connections.send("POST", path, headers, body))
        except _DROPPED:
            # It is unknown whether the call arrived.
            reply = self._record(call_id, 0)
        if reply.error is None or reply.error.get("code") != "unknown-call":
            return reply
        details: dict[str, Any] = reply.error.get("details") or {}
        if details.get("completeForMs", 0) < (time.monotonic() - sent_at) * 1000:
            # The host has been restarted since the call was sent, and may have started the call before.
            return reply
        try:
            return _read(self._connections.send("POST", path, headers, body))
        except _DROPPED as error:
            raise self._unreachable(error) from error

    def _finish(self, call_id: str, reply: Reply) -> Any:
        while True:
            if reply.output:
                sys.stdout.write(reply.output)
                sys.stdout.flush()
            if reply.error is not None:
                raise remote_error(_LOST if reply.error.get("code") == "unknown-call" else reply.error)
            if reply.ended:
                return reply.value
            reply = self._record(call_id, reply.next_output)

    def _record(self, call_id: str, output: int) -> Reply:
        return _read(self._ask(f"/calls/{call_id}?wait={_OUTPUT_SECONDS}&output={output}"))

    def _ask(self, path: str) -> Answer:
        """Sends a read-only request, and repeats it until it is answered."""
        end = time.monotonic() + _RETRY_SECONDS
        delay = 0.05
        while True:
            try:
                return self._connections.send("GET", path, {"Accept": MESSAGE_TYPE})
            except _DROPPED as error:
                if time.monotonic() + delay > end:
                    raise self._unreachable(error) from error
            time.sleep(delay)
            delay = min(2 * delay, 2)

    def _cancel(self, call_id: str) -> None:
        # The answer comes when the function has stopped; do not wait long for that after an interrupt.
        with contextlib.suppress(*_DROPPED):
            self._connections.send("DELETE", f"/calls/{call_id}", {}, timeout=_CANCEL_SECONDS)

    def _unreachable(self, cause: BaseException) -> RemoteError:
        return remote_error(
            {
                "code": "unreachable",
                "message": f"nothing answers at {self._url}: {cause}",
                "hint": "The sandbox that serves it may have ended.",
            }
        )


def _read(answer: Answer) -> Reply:
    kind, value = unpack(answer.content_type, answer.body)
    if kind == "result":
        return Reply(ended=True, value=value)
    if kind == "error":
        return Reply(ended=True, error=value)
    error: dict[str, Any] | None = value.get("error")
    output: dict[str, Any] = value.get("output") or {}
    ended = value.get("state") not in ("waiting", "running")
    return Reply(ended, value.get("result"), error, output.get("text", ""), output.get("next", 0))
