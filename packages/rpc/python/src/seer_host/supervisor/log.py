"""The host's log: the last lines in memory, and all of them in a file that is rotated."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import time
import urllib.parse
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Iterator

_LINES = 10_000
_DELAY_S = 0.05
_SHORTEST_SECRET = 4
"""Shorter secrets are not masked, because they occur in ordinary text by chance."""
_CUT = re.compile("\n?…\n?")
"""What stands for the rest of a text that was shortened."""
_SHORTEST_ENCODING = 8
"""The same for encoded secrets, which look like ordinary identifiers."""


class Masker:
    """Replaces secrets in output, logs and errors, also URL-encoded and in base64 or hexadecimal."""

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        encoded = {text for secret in plain for text in _encodings(secret) if len(text) >= _SHORTEST_ENCODING}
        # The longest first, so that a secret that contains another one is masked completely.
        self._secrets = sorted(plain | encoded, key=len, reverse=True)
        self._beginnings = {secret[:end] for secret in self._secrets for end in range(1, len(secret))}
        self._longest = max(map(len, self._beginnings), default=0)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return self._mask_parts(text) if _CUT.search(text) and self._secrets else text

    def _mask_parts(self, text: str) -> str:
        """Masks the larger part of a secret in a text that was shortened within it."""
        pieces = _CUT.split(text)
        marks = [*_CUT.findall(text), ""]
        for i in range(len(marks) - 1):
            pieces[i] = self._without_end(pieces[i])
            pieces[i + 1] = self._without_beginning(pieces[i + 1])
        return "".join(part for pair in zip(pieces, marks, strict=True) for part in pair)

    def _without_end(self, text: str) -> str:
        for secret in self._secrets:
            for length in _large_parts(secret):
                if text.endswith(secret[:length]):
                    return text[:-length] + "***"
        return text

    def _without_beginning(self, text: str) -> str:
        for secret in self._secrets:
            for length in _large_parts(secret):
                if text.startswith(secret[-length:]):
                    return "***" + text[length:]
        return text

    def undecided(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a secret that goes on."""
        for length in range(min(self._longest, len(text)), 0, -1):
            if text[-length:] in self._beginnings:
                return len(text) - self._start_before(len(text) - length, text)
        return 0

    def _start_before(self, cut: int, text: str) -> int:
        """Moves a cut to the beginning of the secrets that it would divide."""
        for secret in self._secrets:
            start = text.find(secret, max(cut - len(secret) + 1, 0), cut + len(secret) - 1)
            if 0 <= start < cut:
                return self._start_before(start, text)
        return cut

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


def _large_parts(secret: str) -> range:
    """The lengths of the parts that have at least half of a secret, longest first."""
    return range(len(secret) - 1, max((len(secret) + 1) // 2, _SHORTEST_SECRET) - 1, -1)


def _encodings(secret: str) -> Iterator[str]:
    data = secret.encode("utf-8", "surrogatepass")
    yield urllib.parse.quote(data, safe="")
    yield data.hex()
    yield data.hex().upper()
    for offset in range(3):
        # Of a longer text in base64, such as `user:password`, the characters that depend on the secret alone.
        text = base64.b64encode(bytes(offset) + data).decode()
        text = text[(0, 2, 3)[offset] : (offset + len(data)) * 8 // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")


class Entry(NamedTuple):
    """A log entry; it is formatted only when it is written or shown."""

    at: float
    source: str
    text: str | tuple[str, str, str, float | None, str]
    """The line; for the end of a call: its ID, function, state, duration in seconds, and reason."""


class Log:
    """Writes lines with a short delay, and ignores write errors: a full disk must not stop calls."""

    def __init__(
        self, path: str | None, max_bytes: int, masker: Masker, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._path = Path(path) if path else None
        self._max_bytes = max_bytes
        self.mask = masker
        self._loop = loop
        self._entries: deque[Entry] = deque(maxlen=_LINES)
        self._unwritten: list[Entry] = []
        self._lost = 0
        self._fd = -1
        self._size = 0
        if self._path is not None:
            self._open(self._path)

    def host(self, text: str) -> None:
        """Adds a line about the host itself."""
        self._add(Entry(time.time(), "host", text))

    def call(self, call_id: str, function: str, how: str, seconds: float | None, why: str = "") -> None:
        """Adds a line about the end of a call; formatted later, to keep calls fast."""
        self._add(Entry(time.time(), "host", (call_id, function, how, seconds, why)))

    def worker(self, text: str) -> None:
        """Adds a line that the worker printed, already masked and shortened."""
        self._add(Entry(time.time(), "worker", text))

    def last(self, lines: int) -> str:
        found = list(self._entries)[-lines:] if lines > 0 else []
        return "".join(self._format(entry) + "\n" for entry in found)

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
            call_id, function, how, seconds, why = text
            took = "the queue" if seconds is None else f"{seconds * 1000:.1f} ms"
            text = f"call {call_id} {function} {how} after {took}" + (f": {why}" if why else "")
        if entry.source != "worker":
            text = self.mask(text)
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(entry.at))
        return f"{at}.{int(entry.at * 1000) % 1000:03}Z {entry.source} {text}"

    def flush(self) -> None:
        """Writes the pending lines."""
        entries, self._unwritten = self._unwritten, []
        if self._lost:
            entries.append(Entry(time.time(), "host", f"({self._lost} lines left out)"))
            self._lost = 0
        data = bytearray()
        # The disk may be full or missing; the lines are still in memory.
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
