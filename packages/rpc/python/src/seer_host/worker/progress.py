"""Shows tqdm's bars as the progress of the call that draws them."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from .context import current_call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_MODULE = "tqdm.std"


def show_progress_bars(report: Callable[[float, float | None, str | None], None]) -> None:
    """Changes tqdm as soon as the user's code imports it, and does nothing until then."""
    sys.meta_path.insert(0, _Finder(report))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, report: Callable[[float, float | None, str | None], None]) -> None:
        self._report = report

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _change(module, self._report)

            loader.exec_module = exec_module
        return spec


def _change(module: Any, report: Callable[[float, float | None, str | None], None]) -> None:
    display = getattr(getattr(module, "tqdm", None), "display", None)
    if display is None:
        return

    def display_or_report(bar: Any, *args: Any, **kwargs: Any) -> Any:
        if current_call.get() is None:
            return display(bar, *args, **kwargs)
        report(bar.n, bar.total, str(bar.desc or "").removesuffix(": ") or None)
        return True

    module.tqdm.display = display_or_report
