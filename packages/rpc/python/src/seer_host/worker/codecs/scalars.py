"""Codecs of single values."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from .. import arrays
from .base import ConversionError, Definitions, Schema, TypeCodec, try_convert

if TYPE_CHECKING:
    from collections.abc import Callable


class AnyCodec(TypeCodec):
    expected = "any value"

    def schema(self, definitions: Definitions) -> Schema:
        return {"x-python": "any"}

    def accepts(self, value: Any) -> bool:
        return True

    def convert(self, value: Any, path: str) -> Any:
        return value


class NoneCodec(TypeCodec):
    expected = "null"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "null"}

    def accepts(self, value: Any) -> bool:
        return value is None

    def convert(self, value: Any, path: str) -> Any:
        if value is None:
            return None
        raise ConversionError(path, value, self.expected)


class BoolCodec(TypeCodec):
    expected = "true or false"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "boolean"}

    def accepts(self, value: Any) -> bool:
        return value is True or value is False

    def convert(self, value: Any, path: str) -> Any:
        value = arrays.number_of(value)
        if value is True or value is False:
            return value
        raise ConversionError(path, value, self.expected)


class IntCodec(TypeCodec):
    expected = "a whole number"
    exact = int

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "integer"}

    def accepts(self, value: Any) -> bool:
        return type(value) is int

    def convert(self, value: Any, path: str) -> Any:
        if type(value) is int:
            return value
        value = arrays.number_of(value)
        if type(value) is int:
            return value
        # JavaScript and others may send 3 as 3.0.
        if type(value) is float and value.is_integer():
            return int(value)
        raise ConversionError(path, value, self.expected)


class FloatCodec(TypeCodec):
    expected = "a number"
    exact = float

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "number"}

    def accepts(self, value: Any) -> bool:
        return type(value) is float

    def convert(self, value: Any, path: str) -> Any:
        if type(value) is float:
            return value
        value = arrays.number_of(value)
        if type(value) is float:
            return value
        if type(value) is int:
            return try_convert(lambda: float(value), path, value, self.expected)
        raise ConversionError(path, value, self.expected)


class StrCodec(TypeCodec):
    expected = "a string"
    exact = str

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string"}

    def accepts(self, value: Any) -> bool:
        return type(value) is str

    def convert(self, value: Any, path: str) -> Any:
        if type(value) is str:
            return value
        raise ConversionError(path, value, self.expected)


class ComplexCodec(TypeCodec):
    expected = "a complex number, or a string such as '1+2j'"

    def schema(self, definitions: Definitions) -> Schema:
        return {"x-python": "complex"}

    def accepts(self, value: Any) -> bool:
        return type(value) is complex

    def convert(self, value: Any, path: str) -> Any:
        value = arrays.number_of(value)
        if type(value) in (complex, float, int, str):
            return try_convert(lambda: complex(value), path, value, self.expected)
        raise ConversionError(path, value, self.expected)


class BytesCodec(TypeCodec):
    expected = "bytes, or a string of base64"

    def __init__(self, make: Callable[[bytes], Any]) -> None:
        self._make = make

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string", "contentEncoding": "base64", "x-python": "bytes"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (bytes, bytearray))

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, (bytes, bytearray)):
            return self._make(bytes(value))
        if isinstance(value, str):
            decode = lambda: self._make(base64.b64decode(value, validate=True))  # noqa: E731
            return try_convert(decode, path, value, self.expected)
        raise ConversionError(path, value, self.expected)
