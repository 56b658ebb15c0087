"""matplotlib figures."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Any

DPI = 100
# Models scale larger pictures down.
MAX_PIXELS = 1600


def ignore_missing_display() -> None:
    """Suppress the warning of `plt.show()` that there is no display."""
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def figure_of(value: Any) -> Any:
    """Return the figure of a value, which may be a figure or part of one, such as axes; otherwise None."""
    figure_class: Any = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    if not isinstance(figure_class, type) or isinstance(value, type):
        return None
    # Axes may belong to nested subfigures.
    for _ in range(10):
        if value is None or isinstance(value, figure_class):
            return value
        try:
            value = getattr(value, "figure", None)
        except Exception:  # a property or `__getattr__` may raise anything
            return None
    return None


def open_figures() -> list[Any]:
    """Return pyplot's open figures."""
    pyplot = _pyplot()
    return [] if pyplot is None else [pyplot.figure(number) for number in pyplot.get_fignums()]


def close_figures() -> None:
    """Close pyplot's open figures, so that later cells do not show them again."""
    pyplot = _pyplot()
    if pyplot is not None:
        pyplot.close("all")


def draw_figure(figure: Any) -> bytes:
    """Draw a figure as PNG."""
    picture = io.BytesIO()
    dpi = min(DPI, MAX_PIXELS / max(figure.get_size_inches()))
    figure.savefig(picture, format="png", dpi=dpi, bbox_inches="tight")
    return picture.getvalue()


def _pyplot() -> Any:
    """Return pyplot if it has been imported completely."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    return pyplot if hasattr(pyplot, "get_fignums") and hasattr(pyplot, "close") else None
