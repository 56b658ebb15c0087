"""Reads values from the wire: JSON, with buffers beside it."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import TYPE_CHECKING, Any, cast

from . import arrays
from .kinds.base import brief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..messages import Buffer
    from .refs import Refs

_COMPLEX = struct.Struct("<dd")


class BadValue(Exception):
    """What was received is not a value of the protocol."""


def decode(body: Buffer, buffers: Sequence[memoryview], refs: Refs) -> Any:
    """The value that was received, with its arrays over the received buffers."""
    try:
        text = str(body, "utf-8")
        value = _read_json(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"the value is not JSON: {error}") from None
    if "$seer" in text or "\\u0024" in text:
        return _Decoder(buffers, refs).restore(value)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; send the object that stands for it")


_read_json = json.JSONDecoder(parse_constant=_no_constant).decode
"""Made once, as `json.loads` would make one for each call."""


class _Decoder:
    def __init__(self, buffers: Sequence[memoryview], refs: Refs) -> None:
        self._buffers = buffers
        self._refs = refs

    def restore(self, value: Any) -> Any:
        if type(value) is list:
            return [self.restore(item) for item in cast("list[Any]", value)]
        if type(value) is not dict:
            return value
        items = cast("dict[str, Any]", value)
        if "$seer" not in items:
            return {key: self.restore(item) for key, item in items.items()}
        try:
            return self._tagged(items)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadValue(f"a $seer object is malformed: {error!r} in {brief(items)}") from None

    def _tagged(self, value: dict[str, Any]) -> Any:
        kind = value["$seer"]
        if kind == "float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[value["value"]]
        if kind == "dict":
            return {_hashable(self.restore(key)): self.restore(item) for key, item in value["items"]}
        if kind == "bytes":
            return bytes(self._data(value))
        if kind == "ref":
            try:
                return self._refs.get(value["id"])
            except KeyError:
                raise BadValue(
                    f"there is no reference {brief(value['id'])}: it was freed, or the worker was restarted"
                ) from None
        if kind == "array":
            shape = tuple(value["shape"])
            if value["dtype"] not in arrays.ITEM_SIZES:
                raise BadValue(f"arrays of dtype {brief(value['dtype'])} are not known")
            if not all(type(n) is int and n >= 0 for n in shape):
                raise BadValue("the shape of an array must be whole numbers")
            if value["dtype"] == "complex128" and not shape and len(data := self._data(value)) == 16:
                return complex(*_COMPLEX.unpack(data))
            try:
                return arrays.array_of_raw(arrays.RawArray(value["dtype"], shape, self._data(value)))
            except arrays.ArrayError as error:
                raise BadValue(str(error)) from None
        raise BadValue(f"the $seer object {brief(kind)} is not known")

    def _data(self, value: dict[str, Any]) -> memoryview:
        if "data" in value:
            return memoryview(base64.b64decode(value["data"], validate=True))
        index = value["buffer"]
        if type(index) is not int or not 0 <= index < len(self._buffers):
            raise BadValue(f"there is no buffer {brief(index)}")
        return self._buffers[index]


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, cast("list[Any]", key))) if isinstance(key, list) else key
