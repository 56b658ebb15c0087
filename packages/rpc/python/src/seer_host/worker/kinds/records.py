"""Kinds of values with named fields: dataclasses, typed dictionaries, named tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .base import Defined, Definitions, Kind, Schema, WrongValue, attempt, is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Python = Literal["dataclass", "typeddict", "namedtuple"]


class Field(NamedTuple):
    """A field of a record."""

    kind: Kind
    required: bool


class RecordKind(Defined):
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
        self._fields = dict(fields)
        self._make = make
        self._python: Python = python
        self._doc = doc
        self.text = f"an object with the fields of {target.__name__} ({', '.join(fields)})"

    def define(self, definitions: Definitions) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {name: field.kind.schema(definitions) for name, field in self._fields.items()},
            "required": [name for name, field in self._fields.items() if field.required],
            "additionalProperties": False,
            "x-python": self._python,
        }
        if self._doc:
            schema["description"] = self._doc
        return schema

    def _is_target(self, value: Any) -> bool:
        return self._python != "typeddict" and isinstance(value, self._target)

    def accepts(self, value: Any) -> bool:
        if self._is_target(value):
            return True
        if not is_dict(value) or not value.keys() <= self._fields.keys():
            return False
        return all(
            field.kind.accepts(value[name]) if name in value else not field.required
            for name, field in self._fields.items()
        )

    def convert(self, value: Any, where: str) -> Any:
        if self._is_target(value):
            return value
        if self._python == "namedtuple" and is_list(value) and len(value) <= len(self._fields):
            value = dict(zip(self._fields, value))  # noqa: B905
        if not is_dict(value):
            raise WrongValue(where, value, self.text)
        for name in value:
            if name not in self._fields:
                raise WrongValue(
                    f"{where}.{name}",
                    value[name],
                    f"nothing, as {self._target.__name__} has only the fields {', '.join(self._fields)}",
                )
        converted: dict[str, Any] = {}
        for name, field in self._fields.items():
            if name in value:
                converted[name] = field.kind.convert(value[name], f"{where}.{name}")
            elif field.required:
                raise WrongValue(where, value, f"the field {name!r} of {self._target.__name__}")
        return attempt(lambda: self._make(**converted), where, value, self.text)
