"""Renders a result as JSON, like `seer call` and the MCP server, and writes parts of it to files."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from seer_client import Array, Picture, Ref, to_array

if TYPE_CHECKING:
    from collections.abc import Iterable

# Larger arrays are shown only in part.
_WHOLE_ELEMENTS = 256
_FIRST_ELEMENTS = 8
_FIRST_BYTES = 96
_HINT = "use --save DIR to write all of it to a file"


class Renderer:
    """Renders the result of a function; its files are named after the function."""

    def __init__(self, function: str, directory: Path | None) -> None:
        self._function = function
        self._directory = directory
        """The directory for arrays and bytes; with None, only their beginning is shown."""

    def text(self, value: Any) -> str:
        return json.dumps(self._show(value, self._function), ensure_ascii=False, allow_nan=False)

    def _show(self, value: Any, name: str) -> Any:
        if isinstance(value, float):
            return _number(value)
        if isinstance(value, complex):
            return _complex_text(value)
        if isinstance(value, dict):
            keyed = _with_text_keys(cast("dict[Any, Any]", value))
            return {key: self._show(item, f"{name}.{key}") for key, item in keyed.items()}
        if isinstance(value, list):
            return [self._show(item, f"{name}.{i}") for i, item in enumerate(cast("list[Any]", value))]
        if isinstance(value, Picture):
            ending = value.media_type.partition("/")[2]
            return {"mediaType": value.media_type, "file": self._write(value, name, ending)}
        if isinstance(value, bytes):
            return self._bytes(value, name)
        if isinstance(value, Ref):
            return {"$seer": "ref", "id": value.id, "type": value.type, "summary": value.summary}
        array = to_array(value)
        return value if array is None else self._array(array, name)

    def _array(self, array: Array, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"dtype": array.dtype, "shape": list(array.shape)}
        if self._directory is not None:
            return {**shown, "file": self._write(array.to_npy(), name, "npy")}
        if array.size <= _WHOLE_ELEMENTS:
            return {**shown, "values": _elements(array.tolist())}
        return {**shown, "first": _elements(array.first(_FIRST_ELEMENTS)), "hint": _HINT}

    def _bytes(self, value: bytes, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"length": len(value)}
        if self._directory is not None:
            return {**shown, "file": self._write(value, name, "bin")}
        shown["base64"] = base64.b64encode(value[:_FIRST_BYTES]).decode()
        return shown if len(value) <= _FIRST_BYTES else {**shown, "hint": _HINT}

    def _write(self, data: bytes, name: str, ending: str) -> str:
        """Writes a new file, and returns its path."""
        directory = self._directory or Path()
        directory.mkdir(parents=True, exist_ok=True)
        safe = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
        number = 1
        while True:
            path = directory / f"{safe}{'' if number == 1 else f'-{number}'}.{ending}"
            try:
                with path.open("xb") as file:
                    file.write(data)
            except FileExistsError:
                number += 1
            else:
                return str(path)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _complex_text(value: complex) -> str:
    real, imaginary = (repr(part).removesuffix(".0") for part in (value.real, value.imag))
    return f"{real}{'' if imaginary.startswith('-') else '+'}{imaginary}j"


def _elements(value: Any) -> Any:
    if isinstance(value, list):
        return [_elements(item) for item in cast("list[Any]", value)]
    if isinstance(value, complex):
        return _complex_text(value)
    return _number(value) if isinstance(value, float) else value


def _with_text_keys(value: dict[Any, Any]) -> dict[str, Any]:
    """Converts keys to JSON text; if two have the same text, such as `1` and `"1"`, one is quoted."""
    texts: dict[str, Any] = {}
    for key, item in value.items():
        text = key if isinstance(key, str) else _key_text(key)
        while text in texts:
            text = json.dumps(text)
        texts[text] = item
    return texts


def _key_text(key: Any) -> str:
    if isinstance(key, bytes):
        return base64.b64encode(key).decode()
    shown = _elements(list(cast("Iterable[Any]", key)) if isinstance(key, tuple) else key)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
