"""Codecs of containers and unions."""

from __future__ import annotations

import contextlib
import functools
import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from .. import arrays
from ..interface_module import seer
from .arrays import RefCodec
from .base import (
    ConversionError,
    Definitions,
    Schema,
    TypeCodec,
    is_dict,
    is_list,
    needs_preparation,
)
from .scalars import NoneCodec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _is_listed(value: Any) -> TypeGuard[Collection[Any]]:
    return isinstance(value, (Sequence, Set, deque)) and not isinstance(value, (str, bytes, bytearray))


class ListCodec(TypeCodec):
    """A list, or a collection that is made from a list: a set, a tuple of any length, a deque."""

    expected = "a list"

    def __init__(
        self, item: TypeCodec, make: Callable[[list[Any]], Any], target: type, python: str | None
    ) -> None:
        self._item = item
        self._make = make
        self._target = target
        self._python = python

    def children(self) -> Iterable[TypeCodec]:
        return (self._item,)

    marks_results = True

    def prepare(self, value: Any) -> Any:
        if arrays.is_listable(value):
            value = arrays.to_list(value, rows=self._prepares_items)
        if not self._prepares_items or not _is_listed(value):
            return value
        return [self._item.prepare(item) for item in value]

    @functools.cached_property
    def _prepares_items(self) -> bool:
        return needs_preparation(self._item)

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "array", "items": self._item.schema(definitions)}
        if self._python == "set":
            schema["uniqueItems"] = True
        if self._python is not None:
            schema["x-python"] = self._python
        return schema

    def accepts(self, value: Any) -> bool:
        return is_list(value) and all(map(self._item.accepts, value))

    def convert(self, value: Any, path: str) -> Any:
        # An object that is passed by reference may already be a set or a tuple.
        items: Any = list(value) if isinstance(value, self._target) and not isinstance(value, str) else value  # pyright: ignore[reportUnknownArgumentType]
        if not is_list(items) and arrays.is_listable(items):
            items = arrays.to_list(items, rows=self._prepares_items)
        if not is_list(items):
            raise ConversionError(path, value, self.expected)
        exact = self._item.exact
        if exact is not None:
            types = set(map(type, items))
            if types <= {exact}:
                return self._make(items)
            if exact is float and types <= {int, float}:  # whole numbers are often written as integers
                with contextlib.suppress(OverflowError):
                    return self._make(list(map(float, items)))
        convert = self._item.convert
        try:
            return self._make([convert(item, "") for item in items])
        except ConversionError:
            # Convert again with paths, which are slow and needed only for the error.
            return self._make([convert(item, f"{path}[{i}]") for i, item in enumerate(items)])


class TupleCodec(TypeCodec):
    """A tuple of a fixed length."""

    def __init__(self, items: Sequence[TypeCodec]) -> None:
        self._items = list(items)
        self.expected = f"a list of {len(items)}"

    def children(self) -> Iterable[TypeCodec]:
        return self._items

    marks_results = True

    def prepare(self, value: Any) -> Any:
        if arrays.is_listable(value):
            value = arrays.to_list(value, rows=any(map(needs_preparation, self._items)))
        if not _is_listed(value) or len(value) != len(self._items):
            return value
        return [codec.prepare(item) for codec, item in zip(self._items, value)]  # noqa: B905

    def schema(self, definitions: Definitions) -> Schema:
        size = len(self._items)
        schema: Schema = {"type": "array"}
        if self._items:
            schema["prefixItems"] = [item.schema(definitions) for item in self._items]
        return {**schema, "minItems": size, "maxItems": size, "x-python": "tuple"}

    def accepts(self, value: Any) -> bool:
        if not is_list(value) or len(value) != len(self._items):
            return False
        return all(codec.accepts(item) for codec, item in zip(self._items, value))  # noqa: B905

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, tuple):  # a key of a mapping
            value = list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if arrays.is_listable(value):
            value = arrays.to_list(value, rows=any(map(needs_preparation, self._items)))
        if not is_list(value) or len(value) != len(self._items):
            raise ConversionError(path, value, self.expected)
        return tuple(codec.convert(value[i], f"{path}[{i}]") for i, codec in enumerate(self._items))


class DictCodec(TypeCodec):
    """A mapping, whose keys need not be strings."""

    expected = "an object"

    def __init__(
        self, key: TypeCodec, item: TypeCodec, make: Callable[[dict[Any, Any]], Any], *, plain_keys: bool
    ) -> None:
        self._key = key
        self._item = item
        self._make = make
        self._plain_keys = plain_keys

    def children(self) -> Iterable[TypeCodec]:
        return (self._item,)

    marks_results = True

    def prepare(self, value: Any) -> Any:
        if isinstance(value, seer.ConfiguredModels):  # also a list
            value = dict(value.items())
        if not self._prepares_items or not isinstance(value, Mapping):
            return value
        return {key: self._item.prepare(item) for key, item in cast("Mapping[Any, Any]", value).items()}

    @functools.cached_property
    def _prepares_items(self) -> bool:
        return needs_preparation(self._item)

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self._item.schema(definitions)}
        if not self._plain_keys:
            schema["x-keys"] = self._key.schema(definitions)
        return schema

    def accepts(self, value: Any) -> bool:
        return is_dict(value) and all(
            self._key.accepts(key) and self._item.accepts(item) for key, item in value.items()
        )

    def convert(self, value: Any, path: str) -> Any:
        if not is_dict(value):
            raise ConversionError(path, value, self.expected)
        converted: dict[Any, Any] = {}
        for key, item in value.items():
            at = f"{path}[{key!r}]"
            converted[self._convert_key(key, at)] = self._item.convert(item, at)
        return self._make(converted)

    def _convert_key(self, key: Any, path: str) -> Any:
        at = f"{path} (its key)"
        try:
            return self._key.convert(key, at)
        except ConversionError:
            # The keys of JSON objects are strings, so other keys are sent as JSON: `"1"`, `"[1, 2]"`.
            if self._plain_keys or not isinstance(key, str):
                raise
            try:
                decoded = json.loads(key)
            except (ValueError, RecursionError):
                decoded = None
            if decoded is None and not self._key.accepts(None):
                raise
            return self._key.convert(decoded, at)


class UnionCodec(TypeCodec):
    """A union: the first option that accepts the value unchanged, or else the first that can convert it."""

    def __init__(self, codecs: Sequence[TypeCodec]) -> None:
        self._options = list(codecs)
        self.expected = " or ".join(dict.fromkeys(codec.expected for codec in codecs))

    def children(self) -> Iterable[TypeCodec]:
        return self._options

    def prepare(self, value: Any) -> Any:
        if value is None:
            return None
        options = [option for option in self._options if not isinstance(option, NoneCodec)]
        # A reference to a type that exists only for type checkers accepts nothing, so it is tried last.
        references = [option for option in options if isinstance(option, RefCodec)]
        accepting = [option for option in options if option.accepts(value)]
        for option in options if len(options) == 1 else accepting or references:
            return option.prepare(value)
        return value

    def schema(self, definitions: Definitions) -> Schema:
        return {"anyOf": [codec.schema(definitions) for codec in self._options]}

    def accepts(self, value: Any) -> bool:
        return any(codec.accepts(value) for codec in self._options)

    def convert(self, value: Any, path: str) -> Any:
        for codec in self._options:
            if codec.accepts(value):
                return codec.convert(value, path)
        inside: ConversionError | None = None
        for codec in self._options:
            try:
                return codec.convert(value, path)
            except ConversionError as error:
                if error.path != path:
                    inside = error
        if inside is not None:
            # The value has the form of one of the options, so the error inside it is more helpful.
            raise inside
        raise ConversionError(path, value, self.expected)
