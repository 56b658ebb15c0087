"""Limits the calls per second that a host accepts."""

from __future__ import annotations

import time

from ..errors import RpcError


class RateLimiter:
    """A token bucket that holds one second's calls; 0 means no limit."""

    __slots__ = ("_per_second", "_tokens", "_updated_at")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._tokens = float(per_second)
        self._updated_at = time.monotonic()

    def take(self) -> None:
        """Counts a call; raises `rate-limited`."""
        limit = self._per_second
        if not limit:
            return
        now = time.monotonic()
        self._tokens = min(limit, self._tokens + (now - self._updated_at) * limit)
        self._updated_at = now
        if self._tokens < 1:
            wait_ms = round((1 - self._tokens) / limit * 1000) + 1
            raise RpcError(
                "rate-limited",
                f"this host accepts {limit} calls per second",
                hint=f"Try again in {wait_ms} ms.",
                details={"callsPerSecond": limit, "retryAfterMs": wait_ms},
            )
        self._tokens -= 1
