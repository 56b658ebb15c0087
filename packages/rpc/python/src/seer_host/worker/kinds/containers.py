"""Kinds of values that hold other values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .base import Definitions, Kind, Schema, WrongValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ListKind(Kind):
    """A list, or something else made from one: a set, a tuple of any length, a deque."""

    def __init__(
        self, item: Kind, make: Callable[[list[Any]], Any], target: type, python: str | None
    ) -> None:
        self._item = item
        self._make = make
        self._target = target
        self._python = python
        self.text = "a list"

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "array"}
        if items := self._item.schema(definitions):
            schema["items"] = items
        if self._python == "set":
            schema["uniqueItems"] = True
        if self._python is not None:
            schema["x-python"] = self._python
        return schema

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and all(map(self._item.accepts, value))  # pyright: ignore[reportUnknownArgumentType]

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, self._target) and not isinstance(value, (str, bytes)):
            value = list(value)  # pyright: ignore[reportUnknownArgumentType]
        if not isinstance(value, list):
            raise WrongValue(where, value, self.text)
        convert = self._item.convert
        items = [convert(item, f"{where}[{i}]") for i, item in enumerate(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return self._make(items)


class TupleKind(Kind):
    """A tuple of a fixed length."""

    def __init__(self, items: Sequence[Kind]) -> None:
        self._items = list(items)
        self.text = f"a list of {len(items)}"

    def schema(self, definitions: Definitions) -> Schema:
        size = len(self._items)
        schema: Schema = {"type": "array"}
        if self._items:
            schema["prefixItems"] = [item.schema(definitions) for item in self._items]
        return {**schema, "minItems": size, "maxItems": size, "x-python": "tuple"}

    def accepts(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) == len(self._items)  # pyright: ignore[reportUnknownArgumentType]
            and all(kind.accepts(item) for kind, item in zip(self._items, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # noqa: B905
        )

    def convert(self, value: Any, where: str) -> Any:
        if not isinstance(value, (list, tuple)) or len(value) != len(self._items):  # pyright: ignore[reportUnknownArgumentType]
            raise WrongValue(where, value, self.text)
        pairs: Any = enumerate(zip(self._items, value))  # pyright: ignore[reportUnknownArgumentType]  # noqa: B905
        return tuple(kind.convert(item, f"{where}[{i}]") for i, (kind, item) in pairs)


class DictKind(Kind):
    text = "an object"

    def __init__(
        self, key: Kind, item: Kind, make: Callable[[dict[Any, Any]], Any], *, plain_keys: bool
    ) -> None:
        self._key = key
        self._item = item
        self._make = make
        self._plain_keys = plain_keys

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "object"}
        items = self._item.schema(definitions)
        if items != {"x-python": "any"}:
            schema["additionalProperties"] = items
        if not self._plain_keys:
            schema["x-keys"] = self._key.schema(definitions)
        return schema

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and all(
            self._key.accepts(key) and self._item.accepts(item)
            for key, item in value.items()  # pyright: ignore[reportUnknownVariableType]
        )

    def convert(self, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise WrongValue(where, value, self.text)
        converted: dict[Any, Any] = {}
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            at = f"{where}[{key!r}]"
            converted[self._convert_key(key, at)] = self._item.convert(item, at)
        return self._make(converted)

    def _convert_key(self, key: Any, where: str) -> Any:
        try:
            return self._key.convert(key, f"{where} (its key)")
        except WrongValue:
            # Keys of JSON objects are strings; the number or null that one spells is meant.
            if self._plain_keys or not isinstance(key, str):
                raise
            try:
                spelled = json.loads(key)
            except ValueError:
                spelled = None
            if isinstance(spelled, (dict, list, str)) or (spelled is None and key != "null"):
                raise
            return self._key.convert(spelled, f"{where} (its key)")


class UnionKind(Kind):
    """One of several kinds: the first that fits as it is, or else the first that converts."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = list(kinds)
        self.text = " or ".join(dict.fromkeys(kind.text for kind in kinds))

    def schema(self, definitions: Definitions) -> Schema:
        return {"anyOf": [kind.schema(definitions) for kind in self._kinds]}

    def accepts(self, value: Any) -> bool:
        return any(kind.accepts(value) for kind in self._kinds)

    def convert(self, value: Any, where: str) -> Any:
        for kind in self._kinds:
            if kind.accepts(value):
                return kind.convert(value, where)
        inside: WrongValue | None = None
        for kind in self._kinds:
            try:
                return kind.convert(value, where)
            except WrongValue as error:
                if error.where != where:
                    inside = error
        if inside is not None:
            # It was of the right shape for one of them, so what is wrong inside it tells more.
            raise inside
        raise WrongValue(where, value, self.text)
