"""Kinds of single values."""

from __future__ import annotations

import base64
import datetime
import enum
import json
import re
from typing import TYPE_CHECKING, Any

from .base import Defined, Definitions, Kind, Schema, WrongValue, attempt

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Sequence


class AnyKind(Kind):
    text = "any value"

    def schema(self, definitions: Definitions) -> Schema:
        return {"x-python": "any"}

    def accepts(self, value: Any) -> bool:
        return True

    def convert(self, value: Any, where: str) -> Any:
        return value


class NoneKind(Kind):
    text = "null"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "null"}

    def accepts(self, value: Any) -> bool:
        return value is None

    def convert(self, value: Any, where: str) -> Any:
        if value is None:
            return None
        raise WrongValue(where, value, self.text)


class BoolKind(Kind):
    text = "true or false"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "boolean"}

    def accepts(self, value: Any) -> bool:
        return value is True or value is False

    def convert(self, value: Any, where: str) -> Any:
        if value is True or value is False:
            return value
        raise WrongValue(where, value, self.text)


class IntKind(Kind):
    text = "a whole number"
    exact = int

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "integer"}

    def accepts(self, value: Any) -> bool:
        return type(value) is int

    def convert(self, value: Any, where: str) -> Any:
        if type(value) is int:
            return value
        # Some languages write 3 as 3.0.
        if type(value) is float and value.is_integer():
            return int(value)
        raise WrongValue(where, value, self.text)


class FloatKind(Kind):
    text = "a number"
    exact = float

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "number"}

    def accepts(self, value: Any) -> bool:
        return type(value) is float

    def convert(self, value: Any, where: str) -> Any:
        if type(value) is float:
            return value
        if type(value) is int:
            return attempt(lambda: float(value), where, value, self.text)
        raise WrongValue(where, value, self.text)


class StrKind(Kind):
    text = "a string"
    exact = str

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string"}

    def accepts(self, value: Any) -> bool:
        return type(value) is str

    def convert(self, value: Any, where: str) -> Any:
        if type(value) is str:
            return value
        raise WrongValue(where, value, self.text)


class ComplexKind(Kind):
    text = "a complex number, or its text such as '1+2j'"

    def schema(self, definitions: Definitions) -> Schema:
        return {"x-python": "complex"}

    def accepts(self, value: Any) -> bool:
        return type(value) is complex

    def convert(self, value: Any, where: str) -> Any:
        if type(value) in (complex, float, int, str):
            return attempt(lambda: complex(value), where, value, self.text)
        raise WrongValue(where, value, self.text)


class BytesKind(Kind):
    text = "bytes, or a string of base64"

    def __init__(self, make: Callable[[bytes], Any]) -> None:
        self._make = make

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string", "contentEncoding": "base64", "x-python": "bytes"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (bytes, bytearray))

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, (bytes, bytearray)):
            return self._make(bytes(value))
        if isinstance(value, str):
            decode = lambda: self._make(base64.b64decode(value, validate=True))  # noqa: E731
            return attempt(decode, where, value, self.text)
        raise WrongValue(where, value, self.text)


class TextKind(Kind):
    """A value that is written as a string: a path, a date, a UUID."""

    def __init__(
        self, target: type, text: str, parse: Callable[[str], Any], *, python: str | None, form: str | None
    ) -> None:
        self._target = target
        self.text = text
        self._parse = parse
        self._python = python
        self._form = form

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "string"}
        if self._form is not None:
            schema["format"] = self._form
        if self._python is not None:
            schema["x-python"] = self._python
        return schema

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self._target)

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, self._target):
            return value
        if not isinstance(value, str):
            raise WrongValue(where, value, self.text)
        return attempt(lambda: self._parse(value), where, value, self.text)


def path_kind(target: type[pathlib.PurePath]) -> Kind:
    return TextKind(target, "a path", target, python="path", form=None)


def datetime_kind() -> Kind:
    return TextKind(
        datetime.datetime,
        "an ISO 8601 date and time",
        lambda text: datetime.datetime.fromisoformat(_utc(text)),
        python="datetime",
        form="date-time",
    )


def date_kind() -> Kind:
    return TextKind(
        datetime.date, "an ISO 8601 date", datetime.date.fromisoformat, python="date", form="date"
    )


def time_kind() -> Kind:
    return TextKind(
        datetime.time,
        "an ISO 8601 time",
        lambda text: datetime.time.fromisoformat(_utc(text)),
        python=None,
        form="time",
    )


def _utc(text: str) -> str:
    # Python before 3.11 does not read the Z.
    return text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text


_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


class TimedeltaKind(Kind):
    """Written as an ISO 8601 duration; a number of seconds is understood too."""

    text = "a duration: seconds, or ISO 8601 such as PT1M30S"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": ["string", "number"], "format": "duration", "x-python": "timedelta"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, datetime.timedelta)

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, datetime.timedelta):
            return value
        if type(value) in (int, float):
            return attempt(lambda: datetime.timedelta(seconds=value), where, value, self.text)
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None or not any(match.groupdict()[unit] for unit in match.groupdict() if unit != "sign"):
            raise WrongValue(where, value, self.text)
        parts = {
            unit: float(number) for unit, number in match.groupdict().items() if number and unit != "sign"
        }
        delta = attempt(lambda: datetime.timedelta(**parts), where, value, self.text)
        return -delta if match["sign"] else delta


def format_timedelta(value: datetime.timedelta) -> str:
    if value < datetime.timedelta(0):
        return "-" + format_timedelta(-value)
    seconds = f"{value.seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{value.days}D" if value.days else ""
    return f"P{days}T{seconds}S"


class LiteralKind(Kind):
    def __init__(self, values: Sequence[Any]) -> None:
        self._values = list(values)
        self.text = "one of " + ", ".join(map(repr, values))

    def schema(self, definitions: Definitions) -> Schema:
        values = [value.value if isinstance(value, enum.Enum) else value for value in self._values]
        return {"const": values[0]} if len(values) == 1 else {"enum": values}

    def accepts(self, value: Any) -> bool:
        return any(type(value) is type(one) and value == one for one in self._values)

    def convert(self, value: Any, where: str) -> Any:
        for one in self._values:
            plain = one.value if isinstance(one, enum.Enum) else one
            if type(value) is type(plain) and value == plain:
                return one
        raise WrongValue(where, value, self.text)


class EnumKind(Defined):
    """An enumeration, by its values; by its names where the values are not plain ones."""

    def __init__(self, target: type[enum.Enum]) -> None:
        super().__init__(target.__name__)
        self._target = target
        self._by_value: dict[tuple[type, Any], enum.Enum] = {}
        plain = True
        for member in target:
            value = member.value
            if isinstance(value, enum.Enum) or not isinstance(value, (str, int, float, bool, type(None))):
                plain = False
                break
            self._by_value[type(value), value] = member
        if not plain:
            self._by_value = {(str, member.name): member for member in target}
        self.text = "one of " + ", ".join(repr(value) for _, value in self._by_value)

    def define(self, definitions: Definitions) -> Schema:
        return {"enum": [value for _, value in self._by_value], "x-python": "enum"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self._target)

    def convert(self, value: Any, where: str) -> Any:
        if isinstance(value, self._target):
            return value
        try:
            return self._by_value[type(value), value]
        except (KeyError, TypeError):
            pass
        if isinstance(value, str) and value in self._target.__members__:
            return self._target[value]
        if isinstance(value, int) and issubclass(self._target, enum.Flag):
            return attempt(lambda: self._target(value), where, value, self.text)
        raise WrongValue(where, value, self.text)


def enum_value(member: enum.Enum) -> Any:
    """How a member of an enumeration is sent."""
    value = member.value
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return member.name
    return value
