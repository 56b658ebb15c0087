"""The host's log: its last lines in memory, all of it in a file that cannot grow without bound."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

_LINES = 10_000
_LINE = 8 * 1024
_LAST_OF_WORKER = 40
_DELAY_S = 0.05
_SHORTEST_SECRET = 4
"""Shorter strings occur everywhere by chance."""


class Masker:
    """Replaces secrets in what is logged or reported."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first, so that a secret that contains another is masked whole.
        self._secrets = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def mask_json(self, data: bytes) -> bytes:
        """Masks the strings of a JSON text."""
        if not self._secrets:
            return data
        return json.dumps(self._mask_value(json.loads(data)), separators=(",", ":")).encode()

    def _mask_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self._mask_value(item) for item in cast("list[Any]", value)]
        if isinstance(value, dict):
            return {key: self._mask_value(item) for key, item in cast("dict[str, Any]", value).items()}
        return value


class Entry(NamedTuple):
    """A line that has not been written out."""

    at: float
    source: str
    text: str | tuple[str, str, str, float | None]
    """The line; or of a call that ended its id, its function, how, and after how many seconds."""


class Log:
    """Writes soon rather than at once, and never fails: a full disk loses lines, not calls."""

    def __init__(
        self, path: str | None, max_bytes: int, masker: Masker, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._path = Path(path) if path else None
        self._max_bytes = max_bytes
        self._mask = masker
        self._loop = loop
        self._entries: deque[Entry] = deque(maxlen=_LINES)
        self._worker_lines: deque[str] = deque(maxlen=_LAST_OF_WORKER)
        self._unwritten: list[Entry] = []
        self._lost = 0
        self._fd = -1
        self._size = 0
        if self._path is not None:
            self._open(self._path)

    def host(self, text: str) -> None:
        """A line about the host itself."""
        self._add(Entry(time.time(), "host", text))

    def call(self, call_id: str, function: str, how: str, seconds: float | None) -> None:
        """The end of a call, which costs the call as little as possible."""
        self._add(Entry(time.time(), "host", (call_id, function, how, seconds)))

    def worker(self, text: str) -> None:
        """A line that the worker printed."""
        text = text[:_LINE]
        if text:
            self._worker_lines.append(text)
        self._add(Entry(time.time(), "worker", text))

    def last(self, lines: int) -> str:
        found = list(self._entries)[-lines:] if lines > 0 else []
        return "".join(self._format(entry) + "\n" for entry in found)

    def last_of_worker(self) -> list[str]:
        return [self._mask(line) for line in self._worker_lines]

    def begin_worker(self) -> None:
        self._worker_lines.clear()

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self._fd < 0:
            return
        if not self._unwritten:
            self._loop.call_later(_DELAY_S, self.flush)
        if len(self._unwritten) < _LINES:
            self._unwritten.append(entry)
        else:
            self._lost += 1

    def _format(self, entry: Entry) -> str:
        text = entry.text
        if not isinstance(text, str):
            call_id, function, how, seconds = text
            took = "the queue" if seconds is None else f"{seconds * 1000:.1f} ms"
            text = f"call {call_id} {function} {how} after {took}"
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(entry.at))
        return f"{at}.{int(entry.at * 1000) % 1000:03}Z {entry.source} {self._mask(text)}"

    def flush(self) -> None:
        """Writes what has not been written yet."""
        entries, self._unwritten = self._unwritten, []
        if self._lost:
            entries.append(Entry(time.time(), "host", f"({self._lost} lines left out)"))
            self._lost = 0
        data = bytearray()
        # The disk may be full or gone. The lines are still in memory, and calls matter more.
        with contextlib.suppress(OSError):
            for entry in entries:
                data += self._format(entry).encode("utf-8", "backslashreplace") + b"\n"
                if self._size + len(data) > self._max_bytes:
                    self._write(data)
                    data.clear()
            self._write(data)

    def _write(self, data: bytearray) -> None:
        if self._path is not None and self._size and self._size + len(data) > self._max_bytes:
            self._rotate(self._path)
        self._size += os.write(self._fd, data)

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._size = os.fstat(self._fd).st_size
        except OSError as error:
            self._fd = -1
            self.host(f"cannot write the log to {path}: {error.strerror}")

    def _rotate(self, path: Path) -> None:
        if path.is_file() and not path.is_symlink():
            path.replace(path.with_name(path.name + ".1"))
            old, self._fd = self._fd, -1
            os.close(old)
            self._open(path)
