"""Kinds of values with named fields: dataclasses, typed dictionaries, named tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .base import Defined, Definitions, Kind, Schema, WrongValue, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Python = Literal["dataclass", "typeddict", "namedtuple"]


class Field(NamedTuple):
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

    def accepts(self, value: Any) -> bool:
        if self._python != "typeddict" and isinstance(value, self._target):
            return True
        if not isinstance(value, dict) or not value.keys() <= self._fields.keys():
            return False
        return all(
            field.kind.accepts(value[name]) if name in value else not field.required
            for name, field in self._fields.items()
        )

    def convert(self, value: Any, where: str) -> Any:
        if self._python != "typeddict" and isinstance(value, self._target):
            return value
        if self._python == "namedtuple" and isinstance(value, list) and len(value) <= len(self._fields):  # pyright: ignore[reportUnknownArgumentType]
            value = dict(zip(self._fields, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # noqa: B905
        if not isinstance(value, dict):
            raise WrongValue(where, value, self.text)
        given: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for name in given:
            if name not in self._fields:
                raise WrongValue(
                    f"{where}.{name}",
                    given[name],
                    f"no such field; {self._target.__name__} has {', '.join(self._fields)}",
                )
        converted: dict[str, Any] = {}
        for name, field in self._fields.items():
            if name in given:
                converted[name] = field.kind.convert(given[name], f"{where}.{name}")
            elif field.required:
                raise WrongValue(where, given, f"the field {name!r} of {self._target.__name__}")
        return attempt(lambda: self._make(**converted), where, value, self.text)
