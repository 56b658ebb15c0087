"""How far streams may run ahead of their readers."""

from __future__ import annotations

import threading
from typing import Final

DEFAULT_CREDIT: Final = 16
_LISTEN_S = 0.1


class Credit:
    """How many items a stream may still send; waiting for more can be interrupted."""

    def __init__(self, items: int) -> None:
        self._left = items
        self._granted = threading.Condition()

    def take(self) -> None:
        with self._granted:
            while self._left <= 0:
                # Not for ever: an exception for a thread other than the main one does not end its wait.
                self._granted.wait(_LISTEN_S)
            self._left -= 1

    def take_if_any(self) -> bool:
        with self._granted:
            if self._left <= 0:
                return False
            self._left -= 1
            return True

    def grant(self, items: int) -> None:
        with self._granted:
            self._left += items
            self._granted.notify_all()


class Credits:
    """The credit of each stream, by the number of its call, also of those that have not begun."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._credits: dict[int, Credit] = {}
        self._early: dict[int, int] = {}

    def of(self, seq: int, items: int) -> Credit:
        """The credit of a stream, which begins with this many items."""
        with self._lock:
            credit = self._credits.get(seq)
            if credit is None:
                credit = self._credits[seq] = Credit(items + self._early.pop(seq, 0))
            return credit

    def grant(self, seq: int, items: int) -> None:
        with self._lock:
            credit = self._credits.get(seq)
            if credit is None:
                # The main thread has not come to the call yet, or is beyond it.
                self._early[seq] = self._early.get(seq, 0) + items
                return
        credit.grant(items)

    def end(self, seq: int) -> None:
        self._credits.pop(seq, None)

    def passed(self, seq: int) -> None:
        """Says that the main thread is beyond this call: what was granted to it or before it is of no use."""
        if self._early:
            with self._lock:
                self._early = {later: items for later, items in self._early.items() if later > seq}
