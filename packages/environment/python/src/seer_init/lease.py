"""How long a sandbox may live: while somebody holds it, and not past its time."""

from __future__ import annotations

import threading
import time


class Lease:
    """Held through open connections: the kernel closes those of a process that dies, however it dies.

    So an owner that is busy, stopped in a debugger or asleep with the machine keeps its sandbox, and one that
    was killed loses it, `grace` seconds later; meanwhile another process may take it over.
    """

    def __init__(self, *, grace: float, timeout: float, timeout_reason: str = "timeout") -> None:
        self._grace = grace
        self._timeout_reason = timeout_reason
        self._lock = threading.Lock()
        self._holders = 0
        self._started = time.monotonic()
        self._unheld_since = self._started
        self._ends = self._started + timeout

    def hold(self) -> None:
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            self._unheld_since = time.monotonic()

    @property
    def holders(self) -> int:
        return self._holders

    @property
    def uptime(self) -> float:
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        return self._ends - time.monotonic()

    def over(self) -> str | None:
        """Why the sandbox must end now, or None."""
        with self._lock:
            now = time.monotonic()
            if now >= self._ends:
                return self._timeout_reason
            if self._holders == 0 and now - self._unheld_since >= self._grace:
                return "owner-gone"
            return None

    def next_check(self) -> float:
        """In how many seconds it can be over at the earliest."""
        with self._lock:
            now = time.monotonic()
            over_at = self._ends
            if self._holders == 0:
                over_at = min(over_at, self._unheld_since + self._grace)
            return max(0.0, over_at - now)
