"""Runs cells that share one namespace."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from seer_session.cell import awaits, compile_cell
from seer_session.display import draw, pictures_of, text_of
from seer_session.errors import CellError, describe_error
from seer_session.event_loop import EventLoop
from seer_session.figures import close_figures, open_figures

if TYPE_CHECKING:
    import asyncio

    from seer_session.cell import Cell
    from seer_session.display import Image


class CellResult(TypedDict):
    """The result of a cell, apart from its printed output."""

    result: str | None
    images: list[Image]
    error: CellError | None
    interrupted: bool
    """Whether the host interrupted the cell."""


class Host(Protocol):
    """The process that runs the notebook, and may interrupt a cell."""

    interruption: type[BaseException]
    """The exception that interrupts a cell. In a coroutine, the task is cancelled instead."""

    def has_interrupted(self) -> bool:
        """Return whether it has interrupted the running cell."""
        ...

    def set_task(self, task: asyncio.Task[Any] | None) -> None:
        """Set the running cell's task, to be cancelled on interruption."""
        ...


class Notebook:
    """Runs cells one after another in the namespace of a `__main__` module."""

    def __init__(self, host: Host) -> None:
        """Start with an empty namespace."""
        self._main = ModuleType("__main__")
        self._namespace: dict[str, Any] = self._main.__dict__
        self._namespace["__builtins__"] = __builtins__
        self._host = host
        self._loop = EventLoop(host.set_task)
        self._count = 0

    def run(self, source: str, name: str = "") -> CellResult:
        """Run one cell. `name` is its file name in tracebacks; if empty, the cell is numbered."""
        if not name:
            self._count += 1
        # pickle, dataclasses and typing look up names in `__main__`.
        sys.modules["__main__"] = self._main
        outcome: CellResult = {"result": None, "images": [], "error": None, "interrupted": False}
        pictures: list[Any] = []
        try:
            value = self._evaluate(compile_cell(source, name or f"<cell {self._count}>"))
            if value is not None:
                self._namespace["_"] = value
                outcome["result"] = text_of(value)
                pictures = pictures_of(value)
        except BaseException as error:  # SystemExit and KeyboardInterrupt end only this cell
            self._fail(outcome, error)
        self._show(pictures, outcome)
        return outcome

    def close(self) -> None:
        """Close the event loop."""
        self._loop.close()

    def _show(self, pictures: list[Any], outcome: CellResult) -> None:
        """Draw the pictures of the value and the open figures, each once."""
        try:
            if not outcome["interrupted"]:
                once = {id(picture): picture for picture in (*pictures, *open_figures())}
                for picture in once.values():
                    self._draw(picture, outcome)
            close_figures()
        except BaseException as error:
            self._fail(outcome, error)

    def _draw(self, picture: Any, outcome: CellResult) -> None:
        try:
            image = draw(picture)
            if image is not None:
                outcome["images"].append(image)
        except BaseException as error:
            self._fail(outcome, error, "The error occurred while drawing a picture at the end of the cell.\n")

    def _fail(self, outcome: CellResult, error: BaseException, note: str = "") -> None:
        """Record the cell's first error."""
        outcome["interrupted"] = self._host.has_interrupted()
        if outcome["error"] is None:
            described = describe_error(error, self._host.interruption if outcome["interrupted"] else None)
            described["traceback"] += note
            outcome["error"] = described

    def _evaluate(self, cell: Cell) -> Any:
        if cell.awaits:
            return self._loop.run(self._evaluate_in_loop(cell))
        eval(cell.body, self._namespace)
        return None if cell.value is None else eval(cell.value, self._namespace)

    # If the value or the body awaits, both run in the loop: the body may create a task that the value awaits.
    async def _evaluate_in_loop(self, cell: Cell) -> Any:
        value = None
        for code in filter(None, cell):
            value = eval(code, self._namespace)
            if awaits(code):
                value = await value
        return value
