"""The call that the running code belongs to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


class CallCancelled(BaseException):
    """Raised in a call to cancel it."""


class CallContext:
    """The state of a running call."""

    __slots__ = ("cancelled", "id", "partial", "partial_bytes", "reported_at", "seq", "task")

    def __init__(self, call_id: str, seq: int) -> None:
        self.id = call_id
        self.seq = seq
        self.partial: dict[str, str] = {}
        """The unsent text, by stream."""
        self.partial_bytes: dict[str, bytes] = {}
        """The bytes of an incomplete character, by stream."""
        self.reported_at = 0.0
        self.cancelled = False
        """Whether the host has interrupted the call; user code may raise similar exceptions itself."""
        self.task: asyncio.Task[Any] | None = None
        """The only task to cancel when its code runs an event loop, if set."""


current_call: ContextVar[CallContext | None] = ContextVar("seer_call", default=None)
