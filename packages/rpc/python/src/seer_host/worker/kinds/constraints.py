"""Limits on values, read by attribute from the metadata of any library's `Annotated`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .base import Definitions, Kind, Schema, WrongValue

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBERS = {
    "ge": ("minimum", "at least", lambda value, limit: value >= limit),
    "gt": ("exclusiveMinimum", "more than", lambda value, limit: value > limit),
    "le": ("maximum", "at most", lambda value, limit: value <= limit),
    "lt": ("exclusiveMaximum", "less than", lambda value, limit: value < limit),
    "multiple_of": ("multipleOf", "a multiple of", lambda value, limit: value % limit == 0),
}
_LENGTHS = {
    "min_length": ("minLength", "minItems", "minProperties", "at least", lambda size, limit: size >= limit),
    "max_length": ("maxLength", "maxItems", "maxProperties", "at most", lambda size, limit: size <= limit),
}


class ConstrainedKind(Kind):
    """A kind with limits."""

    def __init__(self, kind: Kind, metadata: Iterable[Any]) -> None:
        self._kind = kind
        self._limits: dict[str, Any] = {}
        self.description: str | None = None
        for item in _flatten(metadata):
            self._read(item)
        self.text = kind.text

    def _read(self, item: Any) -> None:
        if isinstance(item, str):
            self.description = self.description or item
            return
        for name in (*_NUMBERS, *_LENGTHS, "pattern"):
            limit = getattr(item, name, None)
            if limit is not None and not callable(limit):
                self._limits[name] = getattr(limit, "pattern", limit) if name == "pattern" else limit
        for name in ("description", "documentation"):
            text = getattr(item, name, None)
            if isinstance(text, str) and text:
                self.description = self.description or text

    def schema(self, definitions: Definitions) -> Schema:
        schema = dict(self._kind.schema(definitions))
        position = {"string": 0, "array": 1, "object": 2}.get(str(schema.get("type")), 0)
        for name, limit in self._limits.items():
            if name in _NUMBERS and isinstance(limit, (int, float)):
                schema[_NUMBERS[name][0]] = limit
            elif name in _LENGTHS:
                schema[_LENGTHS[name][position]] = limit
            elif name == "pattern":
                schema["pattern"] = limit
        return schema

    def accepts(self, value: Any) -> bool:
        return self._kind.accepts(value) and self._broken(value) is None

    def convert(self, value: Any, where: str) -> Any:
        converted = self._kind.convert(value, where)
        if (broken := self._broken(converted)) is not None:
            raise WrongValue(where, value, f"{self.text}, {broken}")
        return converted

    def _broken(self, value: Any) -> str | None:
        """The first limit that the value does not keep, in words."""
        for name, limit in self._limits.items():
            try:
                if name in _NUMBERS:
                    _, words, holds = _NUMBERS[name]
                    if not holds(value, limit):
                        return f"{words} {limit}"
                elif name in _LENGTHS:
                    *_, words, holds = _LENGTHS[name]
                    if not holds(len(value), limit):
                        return f"{words} {limit} long"
                elif re.search(limit, value) is None:
                    return f"matching {limit!r}"
            except TypeError:
                continue
        return None


def _flatten(metadata: Iterable[Any]) -> list[Any]:
    """Opens what groups limits: annotated_types.Interval, pydantic's FieldInfo."""
    found: list[Any] = []
    for item in metadata:
        found.append(item)
        inner = getattr(item, "metadata", None)
        if isinstance(inner, (list, tuple)):
            found += inner
        elif type(item).__name__ in ("Interval", "Len") and hasattr(item, "__iter__"):
            found += list(item)
    return found
