"""A WebSocket connection, which carries many calls at once and their events."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from .. import PROTOCOL_VERSION
from ..errors import RpcError
from ..messages import Message, parse_message
from . import websocket
from .call_subscription import CallSubscription
from .calls import DEFAULT_CREDIT, Call, Outcome
from .connection import Connection
from .websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameError, FrameHead

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ..messages import Buffer, Header
    from .host import Host
    from .receive_buffer import ReceiveBuffer
    from .server import Server

CALL_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PLAIN_CALL = re.compile(
    rb'\{"op":"call","id":"([A-Za-z0-9._-]{1,64})","function":"([A-Za-z_][A-Za-z0-9_]{0,99})"\}\n'
)
_PLAIN: Header = {}
_MAX_COUNT = 1 << 53


class WebSocketConnection(Connection):
    """Exchanges the messages of PROTOCOL.md over one WebSocket."""

    def __init__(self, host: Host, server: Server) -> None:
        super().__init__(host, server)
        self.has_token = True
        self._subscriptions: dict[str, CallSubscription] = {}
        self._head: FrameHead | None = None
        self._fragments: bytearray | None = None
        self._ping_pending = False
        self._unlisten: Callable[[], None] | None = None
        self._phase = ""
        self._revision = 0
        self._closing = False

    def take_over(self, transport: asyncio.Transport, buffer: ReceiveBuffer) -> None:
        """Takes over a connection that has been upgraded from HTTP."""
        transport.set_protocol(self)
        self.connection_made(transport)
        self.buffer = buffer
        self.expire_in(self.host.limits.quiet_ms)
        self._unlisten = self.host.workers.state.listen(self._host_changed)
        self._phase, self._revision = self.host.workers.state.phase, self.host.workers.state.revision
        self.send_header(
            {
                "op": "hello",
                "protocol": PROTOCOL_VERSION,
                "instance": self.host.instance,
                "state": self.host.state,
                "revision": self.host.workers.state.revision,
            }
        )
        if len(buffer):
            self.loop.call_soon(self.received)

    # Frames

    def received(self) -> None:
        # Any data shows that the client is alive.
        self._ping_pending = False
        buffer = self.buffer
        try:
            while not self._closing and not self.is_receiving_large:
                head = self._head
                if head is None:
                    head = websocket.parse_frame_head(buffer.data, buffer.start, buffer.end)
                    if head is None:
                        return
                    self._check(head)
                    buffer.start += head.size
                    self._head = head
                if buffer.end - buffer.start < head.length:
                    if head.length > len(buffer.data) // 4:
                        self.receive_large(head.length)
                    return
                self._head = None
                self._frame(head, buffer.take(head.length))
        except FrameError as error:
            self.close_with(error.code, str(error))
        except RpcError as error:
            self.give_up(error)

    def received_large(self, data: Buffer) -> None:
        head, self._head = self._head, None
        assert head is not None
        try:
            self._frame(head, data)
        except FrameError as error:
            self.close_with(error.code, str(error))
        except RpcError as error:
            self.give_up(error)
        else:
            self.received()

    def progressed(self, size: int) -> None:
        self._ping_pending = False
        super().progressed(size)

    def give_up(self, error: RpcError) -> None:
        self.close_with(1009, error.message)

    def _check(self, head: FrameHead) -> None:
        so_far = len(self._fragments) if self._fragments is not None else 0
        limit = self.host.limits.message_bytes
        if head.length + so_far > limit:
            raise FrameError(1009, f"a message has more than {limit} bytes")
        if head.opcode in (TEXT, BINARY) and self._fragments is not None:
            raise FrameError(1002, "a message started inside another")
        if head.opcode == CONTINUATION and self._fragments is None:
            raise FrameError(1002, "a continuation frame without a message")

    def _frame(self, head: FrameHead, masked: Buffer) -> None:
        payload = websocket.unmask(masked, head.mask)
        opcode = head.opcode
        if opcode in (TEXT, BINARY):
            if head.final:
                self._message(payload)
            else:
                self.host.request_memory.take(len(payload))
                self._fragments = bytearray(payload)
        elif opcode == CONTINUATION:
            assert self._fragments is not None
            self.host.request_memory.take(len(payload))
            self._fragments += payload
            if head.final:
                self._message(self._joined(self._take_fragments()))
        elif opcode == PING:
            self.write(websocket.frame_head(PONG, len(payload)) + payload)
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1000
            self.close_with(code if code in (1000, 1001) else 1000)

    def _take_fragments(self) -> bytearray:
        fragments, self._fragments = self._fragments or bytearray(), None
        self.host.request_memory.give_back(len(fragments))
        return fragments

    def _joined(self, fragments: bytearray) -> Buffer:
        """Copies a message to shared memory if it is large, so that the worker can read it there."""
        try:
            message = self.allocate(len(fragments))
        except MemoryError:
            raise FrameError(1009, f"there is no memory for a message of {len(fragments)} bytes") from None
        self.host.request_memory.filled(message, len(fragments))
        memoryview(message)[:] = fragments
        return message

    def send_message(self, message: Message) -> None:
        data = message.data
        opcode = BINARY if "buffers" in message.header else TEXT
        head = websocket.frame_head(opcode, len(data))
        if len(data) < 16 * 1024:
            self.write(head + data)
        else:
            self.write(head)
            self.write(data)

    def send_header(self, header: dict[str, Any], body: bytes = b"") -> None:
        data: Buffer = json.dumps(header, separators=(",", ":")).encode() + b"\n" + body
        self.write(websocket.frame_head(TEXT, len(data)) + data)

    def close_with(self, code: int, reason: str = "") -> None:
        if self._closing:
            return
        self._closing = True
        self.write(websocket.close_frame(code, reason))
        self.close()

    def expired(self) -> None:
        """Sends a ping to a silent client; closes the connection if it has not answered."""
        if self.has_read():
            self._ping_pending = False
        elif self._ping_pending or self._closing:
            self.transport.abort()
            return
        else:
            self._ping_pending = True
            self.write(websocket.frame_head(PING, 0))
        self.expire_in(self.host.limits.quiet_ms)

    def resume_writing(self) -> None:
        super().resume_writing()
        # Called later, because this runs inside the transport's write.
        self.loop.call_soon(self._resume_subscriptions)

    def _resume_subscriptions(self) -> None:
        for subscription in list(self._subscriptions.values()):
            subscription.changed(subscription.call)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._closing = True
        self._take_fragments()
        if self._unlisten is not None:
            self._unlisten()
        for subscription in list(self._subscriptions.values()):
            subscription.stop()

    def _host_changed(self) -> None:
        state = self.host.workers.state
        if state.phase != self._phase:
            self._phase = state.phase
            self.send_header({"op": "state", "state": self.host.state})
        if state.revision != self._revision:
            self._revision = state.revision
            self.send_header({"op": "interface", "revision": state.revision})

    def forget(self, call: Call) -> None:
        self._subscriptions.pop(call.id, None)

    # Messages

    def _message(self, data: Buffer) -> None:
        if (plain := _PLAIN_CALL.match(data)) is not None:
            # The most common form of a call, parsed without the JSON reader to save time.
            call_id, function = str(plain[1], "ascii"), str(plain[2], "ascii")
            message = Message(_PLAIN, data, plain.end())
            try:
                call = self.host.calls.submit(call_id, function, message, self)
            except RpcError as error:
                self.send_message(Outcome.of_error(call_id, error).message)
                return
            self._subscribe(call, output=False)
            return
        try:
            message = parse_message(data)
        except RpcError as error:
            raise FrameError(1002, error.message) from None
        header = message.header
        call_id = header.get("id")
        if not is_call_id(call_id):
            raise FrameError(1002, "a message needs an id of 1 to 64 characters of A-Z a-z 0-9 . _ -")
        op = header.get("op")
        handler = _HANDLERS.get(op) if isinstance(op, str) else None
        if handler is None:
            raise FrameError(1002, "the op of a message is unknown")
        try:
            handler(self, call_id, message)
        except RpcError as error:
            self.send_message(Outcome.of_error(call_id, error).message)

    def on_call(self, call_id: str, message: Message) -> None:
        header = message.header
        function = header.get("function")
        if not isinstance(function, str):
            raise RpcError("bad-request", 'a call needs a "function"')
        deadline = header.get("deadlineMs")
        if deadline is not None:
            deadline = count(deadline, "deadlineMs")
        credit = header.get("credit")
        credit = DEFAULT_CREDIT if credit is None else count(credit, "credit")
        call = self.host.calls.submit(call_id, function, message, self, deadline_ms=deadline, credit=credit)
        self._subscribe(call, output=header.get("output") is True)

    def _subscribe(self, call: Call, *, output: bool, offset: int = 0, item: int = 0) -> None:
        if call.id in self._subscriptions:
            self._subscriptions[call.id].stop()
        subscription = CallSubscription(self, call, output=output, offset=offset, item=item)
        self._subscriptions[call.id] = subscription
        call.watchers.append(subscription)
        if call.seq or call.outcome is not None:
            subscription.changed(call)

    def on_cancel(self, call_id: str, message: Message) -> None:
        self.host.calls.cancel(self.host.calls.records.get(call_id))

    def on_attach(self, call_id: str, message: Message) -> None:
        offset, item = message.header.get("output"), message.header.get("item")
        call = self.host.calls.records.get(call_id)
        self._subscribe(
            call,
            output=offset is not None,
            offset=0 if offset is None else count(offset, "output"),
            item=0 if item is None else count(item, "item"),
        )

    def on_credit(self, call_id: str, message: Message) -> None:
        call = self.host.calls.records.find(call_id)
        if call is not None:
            self.host.calls.grant(call, count(message.header.get("items"), "items"))

    def on_ping(self, call_id: str, message: Message) -> None:
        self.send_header({"op": "pong", "id": call_id})


_HANDLERS: dict[str, Callable[[WebSocketConnection, str, Message], None]] = {
    "call": WebSocketConnection.on_call,
    "cancel": WebSocketConnection.on_cancel,
    "attach": WebSocketConnection.on_attach,
    "credit": WebSocketConnection.on_credit,
    "ping": WebSocketConnection.on_ping,
}


def is_call_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and CALL_ID.fullmatch(value) is not None


def count(value: object, name: str) -> int:
    if type(value) is not int or not 0 <= value < _MAX_COUNT:
        raise RpcError("bad-request", f"{name!r} must be a whole number, 0 or more")
    return value
