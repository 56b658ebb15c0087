"""How long a sandbox may live: while somebody holds it, and not past its time."""

from __future__ import annotations

import threading
import time


class Lease:
    """Held through open connections: the kernel closes those of a process that dies, however it dies.

    So an owner that is busy, stopped in a debugger or asleep with the machine keeps its sandbox, and one that
    was killed loses it, `grace` seconds later; meanwhile another process may take it over. Holders on another
    machine, whose connections may break and whose end nobody tells, renew instead.
    """

    def __init__(self, *, grace: float, timeout: float, timeout_reason: str = "timeout") -> None:
        self._grace = grace
        self._timeout_reason = timeout_reason
        self._lock = threading.Lock()
        self._connected = 0
        # Until when each holder that renews holds it.
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
        """Holds it for so long from now on; for no time at all to let go of it."""
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

    def over(self) -> str | None:
        """Why the sandbox must end now, or None."""
        with self._lock:
            now = time.monotonic()
            self._expire(now)
            if now >= self._ends:
                return self._timeout_reason
            if not self._is_held() and now - self._unheld_since >= self._grace:
                return "owner-gone"
            return None

    def next_check(self) -> float:
        """In how many seconds it can be over at the earliest."""
        with self._lock:
            now = time.monotonic()
            self._expire(now)
            over_at = self._ends
            if not self._is_held():
                over_at = min(over_at, self._unheld_since + self._grace)
            elif self._connected == 0:
                over_at = min(over_at, max(self._renewed.values()) + self._grace)
            return max(0.0, over_at - now)

    def _is_held(self) -> bool:
        return self._connected > 0 or len(self._renewed) > 0

    def _expire(self, now: float) -> None:
        for holder, until in list(self._renewed.items()):
            if until <= now:
                del self._renewed[holder]
                self._unheld_since = max(self._unheld_since, until)
