"""Kinds of values that hold other values."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from .base import Definitions, Kind, Schema, WrongValue, is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class ListKind(Kind):
    """A list, or something else made from one: a set, a tuple of any length, a deque."""

    text = "a list"

    def __init__(
        self, item: Kind, make: Callable[[list[Any]], Any], target: type, python: str | None
    ) -> None:
        self._item = item
        self._make = make
        self._target = target
        self._python = python

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "array", "items": self._item.schema(definitions)}
        if self._python == "set":
            schema["uniqueItems"] = True
        if self._python is not None:
            schema["x-python"] = self._python
        return schema

    def accepts(self, value: Any) -> bool:
        return is_list(value) and all(map(self._item.accepts, value))

    def convert(self, value: Any, where: str) -> Any:
        # What a typed caller inside the worker passes, such as a set in a reference.
        items: Any = list(value) if isinstance(value, self._target) and not isinstance(value, str) else value  # pyright: ignore[reportUnknownArgumentType]
        if not is_list(items):
            raise WrongValue(where, value, self.text)
        exact = self._item.exact
        if exact is not None:
            kinds = set(map(type, items))
            if kinds <= {exact}:
                return self._make(items)
            if exact is float and kinds <= {int, float}:  # as whole numbers are commonly written
                with contextlib.suppress(OverflowError):
                    return self._make(list(map(float, items)))
        convert = self._item.convert
        try:
            return self._make([convert(item, "") for item in items])
        except WrongValue:
            # Once more, now that the place is needed.
            return self._make([convert(item, f"{where}[{i}]") for i, item in enumerate(items)])


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
        if not is_list(value) or len(value) != len(self._items):
            return False
        return all(kind.accepts(item) for kind, item in zip(self._items, value))  # noqa: B905

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, tuple):  # as the keys of a mapping come
            value = list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if not is_list(value) or len(value) != len(self._items):
            raise WrongValue(where, value, self.text)
        return tuple(kind.convert(value[i], f"{where}[{i}]") for i, kind in enumerate(self._items))


class DictKind(Kind):
    """A mapping; its keys need not be strings."""

    text = "an object"

    def __init__(
        self, key: Kind, item: Kind, make: Callable[[dict[Any, Any]], Any], *, plain_keys: bool
    ) -> None:
        self._key = key
        self._item = item
        self._make = make
        self._plain_keys = plain_keys

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self._item.schema(definitions)}
        if not self._plain_keys:
            schema["x-keys"] = self._key.schema(definitions)
        return schema

    def accepts(self, value: Any) -> bool:
        return is_dict(value) and all(
            self._key.accepts(key) and self._item.accepts(item) for key, item in value.items()
        )

    def convert(self, value: Any, where: str) -> Any:
        if not is_dict(value):
            raise WrongValue(where, value, self.text)
        converted: dict[Any, Any] = {}
        for key, item in value.items():
            at = f"{where}[{key!r}]"
            converted[self._convert_key(key, at)] = self._item.convert(item, at)
        return self._make(converted)

    def _convert_key(self, key: Any, where: str) -> Any:
        at = f"{where} (its key)"
        try:
            return self._key.convert(key, at)
        except WrongValue:
            # Keys of JSON objects are strings: the number that one spells is meant.
            spelled = None if self._plain_keys or not isinstance(key, str) else _spelled(key)
            if spelled is None:
                raise
            return self._key.convert(spelled, at)


def _spelled(key: str) -> int | float | bool | None:
    try:
        value: Any = json.loads(key)
    except ValueError:
        return None
    return value if isinstance(value, (int, float)) else None


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
