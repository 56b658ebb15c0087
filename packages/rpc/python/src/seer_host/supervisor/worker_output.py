"""Reads a worker's output from its pipes and splits it into lines for the log."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Stream
    from .log import Log

_LONGEST_LINE = 8192
_LAST_LINES = 40


class WorkerOutput:
    """Logs one worker's output line by line, and keeps the last lines for error reports."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._unfinished: dict[Stream, str] = {}
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    def write(self, stream: Stream, text: str) -> None:
        *lines, rest = (self._unfinished.get(stream, "") + text).split("\n")
        if len(rest) >= _LONGEST_LINE:
            # Not within a secret, whose parts would not be masked.
            end = len(rest) - self._log.mask.undecided(rest)
            if end:
                lines.append(rest[:end])
            rest = rest[end:]
        self._unfinished[stream] = rest
        for line in lines:
            self._add(line)

    def end_lines(self) -> None:
        """Logs the unfinished lines, so that they come before whatever is logged next."""
        unfinished, self._unfinished = self._unfinished, {}
        for line in unfinished.values():
            if line:
                self._add(line)

    def last_lines(self) -> list[str]:
        return list(self._last)

    def _add(self, line: str) -> None:
        # Masked before it is shortened, which may cut a secret.
        shown = self._log.mask(line)[:_LONGEST_LINE]
        if shown:
            self._last.append(shown)
        self._log.worker(shown)


class OutputPipe:
    """Reads one of the worker's file descriptors: output of C code, of subprocesses, and of crashes."""

    def __init__(self, fd: int, stream: Stream, printed: Callable[[Stream, str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = fd
        self._stream: Stream = stream
        self._printed = printed
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._read)

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._fd)
            return False
        if text := self._decode(data):
            self._printed(self._stream, text)
        return True

    def close(self) -> None:
        """Reads the remaining data and closes the pipe, even if a child of the worker keeps it open."""
        for _ in range(64):
            if not self._read():
                break
        self._loop.remove_reader(self._fd)
