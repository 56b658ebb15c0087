"""How a cell's value is shown."""

from __future__ import annotations

import pprint
from typing import Any

LINE_WIDTH = 100
MAX_LENGTH = 1_000_000
CONTAINERS = (dict, list, tuple, set, frozenset)


def pretty(value: Any) -> str:
    """Return the value's repr, over several lines when it is a long container."""
    text = repr(value)
    if len(text) > LINE_WIDTH and "\n" not in text and type(value) in CONTAINERS:
        text = pprint.pformat(value, width=LINE_WIDTH, compact=True, sort_dicts=False)
    if len(text) > MAX_LENGTH:
        half = MAX_LENGTH // 2
        text = f"{text[:half]}\n[... {len(text) - MAX_LENGTH:,} characters left out ...]\n{text[-half:]}"
    return text


def as_png(value: Any) -> bytes | None:
    """Return the picture of a value that draws itself, such as a PIL image."""
    # Of a class, the method would be unbound.
    draw = None if isinstance(value, type) else getattr(value, "_repr_png_", None)
    picture = draw() if callable(draw) else None
    return picture if isinstance(picture, bytes) else None
