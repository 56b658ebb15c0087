"""One connected socket of the supervisor."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol

from .poller import READ, WRITE

if TYPE_CHECKING:
    from ..messages import Buffer
    from .poller import Poller

_FULL = 512 * 1024
_JOINED = 32 * 1024
"""Up to here, a copy costs less than a longer list of pieces."""
_MAX_PARTS = 256


class Owner(Protocol):
    """Who speaks over a wire."""

    def space(self) -> memoryview:
        """Where to put what is received next."""
        ...

    def received_into(self, size: int) -> None:
        """That many bytes have come into the space."""

    def pause_writing(self) -> None:
        """The other side reads more slowly than it is written to."""

    def resume_writing(self) -> None:
        """It has caught up."""

    def connection_lost(self, error: OSError | None) -> None:
        """It is over, whoever ended it."""


class Wire:
    """Fills its owner's buffers, and sends what it is given from where that lies.

    asyncio's own transports copy what the network does not take at once, and cost more for each message.
    """

    def __init__(self, end: socket.socket, poller: Poller, owner: Owner, high_water: int = _FULL) -> None:
        end.setblocking(False)
        self.socket = end
        self.owner = owner
        self._poller = poller
        self._fd = end.fileno()
        self._loop = asyncio.get_running_loop()
        self._high_water = high_water
        self._parts: list[Buffer] = []
        self.unsent = 0
        """How many bytes the network has not taken."""
        self._events = READ
        self._blocked = False
        """Whether the network takes no more for now."""
        self._paused = False
        self._ends_input = False
        self.is_closing = False
        self._is_over = False
        poller.watch(self._fd, READ, self._ready)

    # Reading

    def pause_reading(self) -> None:
        self._watch_for(self._events & ~READ)

    def resume_reading(self) -> None:
        if not self.is_closing:
            self._watch_for(self._events | READ)

    def _ready(self, events: int) -> None:
        try:
            if events & READ and self._events & READ:
                self._read()
            if events & WRITE and self._blocked and not self._is_over:
                self._blocked = False
                self._write()
        except Exception as error:
            # A mistake of the owner's: it costs this connection and no other.
            message = "an error while a connection was served"
            self._loop.call_exception_handler({"message": message, "exception": error})
            self.abort()

    def _read(self) -> None:
        owner = self.owner
        try:
            size = self.socket.recv_into(owner.space())
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        if size:
            owner.received_into(size)
        else:
            self.close()

    # Writing

    def put(self, part: Buffer) -> None:
        """Sends this, when all that is at hand has been handled; it must not change until it is sent."""
        if self.is_closing:
            return
        if not self._parts:
            self._poller.flush_soon(self)
        self._parts.append(part)
        self.unsent += len(part)
        if self.unsent > _FULL:
            # Its reader may be too slow, of which whoever has more to send wants to know now.
            self.flush()

    def flush(self) -> None:
        if not self._blocked and self._parts:
            self._write()
        elif self.unsent > self._high_water:
            self._keep_up()

    def _write(self) -> None:
        parts = self._parts
        try:
            while parts:
                if len(parts) == 1:
                    sent = self.socket.send(parts[0])
                elif self.unsent <= _JOINED:
                    parts[:] = (b"".join(parts),)
                    continue
                else:
                    sent = self.socket.sendmsg(parts[:_MAX_PARTS])
                self.unsent -= sent
                if not self.unsent:
                    parts.clear()
                else:
                    _drop(parts, sent)
        except (BlockingIOError, InterruptedError):
            self._blocked = True
        except OSError as error:
            self._end(error)
            return
        self._keep_up()

    def _keep_up(self) -> None:
        """Waits for the network where it must, and says how the other side keeps up."""
        if self._blocked:
            self._watch_for(self._events | WRITE)
        elif self._events & WRITE:
            self._watch_for(self._events & ~WRITE)
        if self.unsent > self._high_water:
            if not self._paused:
                self._paused = True
                self.owner.pause_writing()
        elif self._paused and self.unsent <= self._high_water // 4:
            self._paused = False
            self.owner.resume_writing()
        if not self.unsent:
            if self._ends_input:
                self._shut_down()
            if self.is_closing:
                self._end(None)

    # Ending

    def end_input(self) -> None:
        """Tells the other side that nothing more will come, once it has all."""
        self._ends_input = True
        self.flush()
        if self._ends_input and not self.unsent:
            self._shut_down()

    def close(self) -> None:
        """Ends it once everything has been sent."""
        if self.is_closing:
            return
        self.flush()
        self.is_closing = True
        self._watch_for(self._events & ~READ)
        if not self.unsent:
            self._end(None)

    def abort(self) -> None:
        """Ends it now."""
        self._end(None)

    def _shut_down(self) -> None:
        self._ends_input = False
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._end(error)

    def _end(self, error: OSError | None) -> None:
        if self._is_over:
            return
        self._is_over = self.is_closing = True
        self._parts = []
        self.unsent = 0
        self._watch_for(0)
        # Not from inside whatever its owner is doing.
        self._loop.call_soon(self._tell, error)

    def _tell(self, error: OSError | None) -> None:
        try:
            self.owner.connection_lost(error)
        finally:
            self.socket.close()

    def _watch_for(self, events: int) -> None:
        before, self._events = self._events, events
        if events == before:
            return
        if not events:
            self._poller.unwatch(self._fd)
        elif not before:
            self._poller.watch(self._fd, events, self._ready)
        else:
            self._poller.watch_for(self._fd, events)


def _drop(parts: list[Buffer], sent: int) -> None:
    """Takes as many bytes off the start."""
    done = 0
    while done < len(parts) and sent >= len(parts[done]):
        sent -= len(parts[done])
        done += 1
    del parts[:done]
    if sent:
        parts[0] = memoryview(parts[0])[sent:]
