"""The records of current and recent calls, by ID."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from ..errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .calls import Call
    from .config import Limits


class CallRecords:
    """Keeps the calls that a client may still ask about."""

    def __init__(self, limits: Limits) -> None:
        self._kept_s = limits.kept_ms / 1000
        self._kept_bytes = limits.kept_bytes
        self._calls: dict[str, Call] = {}
        self._ended: deque[tuple[Call, int]] = deque()
        self._size = 0
        self._complete_since = time.time()
        """All calls accepted after this time are still in the records."""

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    def get(self, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None:
            raise RpcError(
                "unknown-call",
                f"there is no call {call_id[:64]!r}, or its result is no longer kept",
                details={"completeForMs": int((time.time() - self._complete_since) * 1000)},
            )
        return call

    def add(self, call: Call) -> None:
        self._calls[call.id] = call

    def keep(self, call: Call) -> None:
        """Records that a call has ended, so that it is dropped later."""
        size = call.size
        self._ended.append((call, size))
        self._size += size
        while self._size > self._kept_bytes and len(self._ended) > 1:
            self._drop_oldest()

    def sweep(self) -> None:
        """Drops expired records."""
        oldest = time.time() - self._kept_s
        while self._ended and (self._ended[0][0].ended_at or 0) < oldest:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        call, size = self._ended.popleft()
        self._size -= size
        self._complete_since = max(self._complete_since, call.accepted_at)
        del self._calls[call.id]
