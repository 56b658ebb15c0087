"""Codecs of arrays and of references. Array libraries are recognised by name, never imported."""

from __future__ import annotations

from typing import Any, Literal, get_origin

from .. import arrays
from ..refs import Ref
from .base import ConversionError, Definitions, Schema, TypeCodec, try_convert

Library = Literal["ndarray", "tensor"]


class ArrayCodec(TypeCodec):
    """A numpy array or a torch tensor: sent as a buffer, or as nested lists."""

    def __init__(self, library: Library) -> None:
        self._library: Library = library
        self.expected = "an array, or nested lists of numbers"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "array", "x-python": self._library}

    def accepts(self, value: Any) -> bool:
        return arrays.is_ndarray(value) if self._library == "ndarray" else arrays.is_tensor(value)

    def convert(self, value: Any, path: str) -> Any:
        known = isinstance(value, (list, int, float, complex))
        if not (known or arrays.is_ndarray(value) or arrays.is_tensor(value)):
            raise ConversionError(path, value, self.expected)
        make = arrays.to_ndarray if self._library == "ndarray" else arrays.to_tensor
        return try_convert(lambda: make(value), path, value, self.expected)

    marks_results = True

    def prepare(self, value: Any) -> Any:
        return arrays.SentAsArray(value) if arrays.is_zero_d(value) else value


def _checkable(hint: Any) -> type | None:
    """The class for `isinstance` checks: `list` for `list[int]`; None for a TypedDict."""
    cls = get_origin(hint) or hint
    try:
        isinstance(None, cls)
    except TypeError:
        return None
    return cls


class NumpyScalarCodec(TypeCodec):
    """A numpy scalar, such as `np.float32`, which is sent as a Python number."""

    def __init__(self, target: type, number: TypeCodec) -> None:
        self._target = target
        self._number = number
        self.expected = number.expected

    def schema(self, definitions: Definitions) -> Schema:
        return self._number.schema(definitions)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self._target)

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, self._target):
            return value
        number = self._number.convert(value, path)
        make: Any = self._target
        try:
            return make(number)
        except TypeError:  # an abstract class, such as `np.floating`
            return number
        except (ValueError, OverflowError) as error:
            raise ConversionError(path, value, f"{self.expected} ({error})") from None


class RefCodec(TypeCodec):
    """An object that stays in the worker; a result becomes a reference unless it already is one."""

    marks_results = True

    def __init__(self, target: Any) -> None:
        self._target = _checkable(target)
        self._name = getattr(target, "__name__", "object")
        self.expected = f"a reference to a {self._name}"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "object", "title": self._name, "x-python": "ref"}

    def accepts(self, value: Any) -> bool:
        return self._target is not None and isinstance(value, self._target)

    def convert(self, value: Any, path: str) -> Any:
        if self._target is None or isinstance(value, self._target):
            return value
        raise ConversionError(path, value, self.expected)

    def prepare(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Ref) else Ref(value)
