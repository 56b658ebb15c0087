"""The lease of a sandbox: it ends when it has no holders or its time limit is reached."""

from __future__ import annotations

import math
import threading
import time


class Lease:
    """Holders keep a sandbox alive by an open connection or by renewing.

    The kernel closes the connections of a process that dies. So a busy, debugged or suspended owner keeps its
    sandbox, and `grace` seconds after a killed owner it ends, unless another process has attached. Holders on
    other machines renew instead, because their connections may break.
    """

    def __init__(self, *, grace: float, timeout: float, timeout_reason: str = "timeout") -> None:
        self._grace = grace
        self._timeout_reason = timeout_reason
        self._lock = threading.Lock()
        self._connected = 0
        # When each renewing holder's lease expires.
        self._renewed: dict[str, float] = {}
        self._started = time.monotonic()
        self._unheld_since = self._started
        self._ends = self._started + timeout

    def hold(self) -> None:
        with self._lock:
            self._connected += 1

    def release(self) -> None:
        with self._lock:
            self._connected -= 1
            self._unheld_since = time.monotonic()

    def renew(self, holder: str, *, seconds: float) -> None:
        """Extends a holder's lease to `seconds` from now; 0 releases it."""
        with self._lock:
            self._renewed[holder] = time.monotonic() + seconds

    @property
    def holders(self) -> int:
        with self._lock:
            self._expire(time.monotonic())
            return self._connected + len(self._renewed)

    @property
    def uptime(self) -> float:
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        return self._ends - time.monotonic()

    def end_reason(self) -> str | None:
        """The reason to end now, or None."""
        with self._lock:
            now = time.monotonic()
            self._expire(now)
            if now >= self._ends:
                return self._timeout_reason
            if not self._is_held() and now - self._unheld_since >= self._grace:
                return "owner-gone"
            return None

    def next_check(self) -> float | None:
        """Seconds until the lease can end at the earliest; None if it has no end."""
        with self._lock:
            now = time.monotonic()
            self._expire(now)
            earliest_end = self._ends
            if not self._is_held():
                earliest_end = min(earliest_end, self._unheld_since + self._grace)
            elif self._connected == 0:
                earliest_end = min(earliest_end, max(self._renewed.values()) + self._grace)
            return None if earliest_end == math.inf else max(0.0, earliest_end - now)

    def _is_held(self) -> bool:
        return self._connected > 0 or len(self._renewed) > 0

    def _expire(self, now: float) -> None:
        for holder, until in list(self._renewed.items()):
            if until <= now:
                del self._renewed[holder]
                self._unheld_since = max(self._unheld_since, until)
