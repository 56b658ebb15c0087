"""How many calls a second a host accepts."""

from __future__ import annotations

import time

from ..errors import RpcError


class Rate:
    """A bucket that holds one second's calls and fills steadily; 0 a second is no limit."""

    __slots__ = ("_at", "_left", "_per_second")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._at = time.monotonic()

    def take(self) -> None:
        """Counts a call, or raises `rate-limited`."""
        limit = self._per_second
        if not limit:
            return
        now = time.monotonic()
        self._left = min(limit, self._left + (now - self._at) * limit)
        self._at = now
        if self._left < 1:
            wait_ms = round((1 - self._left) / limit * 1000) + 1
            raise RpcError(
                "rate-limited",
                f"this host accepts {limit} calls a second",
                hint=f"Try again in {wait_ms} ms.",
                details={"callsPerSecond": limit, "retryAfterMs": wait_ms},
            )
        self._left -= 1
