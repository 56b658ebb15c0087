"""Codecs of values with named fields: dataclasses, typed dictionaries and named tuples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from ..fields import fields_of
from .base import ConversionError, Definitions, NamedCodec, Schema, TypeCodec, is_dict, is_list, try_convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Python = Literal["dataclass", "typeddict", "namedtuple"]


class Field(NamedTuple):
    """A field of a record."""

    codec: TypeCodec
    required: bool
    is_input: bool = True
    """Whether callers can pass it."""
    is_output: bool = True
    """Whether results contain it."""


class RecordCodec(NamedCodec):
    """An object with known fields."""

    def __init__(
        self,
        target: type,
        fields: Mapping[str, Field],
        make: Callable[..., Any],
        python: Python,
        doc: str | None,
    ) -> None:
        super().__init__(target.__name__)
        self._target = target
        self._fields = {name: field for name, field in fields.items() if field.is_input}
        self._outputs = {name: field for name, field in fields.items() if field.is_output}
        self._make = make
        self._python: Python = python
        self._doc = doc
        self.expected = f"an object with the fields of {target.__name__} ({', '.join(self._fields)})"

    def define(self, definitions: Definitions) -> Schema:
        fields = self._outputs if definitions.of_results else self._fields
        schema: Schema = {
            "type": "object",
            "properties": {name: field.codec.schema(definitions) for name, field in fields.items()},
            "required": [name for name, field in fields.items() if field.required],
            "additionalProperties": False,
            "x-python": self._python,
        }
        if self._doc:
            schema["description"] = self._doc
        return schema

    def children(self) -> Iterable[TypeCodec]:
        return [field.codec for field in self._outputs.values()]

    def prepare(self, value: Any) -> Any:
        values = fields_of(value) if self._is_target(value) else value
        if not isinstance(values, Mapping):
            return value
        fields = self._outputs
        return {
            name: fields[name].codec.prepare(item) if name in fields else item
            for name, item in cast("Mapping[Any, Any]", values).items()
        }

    def _is_target(self, value: Any) -> bool:
        return self._python != "typeddict" and isinstance(value, self._target)

    def accepts(self, value: Any) -> bool:
        if self._is_target(value):
            return True
        if not is_dict(value) or not value.keys() <= self._fields.keys():
            return False
        return all(
            field.codec.accepts(value[name]) if name in value else not field.required
            for name, field in self._fields.items()
        )

    def convert(self, value: Any, path: str) -> Any:
        if self._is_target(value):
            return value
        if self._python == "namedtuple" and is_list(value) and len(value) <= len(self._fields):
            value = dict(zip(self._fields, value))  # noqa: B905
        if not is_dict(value):
            raise ConversionError(path, value, self.expected)
        for name in value:
            if name not in self._fields:
                why = f"has only the fields {', '.join(self._fields)}"
                if name in self._outputs:
                    why = "sets this field itself"
                raise ConversionError(
                    f"{path}.{name}", value[name], f"nothing, as {self._target.__name__} {why}"
                )
        converted: dict[str, Any] = {}
        for name, field in self._fields.items():
            if name in value:
                converted[name] = field.codec.convert(value[name], f"{path}.{name}")
            elif field.required:
                raise ConversionError(path, value, f"the field {name!r} of {self._target.__name__}")
        return try_convert(lambda: self._make(**converted), path, value, self.expected)
