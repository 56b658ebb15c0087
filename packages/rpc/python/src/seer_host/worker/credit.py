"""Flow control of streams: how many items may be sent before the client asks for more."""

from __future__ import annotations

import threading
from typing import Final

DEFAULT_CREDIT: Final = 16
_LISTEN_S = 0.1


class Credit:
    """The number of items that a stream may still send."""

    def __init__(self, items: int) -> None:
        self._available = items
        self._granted = threading.Condition()

    def take(self) -> None:
        with self._granted:
            while self._available <= 0:
                # A timeout, because an asynchronous exception does not interrupt a wait.
                self._granted.wait(_LISTEN_S)
            self._available -= 1

    def take_if_any(self) -> bool:
        with self._granted:
            if self._available <= 0:
                return False
            self._available -= 1
            return True

    def grant(self, items: int) -> None:
        with self._granted:
            self._available += items
            self._granted.notify_all()


class Credits:
    """The credit of each stream by sequence number, including calls that have not started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._credits: dict[int, Credit] = {}
        self._early: dict[int, int] = {}

    def get(self, seq: int, items: int) -> Credit:
        """The credit of a stream; a new one starts with this many items."""
        with self._lock:
            credit = self._credits.get(seq)
            if credit is None:
                credit = self._credits[seq] = Credit(items + self._early.pop(seq, 0))
            return credit

    def grant(self, seq: int, items: int) -> None:
        with self._lock:
            credit = self._credits.get(seq)
            if credit is None:
                # The call has not started, or has ended.
                self._early[seq] = self._early.get(seq, 0) + items
                return
        credit.grant(items)

    def end(self, seq: int) -> None:
        self._credits.pop(seq, None)

    def drop_until(self, seq: int) -> None:
        """Drops credit for calls up to this one, which have ended."""
        if self._early:
            with self._lock:
                self._early = {later: items for later, items in self._early.items() if later > seq}
