"""Codecs of pydantic's models and types; pydantic itself describes, validates and converts them.

pydantic is not imported here, because code with such a hint has imported it already.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from .base import ConversionError, Definitions, Schema, TypeCodec, UnsupportedHint, is_dict, is_list
from .names import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REFERENCE = "#/$defs/"
_PYTHON_OF_FORMAT = {"date-time": "datetime", "date": "date", "duration": "timedelta", "path": "path"}
_SHOWN_ERRORS = 3


def is_model(hint: Any) -> bool:
    """Whether pydantic handles this class: a model, a pydantic dataclass, or a type such as HttpUrl."""
    if "pydantic" not in sys.modules or not isinstance(hint, type):
        return False
    return (
        hasattr(hint, "__get_pydantic_core_schema__")
        or hasattr(hint, "__pydantic_validator__")
        or _is_v1_model(hint)
    )


def needs_pydantic(metadata: Sequence[Any]) -> bool:
    """Whether `Annotated` metadata has validators or a discriminator, which only pydantic can apply."""
    return any(
        type(item).__module__.startswith("pydantic.functional_")
        or getattr(item, "discriminator", None) is not None
        for item in metadata
    )


def dumper_of(value: Any) -> Callable[..., Any] | None:
    """The function that dumps an instance of a model; None for other values."""
    cls: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    serializer = getattr(cls, "__pydantic_serializer__", None)
    if serializer is not None:
        return partial(serializer.to_python, value)
    return value.dict if _is_v1_model(cls) else None


def _is_v1_model(cls: Any) -> bool:
    return "__fields__" in vars(cls) and hasattr(cls, "parse_obj")


class ModelCodec(TypeCodec):
    """A value that pydantic validates."""

    def __init__(self, hint: Any) -> None:
        self._target = hint if isinstance(hint, type) else None
        self._name = re.sub(r"\W+", "_", describe(hint).rpartition(".")[2]).strip("_")
        self.expected = f"a valid {self._name}"
        try:
            v1 = self._target is not None and _is_v1_model(hint)
            self._pydantic: _Pydantic = _V1(hint) if v1 else _V2(hint)
            self._schemas = {results: self._pydantic.schema(of_results=results) for results in (False, True)}
        except Exception as error:
            raise UnsupportedHint(f"{describe(hint)} ({error})") from None

    def schema(self, definitions: Definitions) -> Schema:
        schema = dict(self._schemas[definitions.of_results])
        inner: dict[str, Schema] = schema.pop("$defs", {})
        if "$ref" not in schema and "properties" in schema:
            # Defined by name, like the types that it contains.
            inner = {**inner, self._name: schema}
            schema = {"$ref": f"{_REFERENCE}{self._name}"}
        # Other types in the schema, unknown to pydantic, may have the same names.
        names = {name: definitions.claim(name, json.dumps(one)) for name, one in inner.items()}
        for name, one in inner.items():
            if names[name] not in definitions:
                definitions[names[name]] = _adapt(one, names, of_results=definitions.of_results, title=name)
        return _adapt(schema, names, of_results=definitions.of_results)

    def accepts(self, value: Any) -> bool:
        return self._target is not None and isinstance(value, self._target)

    def convert(self, value: Any, path: str) -> Any:
        if self.accepts(value):
            return value
        try:
            return self._pydantic.validate(value)
        except Exception as error:
            raise self._conversion_error(error, value, path) from error

    def _conversion_error(self, error: Exception, value: Any, path: str) -> ConversionError:
        errors: Any = getattr(error, "errors", None)
        if not callable(errors):
            return ConversionError(path, value, f"{self.expected} ({error})")
        found: Any = errors()
        first, *others = [self._one_error(one, value, path) for one in found[:_SHOWN_ERRORS]]
        return ConversionError(first.path, first.value, first.expected, *others)

    def _one_error(self, error: dict[str, Any], value: Any, path: str) -> ConversionError:
        location: tuple[Any, ...] = error["loc"]
        message: str = error["msg"]
        if error["type"] in ("missing", "value_error.missing"):
            *location, name = location  # pyright: ignore[reportAssignmentType]
            expected = f"the field {name!r}"
        elif error["type"] in ("extra_forbidden", "value_error.extra"):
            expected = "nothing, because there is no such field"
        elif message.startswith("Input should be "):
            expected = message.removeprefix("Input should be ")
        else:
            expected = f"{self.expected} ({message})"
        for key in location:
            path += f"[{key}]" if isinstance(key, int) else f".{key}"
            value = _item(value, key)
        return ConversionError(path, error.get("input", value), expected)


def _item(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except Exception:  # this part of the location is the name of a union's option
        return value


class _Pydantic(Protocol):
    def schema(self, *, of_results: bool) -> Schema: ...
    def validate(self, value: Any) -> Any: ...


class _V2:
    def __init__(self, hint: Any) -> None:
        pydantic: Any = sys.modules["pydantic"]
        self._adapter: Any = pydantic.TypeAdapter(hint)
        self.validate = self._adapter.validate_python

        class Generator(pydantic.json_schema.GenerateJsonSchema):
            def handle_invalid_for_json_schema(self, *_: Any) -> Schema:
                return {}  # a type without a schema, such as an array

        self._generator = Generator

    def schema(self, *, of_results: bool) -> Schema:
        mode = "serialization" if of_results else "validation"
        return self._adapter.json_schema(mode=mode, schema_generator=self._generator)


class _V1:
    """Models of pydantic 1, which version 2 provides as `pydantic.v1`."""

    def __init__(self, hint: Any) -> None:
        self._model = hint
        self.validate = hint.parse_obj

    def schema(self, *, of_results: bool) -> Schema:
        schema: Schema = dict(self._model.schema(ref_template=_REFERENCE + "{model}"))
        inner = schema.pop("definitions", {})
        return {**schema, "$defs": inner}


def _adapt(schema: Any, names: dict[str, str], *, of_results: bool, title: str | None = None) -> Schema:
    """Converts a pydantic schema to the protocol's form."""

    def adapt(part: Any) -> Any:
        return _adapt(part, names, of_results=of_results) if is_dict(part) else part

    adapted: Schema = {}
    for keyword, value in schema.items():
        if keyword in ("title", "discriminator"):
            continue  # titles only repeat field names
        if keyword in ("properties", "patternProperties"):
            adapted[keyword] = {name: adapt(one) for name, one in value.items()}
        elif keyword == "$ref":
            adapted[keyword] = _REFERENCE + names[value.removeprefix(_REFERENCE)]
        elif keyword == "allOf" and len(value) == 1:
            adapted |= adapt(value[0])
        elif keyword in ("anyOf", "oneOf", "allOf", "prefixItems") and is_list(value):
            adapted["anyOf" if keyword == "oneOf" else keyword] = [adapt(one) for one in value]
        elif keyword in ("items", "additionalProperties"):
            adapted[keyword] = adapt(value)
        else:
            adapted[keyword] = value
    python = _PYTHON_OF_FORMAT.get(schema.get("format", ""))
    if "prefixItems" in schema:
        python = "tuple"
    elif schema.get("uniqueItems"):
        python = "set"
    elif schema.get("format") == "binary" and of_results:
        python = "bytes"
    elif not adapted:
        python = "any"
    return {
        **({} if title is None else {"title": title}),
        **adapted,
        **({} if python is None else {"x-python": python}),
    }
