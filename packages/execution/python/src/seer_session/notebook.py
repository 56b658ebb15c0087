"""Cells that share one namespace."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, TypedDict

from seer_session.cell import Cell, awaits, compile_cell
from seer_session.display import as_png, pretty
from seer_session.errors import CellError, describe_error, describe_interruption
from seer_session.event_loop import EventLoop
from seer_session.figures import take_figures


class CellResult(TypedDict):
    """What a cell gives beside what it printed."""

    result: str | None
    images: list[bytes]
    error: CellError | None


class Notebook:
    """Runs cells one after another in the namespace of their own `__main__`."""

    def __init__(self) -> None:
        self._main = ModuleType("__main__")
        self._namespace: dict[str, Any] = self._main.__dict__
        self._namespace["__builtins__"] = __builtins__
        self._loop = EventLoop()
        self._count = 0

    def run(self, source: str, name: str = "") -> CellResult:
        """Run one cell; `name` is what tracebacks call it, its number when empty."""
        if not name:
            self._count += 1
        filename = name or f"<cell {self._count}>"
        # What pickle, dataclasses and typing look up is the module of the code that runs.
        sys.modules["__main__"] = self._main
        images: list[bytes] = []
        result = error = None
        try:
            result = self._run(source, filename, images)
        except SystemExit as ending:
            if ending.code not in (None, 0):
                error = describe_error(ending, filename)
        except (Exception, GeneratorExit) as exception:
            error = describe_error(exception, filename)
        except BaseException as interruption:
            # The host's own exception, or a KeyboardInterrupt. Whoever interrupted answers for the call;
            # the place where it was is all there is to add.
            take_figures()
            sys.stderr.write(describe_interruption(interruption, filename))
            raise interruption.with_traceback(None) from None
        images.extend(take_figures())
        return {"result": result, "images": images, "error": error}

    def close(self) -> None:
        """Let go of what the notebook holds outside its namespace."""
        self._loop.close()

    def _run(self, source: str, filename: str, images: list[bytes]) -> str | None:
        cell = compile_cell(source, filename)
        value = self._loop.run(self._evaluate_in_loop(cell)) if cell.awaits else self._evaluate(cell)
        if value is None:
            return None
        self._namespace["_"] = value
        picture = as_png(value)
        if picture is not None:
            images.append(picture)
        return pretty(value)

    def _evaluate(self, cell: Cell) -> Any:
        eval(cell.body, self._namespace)
        return None if cell.value is None else eval(cell.value, self._namespace)

    # A cell that awaits anywhere runs in the loop as a whole: one line may make a task that the next awaits.
    async def _evaluate_in_loop(self, cell: Cell) -> Any:
        value = None
        for code in filter(None, cell):
            value = eval(code, self._namespace)
            if awaits(code):
                value = await value
        return value
