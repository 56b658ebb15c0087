"""The figures that a cell leaves open in matplotlib."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Any

DPI = 100
# Models see nothing more in a larger picture, and pay for it.
MAX_PIXELS = 1600


def expect_no_screen() -> None:
    """Let `plt.show()` be called without a warning that there is no screen."""
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def take_figures() -> list[bytes]:
    """Draw all open figures as PNG and close them; nothing when matplotlib is not in use."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not hasattr(pyplot, "get_fignums"):
        return []
    try:
        return [_draw(pyplot.figure(number)) for number in pyplot.get_fignums()]
    finally:
        pyplot.close("all")


def _draw(figure: Any) -> bytes:
    picture = io.BytesIO()
    dpi = min(DPI, MAX_PIXELS / max(figure.get_size_inches()))
    figure.savefig(picture, format="png", dpi=dpi, bbox_inches="tight")
    return picture.getvalue()
