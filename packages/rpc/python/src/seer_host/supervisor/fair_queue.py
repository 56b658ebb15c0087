"""A queue of calls that takes turns between clients, so that none can crowd out the others."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .calls import Call


class FairQueue:
    """First in, first out for each client; clients take turns."""

    def __init__(self) -> None:
        self._clients: OrderedDict[object, deque[Call]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Call]:
        for waiting in self._clients.values():
            yield from waiting

    def push(self, call: Call) -> None:
        waiting = self._clients.get(call.client)
        if waiting is None:
            self._clients[call.client] = deque((call,))
        else:
            waiting.append(call)
        self._length += 1

    def push_front(self, call: Call) -> None:
        """Returns a call to the front of its client's queue."""
        self._clients.setdefault(call.client, deque()).appendleft(call)
        self._clients.move_to_end(call.client, last=False)
        self._length += 1

    def peek(self) -> Call:
        return next(iter(self._clients.values()))[0]

    def pop(self) -> Call:
        client, waiting = next(iter(self._clients.items()))
        call = waiting.popleft()
        if waiting:
            self._clients.move_to_end(client)
        else:
            del self._clients[client]
        self._length -= 1
        return call

    def remove(self, call: Call) -> bool:
        waiting = self._clients.get(call.client)
        if waiting is None or call not in waiting:
            return False
        waiting.remove(call)
        if not waiting:
            del self._clients[call.client]
        self._length -= 1
        return True

    def position(self, call: Call) -> int:
        """How many calls will be taken before this one, unless more are pushed."""
        own = self._clients.get(call.client)
        if own is None or call not in own:
            return 0
        rank = own.index(call)
        ahead, before_own = 0, True
        for waiting in self._clients.values():
            if waiting is own:
                ahead, before_own = ahead + rank, False
            else:
                ahead += min(len(waiting), rank + 1 if before_own else rank)
        return ahead
