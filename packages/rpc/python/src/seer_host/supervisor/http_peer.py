"""A connection that speaks HTTP, until it asks for a WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from ..errors import RpcError
from . import websocket
from .http import MAX_HEAD, Fields, Head, parse_head, response_head
from .intake import Intake
from .peer import HIGH_WATER, Peer, prepare
from .websocket_peer import WebSocketPeer
from .wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ..messages import Buffer
    from .access import Access, Rights
    from .host import Host
    from .server import Server

JSON_TYPE = "application/json"
_DRAIN_MS = 2_000


class Request:
    """One request, which must be answered once."""

    __slots__ = ("_peer", "body", "closed", "head", "path", "query", "rights")

    def __init__(self, peer: HttpPeer, head: Head, rights: Rights, body: Buffer) -> None:
        self._peer = peer
        self.head = head
        self.rights: Rights = rights
        self.body: Buffer = body
        path, _, query = head.target.partition("?")
        self.path = [unquote(part) for part in path.split("/")[1:]]
        self.query = dict(parse_qsl(query)) if query else {}
        self.closed: Callable[[], None] | None = None
        """Called when the client has gone before the answer."""

    @property
    def client(self) -> object:
        """Who asks, for taking turns."""
        return self._peer

    def answer(self, status: int, body: Buffer, content_type: str = JSON_TYPE, *more: Buffer) -> None:
        self._peer.answer(self, status, content_type, (body, *more))

    def answer_json(self, value: Any, status: int = 200) -> None:
        self.answer(status, json.dumps(value, separators=(",", ":")).encode())

    def refuse(self, error: RpcError) -> None:
        self.answer(error.status, b'{"error":' + error.encode() + b"}")


class HttpPeer(Peer):
    """Reads one request after another, and answers each before it reads the next."""

    def __init__(self, host: Host, access: Access, server: Server) -> None:
        super().__init__(host)
        self._access = access
        self._fields: Fields = {}
        self._server = server
        self._head: tuple[Head, Rights] | None = None
        self._request: Request | None = None
        self._keep_alive = True
        self._reading = True
        self._draining = False
        self._upgraded = False

    def begin(self, end: socket.socket) -> None:
        """Serves a connection that was accepted."""
        prepare(end)
        self.wire = Wire(end, self._server.poller, self, HIGH_WATER)
        self._server.joined(self)
        self._expect_within(self.host.limits.request_ms)

    def _expect_within(self, milliseconds: int) -> None:
        self.expires = self._server.time() + milliseconds / 1000

    def received(self) -> None:
        if self._upgraded:
            return
        intake = self.intake
        while (
            len(intake)
            and self._request is None
            and self._keep_alive
            and self._large is None
            and not self.paused  # who does not read answers gets no more of them
        ):
            try:
                if self._head is None and not self._take_head():
                    return
                self._continue()
            except RpcError as error:
                self._give_up(error)
                return
            if self._head is not None or self._upgraded:
                return
        if self._draining:
            intake.start = intake.end
        elif self._request is not None and len(intake) > len(intake.data) // 2 and self._reading:
            # Requests sent ahead wait in the network until this one has been answered.
            self._reading = False
            self.wire.pause_reading()

    def _take_head(self) -> bool:
        """Reads the head of the next request; false while not all of it is there."""
        intake = self.intake
        end = intake.data.find(b"\r\n\r\n", intake.start, intake.end)
        if (intake.end if end < 0 else end) - intake.start > MAX_HEAD:
            raise RpcError("bad-request", f"the headers exceed {MAX_HEAD} bytes")
        if end < 0:
            return False
        head = parse_head(intake.take(end - intake.start), self._fields)
        intake.start += 4
        rights = self._access.check(head.headers)
        self.has_token = True
        if head.length > self.host.limits.message_bytes:
            limit = self.host.limits.message_bytes
            raise RpcError("too-large", f"the request has {head.length} bytes; at most {limit} are accepted")
        self._head = head, rights
        self._expect_within(self.host.limits.request_ms)
        if head.headers.get("expect", "").lower() == "100-continue":
            self.wire.put(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _continue(self) -> None:
        """Goes on when the whole body has been received."""
        if self._head is None:
            return
        head, rights = self._head
        if head.length > len(self.intake):
            # What is smaller comes into the intake, which has room for it.
            if head.length > len(self.intake.data) // 2:
                self.receive_large(head.length)
            return
        self._handle(head, rights, self.intake.take(head.length) if head.length else b"")

    def received_large(self, data: bytearray | memoryview) -> None:
        assert self._head is not None
        self._handle(*self._head, data)

    def progressed(self) -> None:
        self._expect_within(self.host.limits.request_ms)

    def _handle(self, head: Head, rights: Rights, body: Buffer) -> None:
        self._head = None
        self.expires = None
        self._keep_alive = head.keep_alive
        self._request = request = Request(self, head, rights, body)
        if head.target == "/ws" and head.method == "GET":
            self._upgrade(request)
            return
        try:
            self._server.routes.handle(request)
        except RpcError as error:
            request.refuse(error)
        # A call has taken it, and lets go of it sooner than this request and who waits for its answer.
        request.body = b""

    def _upgrade(self, request: Request) -> None:
        try:
            answer = websocket.accept(request.head.headers)
        except RpcError as error:
            request.refuse(error)
            return
        self.wire.put(answer)
        self.wire.flush()
        self._upgraded = True
        self._server.left(self)
        peer = WebSocketPeer(self.host, self._server)
        peer.take_over(self.wire, self.intake)
        self._request = None
        self.intake = Intake(0)

    def answer(self, request: Request, status: int, content_type: str, body: tuple[Buffer, ...]) -> None:
        if self._request is not request:
            return
        self._request = request.closed = None
        length = sum(map(len, body))
        self._send(status, content_type, length, *body)
        if not self._keep_alive:
            self.wire.flush()
            self.wire.close()
            # A client that does not read the rest has this long.
            self._expect_within(self.host.limits.request_ms)
            return
        self._expect_within(self.host.limits.idle_ms)
        if not self._reading:
            self._reading = True
            if not self.paused:
                self.wire.resume_reading()
        if len(self.intake):
            # Not from inside the answer to the request before, so that many of them cannot nest.
            self._server.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if len(self.intake) and not self.wire.is_closing:
            self.received()

    def _send(self, status: int, content_type: str, length: int, *body: Buffer) -> None:
        self.wire.put(response_head(status, content_type, length, self._keep_alive))
        for part in body:
            self.wire.put(part)

    def _give_up(self, error: RpcError) -> None:
        """Answers a request that cannot be read on from, and closes."""
        self._keep_alive = False
        body = b'{"error":' + error.encode() + b"}"
        self._send(error.status, JSON_TYPE, len(body), body)
        self.wire.flush()
        # Closing with input unread would reset the connection and could take the answer with it.
        self._draining = True
        self._expect_within(_DRAIN_MS)
        self.wire.end_input()

    def expired(self) -> None:
        if self.has_read():
            self._expect_within(self.host.limits.request_ms)
            return
        if not self._draining and (self._head is not None or len(self.intake)):
            body = (
                b'{"error":' + RpcError("bad-request", "the request did not arrive in time").encode() + b"}"
            )
            self._keep_alive = False
            self._send(408, JSON_TYPE, len(body), body)
            self.wire.flush()
        self.wire.abort()

    def resume_writing(self) -> None:
        self.paused = False
        if self._reading:
            self.wire.resume_reading()
        # Not from inside the write that made the room.
        self._server.loop.call_soon(self._go_on)

    def connection_lost(self, error: OSError | None) -> None:
        super().connection_lost(error)
        self._server.left(self)
        if self._request is not None and self._request.closed is not None:
            self._request.closed()
