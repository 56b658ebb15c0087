"""Restores the types in results that JSON lacks, from the return hint: tuples, sets, dates, times."""

from __future__ import annotations

import datetime
import itertools
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Schema = dict[str, Any]

_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(\d+(?:\.\d+)?)S)?")


def restore(value: Any, schema: Schema) -> Any:
    """Restores a result's types from its schema; values that do not match the schema stay unchanged."""
    return _restore(value, schema, schema.get("$defs", {}))


def format_timedelta(value: datetime.timedelta) -> str:
    """Formats a duration in ISO 8601."""
    if value < datetime.timedelta(0):
        return f"-{format_timedelta(-value)}"
    seconds = f"{value.seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    return f"P{value.days}DT{seconds}S"


def _parse_timedelta(text: str) -> datetime.timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, days, seconds = match.groups()
    delta = datetime.timedelta(days=int(days or 0), seconds=float(seconds or 0))
    return -delta if sign else delta


_PARSERS: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": _parse_timedelta,
}


def _restore(value: Any, schema: Any, definitions: dict[str, Schema]) -> Any:
    schema = _resolve(schema, value, definitions)
    if isinstance(value, str):
        return _text(value, schema)
    if isinstance(value, list):
        return _items(cast("list[Any]", value), schema, definitions)
    if isinstance(value, dict):
        fields: Schema = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        keys = schema.get("x-keys", {})
        entries = cast("dict[Any, Any]", value).items()
        return {
            _restore(key, keys, definitions): _restore(item, fields.get(key, others), definitions)
            for key, item in entries
        }
    return value


def _resolve(schema: Any, value: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema that applies to a value, after resolving references and alternatives."""
    if not isinstance(schema, dict):
        return {}
    found = cast("Schema", schema)
    if "$ref" in found:
        return _resolve(definitions.get(found["$ref"].removeprefix("#/$defs/")), value, definitions)
    if "anyOf" not in found:
        return found
    options = [_resolve(option, value, definitions) for option in found["anyOf"]]
    wanted = {"str": "string", "list": "array", "dict": "object"}.get(type(value).__name__, "")
    fitting = [option for option in options if wanted in _types(option)]
    # A string that may be a plain string stays one.
    plain = [option for option in fitting if "x-python" not in option and "format" not in option]
    best = plain if plain and wanted == "string" else fitting
    return best[0] if best else {}


def _types(schema: Schema) -> Iterable[str]:
    if "enum" in schema or "const" in schema:
        return ["string"]
    kind = schema.get("type", ())
    return [kind] if isinstance(kind, str) else kind


def _text(value: str, schema: Schema) -> Any:
    parse = _PARSERS.get(schema.get("x-python") or schema.get("format", ""))
    try:
        return value if parse is None else parse(value)
    except ValueError:
        return value


def _items(value: list[Any], schema: Schema, definitions: dict[str, Schema]) -> Any:
    schemas = schema.get("prefixItems") or itertools.repeat(schema.get("items"))
    items = [_restore(item, one, definitions) for item, one in zip(value, schemas, strict=False)]
    items += value[len(items) :]
    kind = schema.get("x-python")
    if kind == "tuple":
        return tuple(items)
    if kind == "set":
        try:
            return set(items)
        except TypeError:
            return items
    return items
