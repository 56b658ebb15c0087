"""Reports tqdm's progress bars as progress of the current call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .context import current_call
from .import_hooks import on_import

if TYPE_CHECKING:
    from collections.abc import Callable


def report_tqdm_progress(report: Callable[[float, float | None, str | None], None]) -> None:
    """Patches tqdm when the user's code imports it."""
    on_import("tqdm.std", lambda module: _patch(module, report))


def _patch(module: Any, report: Callable[[float, float | None, str | None], None]) -> None:
    display = getattr(getattr(module, "tqdm", None), "display", None)
    if display is None:
        return

    def display_or_report(bar: Any, *args: Any, **kwargs: Any) -> Any:
        if current_call.get() is None:
            return display(bar, *args, **kwargs)
        report(bar.n, bar.total, str(bar.desc or "").removesuffix(": ") or None)
        return True

    module.tqdm.display = display_or_report
