"""Codecs of types with a fixed set of values: `Literal` and enumerations."""

from __future__ import annotations

import enum
import functools
import math
from typing import TYPE_CHECKING, Any

from .base import ConversionError, Definitions, NamedCodec, Schema, TypeCodec, try_convert

if TYPE_CHECKING:
    from collections.abc import Sequence


class LiteralCodec(TypeCodec):
    def __init__(self, values: Sequence[Any]) -> None:
        self._values = list(values)
        self.expected = "one of " + ", ".join(map(repr, values))

    def schema(self, definitions: Definitions) -> Schema:
        values = [value.value if isinstance(value, enum.Enum) else value for value in self._values]
        return {"const": values[0]} if len(values) == 1 else {"enum": values}

    def accepts(self, value: Any) -> bool:
        return any(type(value) is type(one) and value == one for one in self._values)

    def convert(self, value: Any, path: str) -> Any:
        for one in self._values:
            plain = one.value if isinstance(one, enum.Enum) else one
            if type(value) is type(plain) and value == plain:
                return one
        raise ConversionError(path, value, self.expected)


class EnumCodec(NamedCodec):
    """An enumeration, sent by value; by name if a value is not a string or number."""

    def __init__(self, target: type[enum.Enum]) -> None:
        super().__init__(target.__name__)
        self._target = target
        sent = ((enum_value(member), member) for member in target)
        self._by_value: dict[tuple[Any, Any], enum.Enum] = {
            (type(value), value): member for value, member in sent
        }
        self.expected = "one of " + ", ".join(repr(value) for _, value in self._by_value)

    def define(self, definitions: Definitions) -> Schema:
        return {"enum": [value for _, value in self._by_value], "x-python": "enum"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self._target)

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, self._target):
            return value
        try:
            return self._by_value[type(value), value]
        except (KeyError, TypeError):
            pass
        if isinstance(value, str) and value in self._target.__members__:
            return self._target[value]
        if isinstance(value, int) and issubclass(self._target, enum.Flag):
            return try_convert(lambda: self._target(value), path, value, self.expected)
        raise ConversionError(path, value, self.expected)


def enum_value(member: enum.Enum) -> Any:
    """The form in which a member is sent: its value, or its name if JSON cannot represent all values."""
    return member.value if _has_plain_values(type(member)) else member.name


@functools.lru_cache
def _has_plain_values(target: type[enum.Enum]) -> bool:
    return all(_is_plain(member.value) for member in target)


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, (str, int, type(None))) and not isinstance(value, enum.Enum)
