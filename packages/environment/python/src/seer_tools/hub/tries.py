"""How often something is tried that may fail for reasons that pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from seer_tools.hub.failures import FetchError, explain, in_short

if TYPE_CHECKING:
    from collections.abc import Callable

    from seer_tools.hub.failures import Code
    from seer_tools.hub.lines import Lines

T = TypeVar("T")

MOST = 5
FIRST_PAUSE_SECONDS = 1.0
# A connection that breaks now and then is no reason to give up on a large file.
PROGRESS_BYTES = 64 * 1024 * 1024


class Tries:
    """Counts failures in a row, tells each, and gives up after the fifth."""

    def __init__(
        self,
        lines: Lines,
        what: str,
        *,
        model: str,
        revision: str | None,
        first_pause: float,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._lines = lines
        self._what = what
        self._model = model
        self._revision = revision
        self._first_pause = first_pause
        self._wait = pause
        self._failures = 0
        self._bytes = 0

    def failed(self, error: Exception, *, have: int = 0, code: Code, then: str) -> None:
        """Returns after a pause when it is to be tried again.

        Raises what the error means otherwise; `then` says what is to become of it.
        """
        meaning = explain(error, self._model, self._revision)
        if meaning is not None:
            raise meaning from error
        if have >= self._bytes + PROGRESS_BYTES:
            self._failures = 0
        self._bytes = max(have, self._bytes)
        self._failures += 1
        problem = in_short(error)
        if self._failures == MOST:
            message = f"{self._what} for {self._model} failed {MOST} times, at last with {problem}; {then}"
            raise FetchError(code, message) from error
        self._lines.write("retry", what=self._what, attempt=self._failures, of=MOST, message=problem)
        self._wait(self._first_pause * 2 ** (self._failures - 1))


def attempt(tries: Tries, work: Callable[[], T], *, code: Code, then: str) -> T:
    """Does something again until it works, or the tries are used up."""
    while True:
        try:
            return work()
        except Exception as error:
            tries.failed(error, code=code, then=then)
