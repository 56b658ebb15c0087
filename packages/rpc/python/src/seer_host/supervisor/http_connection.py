"""An HTTP connection, which may be upgraded to a WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from ..errors import RpcError
from . import websocket
from .connection import Connection
from .http import MAX_HEAD, Fields, Head, parse_head, response_head
from .receive_buffer import ReceiveBuffer
from .websocket_connection import WebSocketConnection

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ..messages import Buffer
    from .access import Access, Rights
    from .host import Host
    from .server import Server

JSON_TYPE = "application/json"
_DRAIN_MS = 2_000


class Request:
    """A request, which must be answered exactly once."""

    __slots__ = ("_connection", "body", "closed", "head", "path", "query", "rights")

    def __init__(self, connection: HttpConnection, head: Head, rights: Rights, body: Buffer) -> None:
        self._connection = connection
        self.head = head
        self.rights: Rights = rights
        self.body: Buffer = body
        path, _, query = head.target.partition("?")
        self.path = [unquote(part) for part in path.split("/")[1:]]
        self.query = dict(parse_qsl(query)) if query else {}
        self.closed: Callable[[], None] | None = None
        """Called when the client has disconnected before the answer."""

    @property
    def client(self) -> object:
        """Identifies the client, for fair queueing."""
        return self._connection

    def answer(self, status: int, body: Buffer, content_type: str = JSON_TYPE, *more: Buffer) -> None:
        self._connection.answer(self, status, content_type, (body, *more))

    def answer_json(self, value: Any, status: int = 200) -> None:
        self.answer(status, json.dumps(value, separators=(",", ":")).encode())

    def refuse(self, error: RpcError) -> None:
        self.answer(error.status, b'{"error":' + error.encode() + b"}")


class HttpConnection(Connection):
    """Handles requests one after another."""

    def __init__(self, host: Host, access: Access, server: Server) -> None:
        super().__init__(host, server)
        self._access = access
        self._fields: Fields = {}
        self._head: tuple[Head, Rights] | None = None
        self._request: Request | None = None
        self._keep_alive = True
        self._reading = True
        self._draining = False
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.expire_in(self.host.limits.request_ms)

    def received(self) -> None:
        if self._upgraded:
            return
        buffer = self.buffer
        while (
            len(buffer)
            and self._request is None
            and self._keep_alive
            and not self.is_receiving_large
            and not self.paused
        ):
            try:
                if self._head is None and not self._take_head():
                    return
                self._handle_when_complete()
            except RpcError as error:
                self.give_up(error)
                return
            if self._head is not None or self._upgraded:
                return
        if self._draining:
            buffer.start = buffer.end
        elif self._request is not None and len(buffer) > len(buffer.data) // 2 and self._reading:
            # Stop reading pipelined requests until this one has been answered.
            self._reading = False
            self.transport.pause_reading()

    def _take_head(self) -> bool:
        """Parses the head of the next request; false while it is incomplete."""
        buffer = self.buffer
        end = buffer.data.find(b"\r\n\r\n", buffer.start, buffer.end)
        if (buffer.end if end < 0 else end) - buffer.start > MAX_HEAD:
            raise RpcError("bad-request", f"the headers exceed {MAX_HEAD} bytes")
        if end < 0:
            return False
        head = parse_head(buffer.take(end - buffer.start), self._fields)
        buffer.start += 4
        rights = self._access.check(head.headers)
        self.has_token = True
        if head.length > self.host.limits.message_bytes:
            limit = self.host.limits.message_bytes
            raise RpcError("too-large", f"the request has {head.length} bytes; at most {limit} are accepted")
        self._head = head, rights
        self.expire_in(self.host.limits.request_ms)
        if head.headers.get("expect", "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _handle_when_complete(self) -> None:
        """Handles the request if its whole body has been received."""
        if self._head is None:
            return
        head, rights = self._head
        if head.length > len(self.buffer):
            # A smaller body fits in the buffer.
            if head.length > len(self.buffer.data) // 2:
                self.receive_large(head.length)
            return
        self._handle(head, rights, self.buffer.take(head.length) if head.length else b"")

    def received_large(self, data: Buffer) -> None:
        assert self._head is not None
        self._handle(*self._head, data)

    def progressed(self, size: int) -> None:
        self.expire_in(self.host.limits.request_ms)
        super().progressed(size)

    def _handle(self, head: Head, rights: Rights, body: Buffer) -> None:
        self._head = None
        self.expires = None
        self._keep_alive = head.keep_alive
        self._request = request = Request(self, head, rights, body)
        if head.target == "/ws" and head.method == "GET":
            self._upgrade(request)
            return
        try:
            self.server.routes.handle(request)
        except RpcError as error:
            request.refuse(error)
        # The call keeps the body if it needs it, and may free it before the request is answered.
        request.body = b""

    def _upgrade(self, request: Request) -> None:
        try:
            answer = websocket.accept(request.head.headers)
        except RpcError as error:
            request.refuse(error)
            return
        self.write(answer)
        self.flush()
        self._upgraded = True
        self.server.remove(self)
        WebSocketConnection(self.host, self.server).take_over(self.transport, self.buffer)
        self._request = None
        self.buffer = ReceiveBuffer(0)

    def answer(self, request: Request, status: int, content_type: str, body: tuple[Buffer, ...]) -> None:
        if self._request is not request:
            return
        self._request = request.closed = None
        length = sum(map(len, body))
        self._send(status, content_type, length, *body)
        if not self._keep_alive:
            self.close()
            # Limits how long a client may take to read the answer.
            self.expire_in(self.host.limits.request_ms)
            return
        self.expire_in(self.host.limits.idle_ms)
        if not self._reading:
            self._reading = True
            if not self.paused:
                self.transport.resume_reading()
        if len(self.buffer):
            # Called later, so that many pipelined requests do not nest.
            self.loop.call_soon(self._resume)

    def _resume(self) -> None:
        if len(self.buffer) and not self.transport.is_closing():
            self.received()

    def _send(self, status: int, content_type: str, length: int, *body: Buffer) -> None:
        self.write(response_head(status, content_type, length, self._keep_alive))
        for part in body:
            self.write(part)

    def give_up(self, error: RpcError) -> None:
        """Answers a malformed or too large request and closes the connection."""
        self._head = None
        self._keep_alive = False
        body = b'{"error":' + error.encode() + b"}"
        self._send(error.status, JSON_TYPE, len(body), body)
        self.flush()
        # Closing with unread input would reset the connection, and the client might lose the answer.
        self._draining = True
        self.expire_in(_DRAIN_MS)
        self.transport.write_eof()

    def expired(self) -> None:
        if self.has_read():
            self.expire_in(self.host.limits.request_ms)
            return
        if not self._draining and (self._head is not None or len(self.buffer)):
            body = (
                b'{"error":' + RpcError("bad-request", "the request did not arrive in time").encode() + b"}"
            )
            self._keep_alive = False
            self._send(408, JSON_TYPE, len(body), body)
            self.flush()
        self.transport.abort()

    def resume_writing(self) -> None:
        self.paused = False
        if self._reading:
            self.transport.resume_reading()
        # Called later, because this runs inside the transport's write.
        self.loop.call_soon(self._resume)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._request is not None and self._request.closed is not None:
            self._request.closed()
