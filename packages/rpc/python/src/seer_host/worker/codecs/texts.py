"""Codecs of values written as strings: paths, dates, times and durations."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from .base import ConversionError, Definitions, Schema, TypeCodec, try_convert

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable


class TextCodec(TypeCodec):
    """A value that is sent as a string, such as a path, a date or a UUID."""

    def __init__(
        self, target: type, text: str, parse: Callable[[str], Any], *, python: str | None, form: str | None
    ) -> None:
        self._target = target
        self.expected = text
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

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, self._target):
            return value
        if not isinstance(value, str):
            raise ConversionError(path, value, self.expected)
        return try_convert(lambda: self._parse(value), path, value, self.expected)


def path_codec(target: type[pathlib.PurePath]) -> TypeCodec:
    return TextCodec(target, "a path", target, python="path", form=None)


def datetime_codec() -> TypeCodec:
    return TextCodec(
        datetime.datetime,
        "an ISO 8601 date and time",
        lambda text: datetime.datetime.fromisoformat(_utc(text)),
        python="datetime",
        form="date-time",
    )


def date_codec() -> TypeCodec:
    return TextCodec(
        datetime.date, "an ISO 8601 date", datetime.date.fromisoformat, python="date", form="date"
    )


def time_codec() -> TypeCodec:
    return TextCodec(
        datetime.time,
        "an ISO 8601 time",
        lambda text: datetime.time.fromisoformat(_utc(text)),
        python=None,
        form="time",
    )


def _utc(text: str) -> str:
    # Python before 3.11 does not support the Z.
    return text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text


_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


class TimedeltaCodec(TypeCodec):
    """A duration in ISO 8601; a number of seconds is accepted too."""

    expected = "a duration: seconds, or ISO 8601 such as PT1M30S"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": ["string", "number"], "format": "duration", "x-python": "timedelta"}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, datetime.timedelta)

    def convert(self, value: Any, path: str) -> Any:
        if isinstance(value, datetime.timedelta):
            return value
        if type(value) in (int, float):
            return try_convert(lambda: datetime.timedelta(seconds=value), path, value, self.expected)
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None or not any(match.groupdict()[unit] for unit in match.groupdict() if unit != "sign"):
            raise ConversionError(path, value, self.expected)
        parts = {
            unit: float(number) for unit, number in match.groupdict().items() if number and unit != "sign"
        }
        delta = try_convert(lambda: datetime.timedelta(**parts), path, value, self.expected)
        return -delta if match["sign"] else delta


def format_timedelta(value: datetime.timedelta) -> str:
    if value < datetime.timedelta(0):
        return "-" + format_timedelta(-value)
    seconds = f"{value.seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{value.days}D" if value.days else ""
    return f"P{days}T{seconds}S"
