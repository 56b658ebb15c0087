"""A WebSocket connection: many calls at once, and what happens to them as it happens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from .. import PROTOCOL_VERSION
from ..errors import RpcError
from ..messages import Message, parse_message
from . import websocket
from .calls import DEFAULT_CREDIT, Call, Outcome
from .peer import Peer
from .watch import Watch
from .websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameError, FrameHead

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..messages import Buffer, Header
    from .host import Host
    from .intake import Intake
    from .server import Server
    from .wire import Wire

CALL_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PLAIN_CALL = re.compile(
    rb'\{"op":"call","id":"([A-Za-z0-9._-]{1,64})","function":"([A-Za-z_][A-Za-z0-9_]{0,99})"\}\n'
)
_PLAIN: Header = {}
_MAX_COUNT = 1 << 53


class WebSocketPeer(Peer):
    """The messages of PROTOCOL.md over one WebSocket."""

    def __init__(self, host: Host, server: Server) -> None:
        super().__init__(host)
        self._server = server
        self.has_token = True
        self._watches: dict[str, Watch] = {}
        self._head: FrameHead | None = None
        self._fragments: bytearray | None = None
        self._fragments_opcode = TEXT
        self._asked_for_life = False
        self._unlisten: Callable[[], None] | None = None
        self._closing = False

    def take_over(self, wire: Wire, intake: Intake) -> None:
        """Goes on with a connection that has been upgraded."""
        self.wire = wire
        wire.owner = self
        self.intake = intake
        self._server.joined(self)
        self.expires = self._server.time() + self.host.limits.quiet_ms / 1000
        self._unlisten = self.host.listen(self._state_changed)
        self.send_header(
            {
                "op": "hello",
                "protocol": PROTOCOL_VERSION,
                "instance": self.host.instance,
                "state": self.host.state,
            }
        )
        if len(intake):
            self._server.loop.call_soon(self.received)

    # Frames

    def received(self) -> None:
        # A busy connection needs no question whether it lives.
        self._asked_for_life = False
        intake = self.intake
        try:
            while not self._closing and self._large is None:
                head = self._head
                if head is None:
                    head = websocket.parse_frame_head(intake.data, intake.start, intake.end)
                    if head is None:
                        return
                    self._check(head)
                    intake.start += head.size
                    self._head = head
                if intake.end - intake.start < head.length:
                    if head.length > len(intake.data) // 4:
                        self.receive_large(head.length)
                    return
                self._head = None
                self._frame(head, intake.take(head.length))
        except FrameError as error:
            self.close(error.code, str(error))
        except RpcError as error:
            self.close(1009, error.message)

    def received_large(self, data: bytearray | memoryview) -> None:
        head, self._head = self._head, None
        assert head is not None
        try:
            self._frame(head, data)
        except FrameError as error:
            self.close(error.code, str(error))
        else:
            self.received()

    def progressed(self) -> None:
        self._asked_for_life = False

    def _check(self, head: FrameHead) -> None:
        so_far = len(self._fragments) if self._fragments is not None else 0
        limit = self.host.limits.message_bytes
        if head.length + so_far > limit:
            raise FrameError(1009, f"a message has more than {limit} bytes")
        if head.opcode in (TEXT, BINARY) and self._fragments is not None:
            raise FrameError(1002, "a message began inside another")
        if head.opcode == CONTINUATION and self._fragments is None:
            raise FrameError(1002, "a continuation of nothing")

    def _frame(self, head: FrameHead, masked: Buffer) -> None:
        payload = websocket.unmask(masked, head.mask)
        opcode = head.opcode
        if opcode in (TEXT, BINARY):
            if head.final:
                self._message(payload)
            else:
                self._fragments = bytearray(payload)
        elif opcode == CONTINUATION:
            assert self._fragments is not None
            self._fragments += payload
            if head.final:
                whole, self._fragments = self._fragments, None
                self._message(whole)
        elif opcode == PING:
            self.wire.put(websocket.frame_head(PONG, len(payload)) + payload)
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1000
            self.close(code if code in (1000, 1001) else 1000)

    def send_message(self, message: Message) -> None:
        data = message.data
        opcode = BINARY if "buffers" in message.header else TEXT
        head = websocket.frame_head(opcode, len(data))
        if len(data) < 16 * 1024:
            self.wire.put(head + data)
        else:
            self.wire.put(head)
            self.wire.put(data)

    def send_header(self, header: dict[str, Any], body: bytes = b"") -> None:
        data: Buffer = json.dumps(header, separators=(",", ":")).encode() + b"\n" + body
        self.wire.put(websocket.frame_head(TEXT, len(data)) + data)

    def close(self, code: int, reason: str = "") -> None:
        if self._closing:
            return
        self._closing = True
        self.wire.put(websocket.close_frame(code, reason))
        self.wire.flush()
        self.wire.close()

    def expired(self) -> None:
        """Asks a quiet client whether it lives, and gives it up when it has not answered."""
        if self.has_read():
            self._asked_for_life = False
        elif self._asked_for_life or self._closing:
            self.wire.abort()
            return
        else:
            self._asked_for_life = True
            self.wire.put(websocket.frame_head(PING, 0))
        self.expires = self._server.time() + self.host.limits.quiet_ms / 1000

    def resume_writing(self) -> None:
        super().resume_writing()
        # Not from inside the write that made the room.
        self._server.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        for watch in list(self._watches.values()):
            watch.changed(watch.call)

    def connection_lost(self, error: OSError | None) -> None:
        super().connection_lost(error)
        self._server.left(self)
        self._closing = True
        if self._unlisten is not None:
            self._unlisten()
        for watch in list(self._watches.values()):
            watch.stop()

    def _state_changed(self) -> None:
        self.send_header({"op": "state", "state": self.host.state})

    def forget(self, call: Call) -> None:
        self._watches.pop(call.id, None)

    # Messages

    def _message(self, data: Buffer) -> None:
        if (plain := _PLAIN_CALL.match(data)) is not None:
            # As most are: without anything to look up, it is at the worker sooner.
            call_id, function = str(plain[1], "ascii"), str(plain[2], "ascii")
            message = Message(_PLAIN, data, plain.end())
            try:
                call = self.host.submit(call_id, function, message, self)
            except RpcError as error:
                self.send_message(Outcome.of_error(call_id, error).message)
                return
            if not len(self.intake):
                # Nothing comes with it, so the worker can have it before anything else is done.
                self._server.poller.flush()
            self._watch(call, output=False)
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
            raise FrameError(1002, "the op of a message is not known")
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
        call = self.host.submit(call_id, function, message, self, deadline_ms=deadline, credit=credit)
        self._watch(call, output=header.get("output") is True)

    def _watch(self, call: Call, *, output: bool, offset: int = 0, item: int = 0) -> None:
        if call.id in self._watches:
            self._watches[call.id].stop()
        watch = Watch(self, call, output=output, offset=offset, item=item)
        self._watches[call.id] = watch
        call.watchers.append(watch)
        if call.seq or call.outcome is not None:
            watch.changed(call)

    def on_cancel(self, call_id: str, message: Message) -> None:
        self.host.cancel(self.host.records.get(call_id))

    def on_attach(self, call_id: str, message: Message) -> None:
        offset, item = message.header.get("output"), message.header.get("item")
        call = self.host.records.get(call_id)
        self._watch(
            call,
            output=offset is not None,
            offset=0 if offset is None else count(offset, "output"),
            item=0 if item is None else count(item, "item"),
        )

    def on_credit(self, call_id: str, message: Message) -> None:
        call = self.host.records.find(call_id)
        if call is not None:
            self.host.grant(call, count(message.header.get("items"), "items"))

    def on_ping(self, call_id: str, message: Message) -> None:
        self.send_header({"op": "pong", "id": call_id})


_HANDLERS: dict[str, Callable[[WebSocketPeer, str, Message], None]] = {
    "call": WebSocketPeer.on_call,
    "cancel": WebSocketPeer.on_cancel,
    "attach": WebSocketPeer.on_attach,
    "credit": WebSocketPeer.on_credit,
    "ping": WebSocketPeer.on_ping,
}


def is_call_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and CALL_ID.fullmatch(value) is not None


def count(value: object, name: str) -> int:
    if type(value) is not int or not 0 <= value < _MAX_COUNT:
        raise RpcError("bad-request", f"{name!r} must be a whole number, 0 or more")
    return value
