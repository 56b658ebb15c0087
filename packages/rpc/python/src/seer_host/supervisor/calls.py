"""One call: what was asked, what has happened, and who is watching."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

from ..errors import STATUS, RpcError
from ..messages import Message, build_message

if TYPE_CHECKING:
    import asyncio

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Stream = Literal["stdout", "stderr"]


class Watcher(Protocol):
    """Is told whenever something has happened to a call."""

    def changed(self, call: Call) -> None: ...


class Outcome(NamedTuple):
    """How a call ended: the message of its result or error, as any client would be sent it."""

    ok: bool
    message: Message
    status: int

    @classmethod
    def of_error(cls, call_id: str, error: RpcError) -> Outcome:
        header = {"op": "error", "id": call_id, "code": error.code}
        (data,) = build_message(header, error.encode())
        return cls(False, Message(header, bytes(data), bytes(data).index(b"\n") + 1), error.status)

    @classmethod
    def of_message(cls, message: Message) -> Outcome:
        if message.header["op"] == "result":
            return cls(True, message, 200)
        return cls(False, message, STATUS.get(message.header.get("code", ""), 500))


DEFAULT_CREDIT: Final = 16
"""How many items of a stream are sent before a client has asked for more."""

_CHUNK = 16 * 1024


class Chunk(NamedTuple):
    """A piece of a call's output."""

    offset: int
    stream: Stream
    data: bytearray


class Output:
    """The last of what a call printed, at offsets that count from its first byte."""

    __slots__ = ("_size", "chunks", "end")

    def __init__(self) -> None:
        self.chunks: deque[Chunk] = deque()
        self.end = 0
        self._size = 0

    def append(self, stream: Stream, data: bytes, limit: int) -> None:
        if (skipped := len(data) - limit) > 0:
            while skipped < len(data) and data[skipped] & 0xC0 == 0x80:
                skipped += 1  # to the start of a character
            self.end += skipped
            data = data[skipped:]
            self.chunks.clear()
            self._size = 0
        last = self.chunks[-1] if self.chunks else None
        if last is not None and last.stream == stream and len(last.data) + len(data) <= _CHUNK:
            # Joined, so that a million short lines are not a million objects.
            last.data.extend(data)
        else:
            self.chunks.append(Chunk(self.end, stream, bytearray(data)))
        self.end += len(data)
        self._size += len(data)
        while self._size > limit and len(self.chunks) > 1:
            self._size -= len(self.chunks.popleft().data)

    def since(self, offset: int) -> list[Chunk]:
        """The chunks from an offset on."""
        found: list[Chunk] = []
        # From the end, where a watcher that keeps up finds the little that it has not seen.
        for chunk in reversed(self.chunks):
            if chunk.offset + len(chunk.data) <= offset:
                break
            start = max(offset - chunk.offset, 0)
            found.append(Chunk(chunk.offset + start, chunk.stream, chunk.data[start:]))
        found.reverse()
        return found

    def to_json(self, offset: int) -> dict[str, Any]:
        chunks = self.since(offset)
        return {
            "offset": chunks[0].offset if chunks else self.end,
            "text": b"".join(chunk.data for chunk in chunks).decode("utf-8", "replace"),
            "next": self.end,
        }

    @property
    def size(self) -> int:
        return self._size


class Items:
    """The values that a stream has produced so far, as messages: the last of them, and those not sent yet."""

    __slots__ = ("_size", "ahead", "end", "kept", "sent")

    def __init__(self) -> None:
        self.kept: deque[Message] = deque()
        self.end = 0
        self.sent = 0
        """How many have been sent to a client."""
        self.ahead = 0
        """How many bytes those have that have not."""
        self._size = 0

    @property
    def first(self) -> int:
        return self.end - len(self.kept)

    @property
    def size(self) -> int:
        return self._size

    def append(self, message: Message, limit: int) -> None:
        size = len(message.data)
        self.kept.append(message)
        self.end += 1
        self.ahead += size
        self._size += size
        while self._size > limit and self.first < self.sent:
            self._size -= len(self.kept.popleft().data)

    def sent_before(self, index: int) -> None:
        """Takes note that a client has been sent what comes before this item."""
        while self.sent < min(index, self.end):
            self.ahead -= len(self.kept[self.sent - self.first].data)
            self.sent += 1

    def room(self, limit: int) -> int:
        """How many more items the stream may produce before those that nobody was sent exceed the limit."""
        average = max(self._size // max(len(self.kept), 1), 1)
        return max((limit - self.ahead) // average, 0 if self.ahead else 1)


class Call:
    """A call and its record."""

    __slots__ = (
        "accepted_at",
        "client",
        "collect",
        "credit",
        "deadline",
        "ended_at",
        "function",
        "given",
        "grace",
        "id",
        "items",
        "outcome",
        "output",
        "progress",
        "request",
        "seq",
        "started_at",
        "starves_since",
        "state",
        "stopped",
        "watchers",
    )

    def __init__(
        self, call_id: str, function: str, client: object, request: Message, collect: bool, credit: int
    ) -> None:
        self.id = call_id
        self.function = function
        self.client: object = client
        self.request: Message | None = request
        """The arguments, until the call has ended."""
        self.collect = collect
        """Whether a stream's items are to be one list."""
        self.credit = credit
        """How many items of a stream its clients want."""
        self.given = 0
        """How many the worker has been told to send."""
        self.seq = 0
        """Its number in the worker; 0 while the worker has not been given it."""
        self.state: State = "waiting"
        self.accepted_at = time.time()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.outcome: Outcome | None = None
        self.output: Output | None = None
        self.items: Items | None = None
        self.progress: dict[str, Any] | None = None
        self.stopped: RpcError | None = None
        """Why it is being cancelled, once it is."""
        self.deadline: asyncio.TimerHandle | None = None
        self.grace: asyncio.TimerHandle | None = None
        self.watchers: list[Watcher] = []
        self.starves_since: float | None = None

    def starves_for(self, seconds: float) -> bool:
        """Whether it is a stream that has been seen to wait this long for credit, with nobody watching."""
        produced = 0 if self.items is None else self.items.end
        if self.watchers or self.collect or produced < self.given:
            self.starves_since = None
            return False
        if self.starves_since is None:
            self.starves_since = time.monotonic()
        return time.monotonic() - self.starves_since > seconds

    def notify(self) -> None:
        if self.watchers:
            for watcher in tuple(self.watchers):
                watcher.changed(self)

    def start(self) -> None:
        self.state = "running"
        self.started_at = time.time()

    def end(self, outcome: Outcome) -> None:
        """Records how the call ended and tells its watchers; only the first end counts."""
        self.outcome = outcome
        # The record outlives the connection that it came from, which must not stay in memory with it.
        self.request = self.client = None
        self.ended_at = time.time()
        if outcome.ok:
            self.state = "done"
        else:
            self.state = "cancelled" if outcome.status == 499 else "failed"
        if self.deadline is not None:
            self.deadline.cancel()
        if self.grace is not None:
            self.grace.cancel()
        self.notify()

    @property
    def size(self) -> int:
        """About how much memory the record takes."""
        size = 1024
        if self.outcome is not None:
            size += len(self.outcome.message.data)
        if self.output is not None:
            size += self.output.size
        if self.items is not None:
            size += self.items.size
        return size
