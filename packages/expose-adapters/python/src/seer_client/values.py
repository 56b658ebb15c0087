"""Encodes and decodes values: JSON, with arrays and bytes as raw buffers after it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime
import decimal
import enum
import json
import math
import os
import uuid
from typing import Any, cast

from .arrays import Array, from_array, to_array
from .restore import format_timedelta

_ATOMS = frozenset((str, int, bool, float, type(None)))
_CONTAINERS = _ATOMS | {dict, list, tuple}
_write = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

JSON_TYPE = "application/json"
MESSAGE_TYPE = "application/vnd.seer.v1"


class Ref:
    """A reference to an object in the sandbox; a later call that gets it receives the object itself."""

    def __init__(self, id: str, type: str, summary: str) -> None:
        self.id = id
        self.type = type
        self.summary = summary

    def __repr__(self) -> str:
        return f"<remote {self.type}: {self.summary}>"


class Picture(bytes):
    """An image file that a function returned: its bytes and media type."""

    media_type: str

    def __new__(cls, media_type: str, data: bytes | memoryview) -> Picture:
        picture = super().__new__(cls, data)
        picture.media_type = media_type
        return picture

    def __reduce__(self) -> tuple[type[Picture], tuple[str, bytes]]:
        return Picture, (self.media_type, bytes(self))

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, bytes]:
        """Shows the picture in notebooks."""
        return {self.media_type: bytes(self)}


def pack(value: Any) -> tuple[str, list[bytes | memoryview]]:
    """Encodes a value as a request's content type and body, in parts."""
    if _is_plain(value):
        # Numbers that are not finite need the encoder below.
        with contextlib.suppress(ValueError):
            return JSON_TYPE, [_write(value).encode()]
    encoder = _Encoder()
    text = _write(encoder.encode(value, "arguments")).encode()
    if not encoder.buffers:
        return JSON_TYPE, [text]
    lengths = [len(buffer) for buffer in encoder.buffers]
    parts: list[bytes | memoryview] = [_align(text, lengths)]
    for buffer in encoder.buffers:
        parts += [buffer, bytes(-len(buffer) % 8)]
    return MESSAGE_TYPE, parts


def unpack(content_type: str, body: bytearray) -> tuple[str, Any]:
    """Decodes an answer: the kind of a message, or an empty string for plain JSON, and the value.

    Arrays in it share the memory of `body`.
    """
    view = memoryview(body)
    if content_type != MESSAGE_TYPE:
        return "", _decode(view, [])
    end = body.index(b"\n")
    header: dict[str, Any] = json.loads(str(body[:end], "utf-8"))
    start = end + 1
    length = header.get("json", len(body) - start)
    buffers: list[memoryview] = []
    position = start + length
    for size in header.get("buffers", ()):
        buffers.append(view[position : position + size])
        position += size + -size % 8
    return header.get("op", ""), _decode(view[start : start + length], buffers)


def _is_plain(value: Any) -> bool:
    """Whether the json module alone can encode the value."""
    kind = type(cast("object", value))
    if kind in _ATOMS:
        return True
    if kind is dict:
        if not (set(map(type, value)) <= {str}) or "$seer" in value:
            return False
        items = value.values()
    elif kind is list or kind is tuple:
        items = value
    else:
        return False
    kinds = set(map(type, items))
    return kinds <= _ATOMS or (kinds <= _CONTAINERS and all(map(_is_plain, items)))


def _align(text: bytes, lengths: list[int]) -> bytes:
    # The header contains the padded length, which affects its own length; one of 16 paddings always fits.
    for padding in range(16):
        header = json.dumps({"json": len(text) + padding, "buffers": lengths}).encode() + b"\n"
        if (len(header) + len(text) + padding) % 8 == 0:
            return header + text + b" " * padding
    raise AssertionError("unreachable")


class _Encoder:
    def __init__(self) -> None:
        self.buffers: list[memoryview] = []

    def encode(self, value: Any, path: str) -> Any:
        kind = type(cast("object", value))
        if value is None or kind in (str, int, bool):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"$seer": "float", "value": _float_name(value)}
        if kind in (list, tuple):
            return [self.encode(item, f"{path}[{i}]") for i, item in enumerate(value)]
        if kind is dict:
            return self._mapping(value, path)
        return self._other(value, path)

    def _mapping(self, value: dict[Any, Any], path: str) -> Any:
        encoded = {key: self.encode(item, f"{path}[{key!r}]") for key, item in value.items()}
        if "$seer" not in value and all(type(key) is str for key in value):
            return encoded
        return {
            "$seer": "dict",
            "items": [[self.encode(key, f"{path} key"), item] for key, item in encoded.items()],
        }

    def _other(self, value: Any, path: str) -> Any:
        array = to_array(value)
        if array is not None:
            fields: dict[str, Any] = {"dtype": array.dtype, "shape": list(array.shape)}
            return {"$seer": "array", **fields, "buffer": self._buffer(array.data)}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$seer": "bytes", "buffer": self._buffer(memoryview(cast("bytes", value)))}
        if isinstance(value, Ref):
            return {"$seer": "ref", "id": value.id, "type": value.type, "summary": value.summary}
        plain = _plain(value)
        if plain is value:
            raise TypeError(f"{path} is a {type(value).__name__}, which cannot be sent")
        return self.encode(plain, path)

    def _buffer(self, data: memoryview) -> int:
        self.buffers.append(data.cast("B") if data.contiguous else memoryview(data.tobytes()))
        return len(self.buffers) - 1


def _plain(value: Any) -> Any:
    """The JSON form of an object from the standard library; the object itself if it has none."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(cast("Any", value), "_asdict"):
        return cast("Any", value)._asdict()
    if isinstance(value, (set, frozenset, list, tuple)):
        return list(cast("list[Any]", value))
    if isinstance(value, dict):
        return dict(cast("dict[Any, Any]", value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return format_timedelta(value)
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[Any]", value))
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    # numpy scalars
    item = getattr(cast("Any", value), "item", None)
    return item() if item is not None and hasattr(value, "dtype") else value


def _decode(data: memoryview, buffers: list[memoryview[int]]) -> Any:
    text = str(data, "utf-8")
    if "$seer" not in text and "\\u0024" not in text:
        return json.loads(text)

    def buffer(value: dict[str, Any]) -> memoryview[int]:
        if "data" in value:
            return memoryview(base64.b64decode(value["data"]))
        index: int = value["buffer"]
        return buffers[index]

    def revive(value: dict[str, Any]) -> Any:
        kind = value.get("$seer")
        if kind is None:
            return value
        if kind == "float":
            return float(value["value"])
        if kind == "array":
            return from_array(Array(value["dtype"], tuple(value["shape"]), buffer(value)))
        if kind == "bytes":
            return bytes(buffer(value))
        if kind == "picture":
            return Picture(value["mediaType"], buffer(value))
        if kind == "dict":
            return {_hashable(key): item for key, item in value["items"]}
        if kind == "ref":
            return Ref(value["id"], value["type"], value["summary"])
        raise ValueError(f"the sandbox sent a {kind}, which this version of the client does not support")

    return json.loads(text, object_hook=revive)


def _hashable(key: Any) -> Any:
    return tuple(_hashable(item) for item in cast("list[Any]", key)) if isinstance(key, list) else key


def _float_name(value: float) -> str:
    return "nan" if value != value else "inf" if value > 0 else "-inf"
