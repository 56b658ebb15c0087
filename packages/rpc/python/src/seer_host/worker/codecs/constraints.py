"""Limits on values, read from the attributes of `Annotated` metadata, whatever library it is from."""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .base import ConversionError, Definitions, Schema, TypeCodec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class _Limit(NamedTuple):
    keywords: tuple[str, ...]
    """The keyword in a schema; for lengths, the keywords for a string, an array and an object."""
    words: str
    holds: Callable[[Any, Any], bool]


def _is_multiple(value: Any, of: Any) -> bool:
    return value % of == 0


_NUMBERS = {
    "ge": _Limit(("minimum",), "at least", operator.ge),
    "gt": _Limit(("exclusiveMinimum",), "more than", operator.gt),
    "le": _Limit(("maximum",), "at most", operator.le),
    "lt": _Limit(("exclusiveMaximum",), "less than", operator.lt),
    "multiple_of": _Limit(("multipleOf",), "a multiple of", _is_multiple),
}
_LENGTHS = {
    "min_length": _Limit(("minLength", "minItems", "minProperties"), "at least", operator.ge),
    "max_length": _Limit(("maxLength", "maxItems", "maxProperties"), "at most", operator.le),
}


class ConstrainedCodec(TypeCodec):
    """Adds limits to another codec."""

    def __init__(self, codec: TypeCodec, metadata: Iterable[Any]) -> None:
        self._codec = codec
        self._limits: dict[str, Any] = {}
        self.description: str | None = None
        for item in _flatten(metadata):
            self._read(item)
        if self.description is None and isinstance(codec, ConstrainedCodec):
            self.description = codec.description
        self.expected = codec.expected

    def _read(self, item: Any) -> None:
        if isinstance(item, str):
            self.description = self.description or item
            return
        for name in (*_NUMBERS, *_LENGTHS, "pattern"):
            limit = getattr(item, name, None)
            if limit is not None and not callable(limit):
                self._limits[name] = getattr(limit, "pattern", limit) if name == "pattern" else limit
        for name in ("description", "documentation", "help"):
            text = getattr(item, name, None)
            if isinstance(text, str) and text:
                self.description = self.description or text

    def schema(self, definitions: Definitions) -> Schema:
        schema = dict(self._codec.schema(definitions))
        position = {"string": 0, "array": 1, "object": 2}.get(str(schema.get("type")), 0)
        for name, limit in self._limits.items():
            # JSON has neither NaN nor infinities, and an infinite limit has no effect.
            if name in _NUMBERS and (isinstance(limit, int) or _is_finite(limit)):
                schema[_NUMBERS[name].keywords[0]] = limit
            elif name in _LENGTHS:
                schema[_LENGTHS[name].keywords[position]] = limit
            elif name == "pattern":
                schema["pattern"] = limit
        return schema

    def accepts(self, value: Any) -> bool:
        return self._codec.accepts(value) and self._broken(value) is None

    def convert(self, value: Any, path: str) -> Any:
        converted = self._codec.convert(value, path)
        if (broken := self._broken(converted)) is not None:
            raise ConversionError(path, value, f"{self.expected}, {broken}")
        return converted

    def prepare(self, value: Any) -> Any:
        return self._codec.prepare(value)

    def children(self) -> Iterable[TypeCodec]:
        return (self._codec,)

    def _broken(self, value: Any) -> str | None:
        """The first limit that the value violates, in words."""
        for name, limit in self._limits.items():
            try:
                if name in _NUMBERS:
                    if not _NUMBERS[name].holds(value, limit):
                        return f"{_NUMBERS[name].words} {limit}"
                elif name in _LENGTHS:
                    if not _LENGTHS[name].holds(len(value), limit):
                        return f"{_LENGTHS[name].words} {limit} long"
                elif re.search(limit, value) is None:
                    return f"matching {limit!r}"
            except TypeError:
                continue
        return None


def _is_finite(limit: Any) -> bool:
    return isinstance(limit, float) and math.isfinite(limit)


def _flatten(metadata: Iterable[Any]) -> list[Any]:
    """Expands groups in metadata, such as annotated_types.Interval and pydantic's FieldInfo."""
    found: list[Any] = []
    for item in metadata:
        found.append(item)
        inner = getattr(item, "metadata", None)
        if isinstance(inner, (list, tuple)):
            found += cast("list[Any]", inner)
        elif type(item).__name__ in ("Interval", "Len") and hasattr(item, "__iter__"):
            found += list(item)
    return found
