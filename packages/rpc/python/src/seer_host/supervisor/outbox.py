"""Gathers what one event has to send, so that each connection is written to once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

    from ..messages import Buffer

_FULL = 512 * 1024
_LARGE = 16 * 1024
"""From this size on, a copy costs more than another system call."""


class Batch:
    """The outboxes with something to send: flushed when the current event has been handled."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Outbox] = []
        self._entered = False

    def __enter__(self) -> None:
        self._entered = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._entered = False
        if self._waiting:
            self.flush()

    def add(self, outbox: Outbox) -> None:
        if not self._waiting and not self._entered:
            self._loop.call_soon(self.flush)
        self._waiting.append(outbox)

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outbox in waiting:
            outbox.flush()


class Outbox:
    """What is to be written to one transport."""

    __slots__ = ("_batch", "_parts", "_size", "_transport", "closed")

    def __init__(self, transport: asyncio.Transport, batch: Batch) -> None:
        self._transport = transport
        self._batch = batch
        self._parts: list[Buffer] = []
        self._size = 0
        self.closed = False

    def put(self, part: Buffer) -> None:
        parts = self._parts
        if not parts:
            self._batch.add(self)
        parts.append(part)
        self._size += len(part)
        if self._size > _FULL:
            # The transport must know, so that it can say when its reader is too slow.
            self.flush()

    def flush(self) -> None:
        parts = self._parts
        if not parts:
            return
        self._parts = []
        self._size = 0
        if self.closed or self._transport.is_closing():
            return
        write = self._transport.write
        if len(parts) == 1 and len(parts[0]) < _LARGE:
            write(parts[0])
            return
        small: list[Buffer] = []
        for part in parts:
            if len(part) < _LARGE:
                small.append(part)
                continue
            # What comes before goes with the start of it, not in a packet of its own; the rest is not copied.
            view = memoryview(part)
            small.append(view[:_LARGE])
            write(b"".join(small))
            small.clear()
            write(view[_LARGE:])
        if small:
            write(b"".join(small))
