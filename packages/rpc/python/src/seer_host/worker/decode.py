"""Decodes values from JSON and buffers."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import TYPE_CHECKING, Any, cast

from . import arrays
from .codecs.base import short_repr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..messages import Buffer
    from .refs import Refs

_COMPLEX = struct.Struct("<dd")


class MalformedValue(Exception):
    """The received data is not a valid value of the protocol."""


def decode(body: Buffer, buffers: Sequence[memoryview], refs: Refs) -> Any:
    """Decodes a value; its arrays share the memory of the received buffers."""
    try:
        text = str(body, "utf-8")
        value = _read_json(text)
    except (ValueError, RecursionError) as error:
        raise MalformedValue(f"the value is not JSON: {error}") from None
    if "$seer" in text or "\\u0024" in text:
        return _Decoder(buffers, refs).restore(value)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; send the $seer object that represents it")


_read_json = json.JSONDecoder(parse_constant=_no_constant).decode
"""Created once, because `json.loads` would create one per call."""


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
            raise MalformedValue(f"a $seer object is malformed: {error!r} in {short_repr(items)}") from None

    def _tagged(self, value: dict[str, Any]) -> Any:
        tag = value["$seer"]
        if tag == "float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[value["value"]]
        if tag == "dict":
            return {_hashable(self.restore(key)): self.restore(item) for key, item in value["items"]}
        if tag in ("bytes", "picture"):
            return bytes(self._data(value))
        if tag == "ref":
            try:
                return self._refs.get(value["id"])
            except KeyError:
                name = short_repr(value["id"])
                raise MalformedValue(
                    f"there is no reference {name}: it was freed, or the worker was restarted"
                ) from None
        if tag == "array":
            shape = tuple(value["shape"])
            if value["dtype"] not in arrays.ITEM_SIZES:
                raise MalformedValue(f"unknown array dtype {short_repr(value['dtype'])}")
            if not all(type(n) is int and n >= 0 for n in shape):
                raise MalformedValue("the shape of an array must be whole numbers")
            if value["dtype"] == "complex128" and not shape and len(data := self._data(value)) == 16:
                return complex(*_COMPLEX.unpack(data))
            try:
                return arrays.array_of_raw(arrays.RawArray(value["dtype"], shape, self._data(value)))
            except arrays.ArrayError as error:
                raise MalformedValue(str(error)) from None
        raise MalformedValue(f"unknown $seer object {short_repr(tag)}")

    def _data(self, value: dict[str, Any]) -> memoryview:
        if "data" in value:
            return memoryview(base64.b64decode(value["data"], validate=True))
        index = value["buffer"]
        if type(index) is not int or not 0 <= index < len(self._buffers):
            raise MalformedValue(f"there is no buffer {short_repr(index)}")
        return self._buffers[index]


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, cast("list[Any]", key))) if isinstance(key, list) else key
