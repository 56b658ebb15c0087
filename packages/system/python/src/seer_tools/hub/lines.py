"""Writes the JSON lines of `fetch_model`."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

INTERVAL_SECONDS = 0.25


class Lines:
    """Writes one JSON object per line, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, kind: str, **fields: Any) -> None:
        line = json.dumps(
            {"type": kind, **{key: value for key, value in fields.items() if value is not None}}
        )
        # If the reader is gone, the watcher of standard input ends this process.
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._stream.write(f"{line}\n")
            self._stream.flush()


class ProgressLines:
    """Reports progress while the context is active.

    Progress is measured on disk, so that it includes files which another process downloads.
    """

    def __init__(self, lines: Lines, measure: Callable[[], tuple[int, str | None]], total: int) -> None:
        self._lines = lines
        self._measure = measure
        self._total = total
        self._began = time.monotonic()
        self._initial_size = measure()[0]
        self._last = -1
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ProgressLines:
        self._report()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if error is None:
            self._report()

    @property
    def fetched(self) -> int:
        return max(0, self._measure()[0] - self._initial_size)

    def _run(self) -> None:
        while not self._done.wait(INTERVAL_SECONDS):
            self._report()

    def _report(self) -> None:
        size, file = self._measure()
        if size == self._last:
            return
        self._last = size
        self._lines.write(
            "progress",
            bytes=size,
            total=self._total,
            fetched=max(0, size - self._initial_size),
            seconds=round(time.monotonic() - self._began, 3),
            file=file,
        )
