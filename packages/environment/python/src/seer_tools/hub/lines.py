"""The lines that `fetch_model` prints."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

MOST_OFTEN_SECONDS = 0.25


class Lines:
    """Writes one JSON object a line, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, kind: str, **fields: Any) -> None:
        line = json.dumps(
            {"type": kind, **{key: value for key, value in fields.items() if value is not None}}
        )
        # Whoever read it may be gone; then somebody else ends this process.
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._stream.write(f"{line}\n")
            self._stream.flush()


class ProgressLines:
    """Tells how much there is, as long as it is entered.

    It looks at the disk and not at the download, so that it is right whoever downloads: this process, the
    hub's own client in it, or another process that this one waits for.
    """

    def __init__(self, lines: Lines, measure: Callable[[], tuple[int, str | None]], total: int) -> None:
        self._lines = lines
        self._measure = measure
        self._total = total
        self._began = time.monotonic()
        self._at_first = measure()[0]
        self._last = -1
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ProgressLines:
        self._tell()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if error is None:
            self._tell()

    @property
    def fetched(self) -> int:
        return max(0, self._measure()[0] - self._at_first)

    def _run(self) -> None:
        while not self._done.wait(MOST_OFTEN_SECONDS):
            self._tell()

    def _tell(self) -> None:
        size, file = self._measure()
        if size == self._last:
            return
        self._last = size
        self._lines.write(
            "progress",
            bytes=size,
            total=self._total,
            fetched=max(0, size - self._at_first),
            seconds=round(time.monotonic() - self._began, 3),
            file=file,
        )
