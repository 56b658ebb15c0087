"""Shows tqdm's bars as the progress of the call that draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .context import current_call
from .on_import import when_imported

if TYPE_CHECKING:
    from collections.abc import Callable


def show_progress_bars(report: Callable[[float, float | None, str | None], None]) -> None:
    """Changes tqdm when the user's code imports it."""
    when_imported("tqdm.std", lambda module: _change(module, report))


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
