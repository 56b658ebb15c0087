"""Codecs of pictures. Their libraries are imported only if a hint uses their classes."""

from __future__ import annotations

import base64
import io
from typing import Any

from .base import ConversionError, Definitions, Schema, TypeCodec, try_convert


class _PictureCodec(TypeCodec):
    def __init__(self, target: type) -> None:
        self._target = target

    def schema(self, definitions: Definitions) -> Schema:
        return {
            "type": "string",
            "contentEncoding": "base64",
            "contentMediaType": "image/png",
            "x-python": "bytes",
        }

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self._target)


class ImageCodec(_PictureCodec):
    """A PIL image, opened from the bytes of a file in any format that PIL supports."""

    expected = "a picture: the bytes of an image file, or a string of base64"

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, self._target):
            return value
        if not isinstance(value, (bytes, bytearray, str)):
            raise ConversionError(path, value, self.expected)
        return try_convert(lambda: _open(value), path, value, self.expected)


class FigureCodec(_PictureCodec):
    """A matplotlib figure, which can be returned but not passed."""

    expected = "a reference to a figure"

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, self._target):
            return value
        raise ConversionError(path, value, self.expected)


def _open(value: bytes | bytearray | str) -> Any:
    from PIL import Image  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    module: Any = Image
    data = base64.b64decode(value, validate=True) if isinstance(value, str) else value
    image = module.open(io.BytesIO(data))
    image.load()  # decode now, so that a broken file is reported as a wrong argument
    return image
