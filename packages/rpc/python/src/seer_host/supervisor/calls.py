"""The state of a call: its request, output, items and outcome."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

from ..errors import STATUS, RpcError
from ..messages import Message, build_message

if TYPE_CHECKING:
    import asyncio

    from .scheduler import ConcurrencyGroup
    from .worker_process import WorkerProcess

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Stream = Literal["stdout", "stderr"]


class Watcher(Protocol):
    """Is notified of every change to a call."""

    def changed(self, call: Call) -> None: ...


class Outcome(NamedTuple):
    """The outcome of a call: the message of its result or error, as clients receive it."""

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
"""How many items of a stream are sent before the client requests more."""

_CHUNK = 16 * 1024


class Chunk(NamedTuple):
    """A piece of a call's output."""

    offset: int
    stream: Stream
    data: bytearray


class Output:
    """The last part of a call's output; offsets count from its first byte."""

    __slots__ = ("_size", "chunks", "end", "undecided")

    def __init__(self) -> None:
        self.chunks: deque[Chunk] = deque()
        self.end = 0
        self._size = 0
        #: Text that is not shown yet, because it may be the beginning of a secret.
        self.undecided: dict[Stream, str] = {}

    def append(self, stream: Stream, data: bytes, limit: int) -> None:
        if (skipped := len(data) - limit) > 0:
            while skipped < len(data) and data[skipped] & 0xC0 == 0x80:
                skipped += 1  # do not cut a character
            self.end += skipped
            data = data[skipped:]
            self.chunks.clear()
            self._size = 0
        last = self.chunks[-1] if self.chunks else None
        if last is not None and last.stream == stream and len(last.data) + len(data) <= _CHUNK:
            # Joined, so that many short lines do not become as many objects.
            last.data.extend(data)
        else:
            self.chunks.append(Chunk(self.end, stream, bytearray(data)))
        self.end += len(data)
        self._size += len(data)
        while self._size > limit and len(self.chunks) > 1:
            self._size -= len(self.chunks.popleft().data)

    def since(self, offset: int) -> list[Chunk]:
        """The chunks after an offset."""
        found: list[Chunk] = []
        # Searched from the end, because most watchers lack only the last chunks.
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
    """The items of a stream, as messages: all that have not been sent, and the last that have."""

    __slots__ = ("_size", "ahead", "end", "kept", "sent")

    def __init__(self) -> None:
        self.kept: deque[Message] = deque()
        self.end = 0
        self.sent = 0
        """How many items have been sent to a client."""
        self.ahead = 0
        """The size of the unsent items in bytes."""
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
        """Marks the items before this index as sent."""
        while self.sent < min(index, self.end):
            self.ahead -= len(self.kept[self.sent - self.first].data)
            self.sent += 1

    def room(self, limit: int) -> int:
        """An estimate of how many more items fit before the unsent ones exceed the limit, in bytes."""
        average = max(self._size // max(len(self.kept), 1), 1)
        return max((limit - self.ahead) // average, 0 if self.ahead else 1)


class Call:
    """A call and its record."""

    __slots__ = (
        "accepted_at",
        "client",
        "collect",
        "credit",
        "credit_sent",
        "deadline",
        "ended_at",
        "function",
        "grace",
        "group",
        "id",
        "items",
        "outcome",
        "output",
        "progress",
        "request",
        "seq",
        "stalled_since",
        "started_at",
        "state",
        "stopped",
        "watchers",
        "worker",
    )

    def __init__(
        self, call_id: str, function: str, client: object, request: Message, collect: bool, credit: int
    ) -> None:
        self.id = call_id
        self.function = function
        self.client: object = client
        self.request: Message | None = request
        """The message with the arguments; None after the call has ended."""
        self.collect = collect
        """Whether to return the items of a stream as one list."""
        self.credit = credit
        """How many items of a stream the clients have requested."""
        self.credit_sent = 0
        """How many items the worker has been allowed to send."""
        self.seq = 0
        """The sequence number; 0 until the call is dispatched."""
        self.group: ConcurrencyGroup | None = None
        self.worker: WorkerProcess | None = None
        """The worker that the call was dispatched to."""
        self.state: State = "waiting"
        self.accepted_at = time.time()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.outcome: Outcome | None = None
        self.output: Output | None = None
        self.items: Items | None = None
        self.progress: dict[str, Any] | None = None
        self.stopped: RpcError | None = None
        """Why the call was cancelled, if it was."""
        self.deadline: asyncio.TimerHandle | None = None
        self.grace: asyncio.TimerHandle | None = None
        self.watchers: list[Watcher] = []
        self.stalled_since: float | None = None

    def stalled_for(self, seconds: float) -> bool:
        """Whether a stream has waited this long for credit while no client was watching it."""
        produced = 0 if self.items is None else self.items.end
        if self.watchers or self.collect or produced < self.credit_sent:
            self.stalled_since = None
            return False
        if self.stalled_since is None:
            self.stalled_since = time.monotonic()
        return time.monotonic() - self.stalled_since > seconds

    def notify(self) -> None:
        if self.watchers:
            for watcher in tuple(self.watchers):
                watcher.changed(self)

    def start(self) -> None:
        self.state = "running"
        self.started_at = time.time()

    def end(self, outcome: Outcome) -> None:
        """Records how the call ended and notifies its watchers."""
        self.outcome = outcome
        # The record must not keep the connection and the request in memory.
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
        """The approximate memory use of the record."""
        size = 1024
        if self.outcome is not None:
            size += len(self.outcome.message.data)
        if self.output is not None:
            size += self.output.size
        if self.items is not None:
            size += self.items.size
        return size
