"""Pictures: renders figures and images as PNG, and recognises image files by their first bytes."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..messages import Buffer

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_PNG_MODES = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "I;16"))
# PIL modes that PNG does not support, with the nearest supported one; RGB for all others.
_NEAREST_MODES = {
    "F": "L",
    "I": "I;16",
    "I;16B": "I;16",
    "I;16L": "I;16",
    "I;16N": "I;16",
    "La": "LA",
    "PA": "RGBA",
    "RGBa": "RGBA",
}


class PictureError(Exception):
    """A picture cannot be rendered."""


def media_type(data: Buffer) -> str | None:
    """The media type of an image file, or None for any other bytes."""
    start = bytes(data[:12])
    for signature, name in _SIGNATURES.items():
        if start.startswith(signature):
            return name
    return "image/webp" if start[:4] == b"RIFF" and start[8:] == b"WEBP" else None


def is_picture(value: Any) -> bool:
    """Whether it is a PIL image or a matplotlib figure."""
    return _is_image(value) or _is_figure(value)


def to_png(value: Any) -> bytes:
    """Renders a picture; raises PictureError."""
    file = io.BytesIO()
    try:
        if _is_figure(value):
            value.savefig(file, format="png")
        else:
            mode = value.mode if value.mode in _PNG_MODES else _NEAREST_MODES.get(value.mode, "RGB")
            (value if mode == value.mode else value.convert(mode)).save(file, format="PNG")
    except Exception as error:
        raise PictureError(f"{type(error).__name__}: {error}") from error
    return file.getvalue()


def _is_image(value: Any) -> bool:
    module: Any = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def _is_figure(value: Any) -> bool:
    module: Any = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)
