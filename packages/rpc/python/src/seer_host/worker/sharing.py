"""Large messages by way of memory that is shared with the supervisor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..messages import Message

if TYPE_CHECKING:
    from ..messages import Buffer


LARGE = 128 * 1024
"""From this size on, a message goes through an arena."""


def open_arenas(fds: list[int]) -> Sharing | None:
    """The memory behind these file descriptors, where there are any and this interpreter can."""
    try:
        requests, results = fds
        return Sharing(requests, results)
    except (ImportError, OSError, ValueError):
        return None
    finally:
        for fd in fds:
            os.close(fd)


class Sharing:
    """The worker's side of the shared memory."""

    def __init__(self, requests_fd: int, results_fd: int) -> None:
        from ..arena import Arena  # which needs what not every interpreter has
        from ..places import Places

        self._requests = Arena(requests_fd)
        self._results = Arena(results_fd)
        self._places = Places(self._results)

    def read(self, message: Message) -> Message:
        """A message from the supervisor, with its body where that lies."""
        header = message.header
        for place in header.get("forgotten", ()):
            self._places.let_go(place)
        shared = header.get("shared")
        if shared is None:
            return message
        header |= shared["parts"]
        return Message(header, self._requests.view(shared["place"], shared["size"]), shared["body"])

    @property
    def has_forgotten(self) -> bool:
        return self._requests.has_forgotten

    def forgot(self) -> bytes:
        """The message that tells which arguments the user's code no longer holds."""
        return f'{{"op":"forgot","places":{self._requests.forgotten()}}}\n'.encode()

    def leave(self, parts: list[Buffer], size: int) -> list[Buffer]:
        """Leaves a message where the supervisor finds it; gives the message that says where."""
        place = self._places.take(size)
        if place is None:
            return parts
        self._results.fill(place, parts)
        first = bytes(parts[0])
        line = first[: first.index(b"\n") + 1]
        return [b'{"op":"shared","place":%d,"size":%d}\n' % (place, size) + line]

    def before_fork(self) -> None:
        self._requests.keep()

    def after_fork_in_child(self) -> None:
        self._requests.part()
