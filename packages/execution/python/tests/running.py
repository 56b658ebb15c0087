"""What tests ask of a notebook."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from seer_session.notebook import CellError, CellResult, Notebook

if TYPE_CHECKING:
    import asyncio


class Cancelled(BaseException):
    """What the host raises in a cell to interrupt it."""


class Host:
    """What interrupts cells as the real host does, when a cell calls `interrupt()`."""

    interruption: type[BaseException] = Cancelled

    def __init__(self) -> None:
        self.interrupted = False
        self.task: asyncio.Task[Any] | None = None

    def has_interrupted(self) -> bool:
        return self.interrupted

    def set_task(self, task: asyncio.Task[Any] | None) -> None:
        self.task = task


class Cells:
    """A notebook of one test."""

    def __init__(self) -> None:
        self.host = Host()
        self._notebook = Notebook(self.host)

    def run(self, source: str, name: str = "") -> CellResult:
        self.host.interrupted = False
        return self._notebook.run(textwrap.dedent(source), name)

    def value(self, source: str) -> str | None:
        """Run a cell that must succeed."""
        outcome = self.run(source)
        assert outcome["error"] is None
        return outcome["result"]

    def error(self, source: str) -> CellError:
        """Run a cell that must fail by its own doing."""
        outcome = self.run(source)
        assert outcome["error"] is not None
        assert not outcome["interrupted"]
        return outcome["error"]

    def close(self) -> None:
        self._notebook.close()
