"""Puts what a worker prints into the log, a line at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls import Stream
    from .log import Log

_LONGEST = 8192


class Printing:
    """Joins the pieces that come of each stream to lines."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._unfinished: dict[Stream, str] = {}

    def write(self, stream: Stream, text: str) -> None:
        *lines, rest = (self._unfinished.get(stream, "") + text).split("\n")
        if len(rest) >= _LONGEST:
            lines.append(rest)
            rest = ""
        self._unfinished[stream] = rest
        for line in lines:
            self._log.worker(line)
