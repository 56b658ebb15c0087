"""What callers send, as functions get it."""

# The old spellings are among what is tested.
# ruff: noqa: UP006, UP007, UP035, UP045

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Dict,
    Generic,
    List,
    Literal,
    NamedTuple,
    Optional,
    Tuple,
    TypedDict,
    TypeVar,
    Union,
)

import numpy as np
import pytest

from seer_host.worker.codecs.base import ConversionError, standalone_schema
from seer_host.worker.codecs.builder import CodecBuilder
from seer_host.worker.codecs.scope import Scope


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Mode(enum.IntFlag):
    READ = 1
    WRITE = 2


@dataclass
class Point:
    x: float
    y: float = 0.0


@dataclass
class Shape:
    points: list[Point]
    colour: Colour = Colour.RED
    notes: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a shape needs points")


class Movie(TypedDict, total=False):
    name: str
    year: int


class Span(NamedTuple):
    start: int
    end: int = 9


T = TypeVar("T")


@dataclass
class Box(Generic[T]):
    value: T


class Ge:
    def __init__(self, ge: int) -> None:
        self.ge = ge


class Even:
    multiple_of = 2


def convert(hint: Any, value: Any) -> Any:
    return CodecBuilder().build(hint, Scope(globals())).convert(value, "x")


UTC = datetime.timezone.utc
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")

RIGHT: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (int, 3.0, 3),
    (float, 3, 3.0),
    (float, math.inf, math.inf),
    (complex, 2, 2 + 0j),
    (complex, "1+2j", 1 + 2j),
    (bool, True, True),
    (str, "x", "x"),
    (None, None, None),
    (Any, {"a": [1]}, {"a": [1]}),
    (bytes, "aGk=", b"hi"),
    (bytes, b"hi", b"hi"),
    (bytearray, "aGk=", bytearray(b"hi")),
    (list, [1, "a"], [1, "a"]),
    (list[float], [1, 2.5], [1.0, 2.5]),
    (List[int], [1, 2.0], [1, 2]),
    (set[int], [1, 1, 2], {1, 2}),
    (frozenset[str], ["a"], frozenset({"a"})),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[int, ...], [1, 2], (1, 2)),
    (Tuple[()], [], ()),
    (Sequence[int], [1], [1]),
    (collections.deque[int], [1], collections.deque([1])),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (Dict[int, str], {"1": "a", 2: "b"}, {1: "a", 2: "b"}),
    (dict[tuple[int, int], str], {(1, 2): "a"}, {(1, 2): "a"}),
    (dict[tuple[int, int], str], {"[1, 2]": "a"}, {(1, 2): "a"}),
    (dict[frozenset[int], str], {"[1, 2]": "a"}, {frozenset({1, 2}): "a"}),
    (dict[float, int], {"0.5": 1, "Infinity": 2, "-Infinity": 3}, {0.5: 1, math.inf: 2, -math.inf: 3}),
    (dict[bool, int], {"true": 1, "false": 2}, {True: 1, False: 2}),
    (dict[Optional[int], int], {"null": 1, "3": 2}, {None: 1, 3: 2}),
    (dict[complex, int], {"1+2j": 1}, {1 + 2j: 1}),
    (dict[datetime.date, int], {"2026-01-02": 1}, {datetime.date(2026, 1, 2): 1}),
    (dict[Colour, int], {"red": 1}, {Colour.RED: 1}),
    (dict[Path, int], {"x": 1}, {Path("x"): 1}),
    (dict[bytes, int], {"aGk=": 1}, {b"hi": 1}),
    (dict[str, int], {"1": 1}, {"1": 1}),
    (Mapping[str, int], {"a": 1}, {"a": 1}),
    (collections.Counter[str], {"a": 2}, collections.Counter(a=2)),
    (Optional[int], None, None),
    (Optional[int], 3, 3),
    (Union[int, str], "3", "3"),
    (Union[float, str], 3, 3.0),
    (int | list[int], [3], [3]),
    (Union[Point, Colour], "red", Colour.RED),
    (Union[datetime.date, str], "2026-01-02", "2026-01-02"),
    (Literal["a", 1, None], 1, 1),
    (Colour, "green", Colour.GREEN),
    (Colour, "GREEN", Colour.GREEN),
    (Mode, 3, Mode.READ | Mode.WRITE),
    (Literal[Colour.RED], "red", Colour.RED),
    (Point, {"x": 1}, Point(1.0)),
    (Shape, {"points": [{"x": 1, "y": 2}], "colour": "green"}, Shape([Point(1.0, 2.0)], Colour.GREEN)),
    (Movie, {"name": "M"}, {"name": "M"}),
    (Span, {"start": 1}, Span(1)),
    (Span, [1, 2], Span(1, 2)),
    (Path, "/tmp/x", Path("/tmp/x")),
    (datetime.datetime, "2026-01-02T03:04:05Z", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
    (datetime.time, "03:04", datetime.time(3, 4)),
    (datetime.timedelta, "PT1M30.5S", datetime.timedelta(seconds=90.5)),
    (datetime.timedelta, "-P1DT2H", -datetime.timedelta(days=1, hours=2)),
    (datetime.timedelta, 90, datetime.timedelta(seconds=90)),
    (decimal.Decimal, "1.10", decimal.Decimal("1.10")),
    (uuid.UUID, str(UUID), UUID),
    (Annotated[int, Ge(0)], 0, 0),
    (Annotated[list[int], Ge(0)], [1], [1]),
    ("Optional['Point']", {"x": 1}, Point(1.0)),
]


@pytest.mark.parametrize(("hint", "value", "expected"), RIGHT, ids=lambda v: str(v)[:40])
def test_right_values_are_converted(hint: Any, value: Any, expected: Any) -> None:
    converted = convert(hint, value)
    assert converted == expected
    assert type(converted) is type(expected)


WRONG: list[tuple[Any, Any, str]] = [
    (int, 3.5, "x: expected a whole number, got 3.5"),
    (int, "3", "x: expected a whole number, got '3'"),
    (int, True, "x: expected a whole number, got True"),
    (float, "1.5", "x: expected a number, got '1.5'"),
    (float, None, "x: expected a number, got None"),
    (str, 3, "x: expected a string, got 3"),
    (bool, 1, "x: expected true or false, got 1"),
    (list[int], [1, "a"], "x[1]: expected a whole number, got 'a'"),
    (list[list[int]], [[1], [2, None]], "x[1][1]: expected a whole number, got None"),
    (list, "abc", "x: expected a list, got 'abc'"),
    (dict[str, int], {"a": "b"}, "x['a']: expected a whole number, got 'b'"),
    (dict[int, int], {"a": 1}, "x['a'] (its key): expected a whole number, got 'a'"),
    (dict[int, int], {"null": 1}, "x['null'] (its key): expected a whole number, got 'null'"),
    (dict[int, int], {"[" * 100_000: 1}, "(its key): expected a whole number"),
    (dict[tuple[int, int], int], {"[1]": 1}, "x['[1]'] (its key): expected a list of 2, got [1]"),
    (tuple[int, int], [1], "x: expected a list of 2, got [1]"),
    (Optional[int], "a", "x: expected a whole number or null, got 'a'"),
    (Optional[list[int]], ["a"], "x[0]: expected a whole number, got 'a'"),
    (Literal["a", "b"], "c", "x: expected one of 'a', 'b', got 'c'"),
    (Colour, "blue", "x: expected one of 'red', 'green', got 'blue'"),
    (Point, {"y": 1}, "x: expected the field 'x' of Point, got {'y': 1}"),
    (Point, {"x": 1, "z": 1}, "x.z: expected nothing, as Point has only the fields x, y, got 1"),
    (Point, {"x": "1"}, "x.x: expected a number, got '1'"),
    (Shape, {"points": []}, "a shape needs points"),
    (Movie, {"year": "1"}, "x.year: expected a whole number, got '1'"),
    (datetime.date, "yesterday", "x: expected an ISO 8601 date"),
    (datetime.timedelta, "P", "x: expected a duration"),
    (bytes, "not base64!", "x: expected bytes, or a string of base64"),
    (uuid.UUID, "x", "x: expected a UUID"),
    (Annotated[int, Ge(0)], -1, "x: expected a whole number, at least 0, got -1"),
    (list[Annotated[int, Even()]], [2, 3], "x[1]: expected a whole number, a multiple of 2, got 3"),
    (np.ndarray, "abc", "x: expected an array, or nested lists of numbers, got 'abc'"),
    (np.ndarray, [[1], [1, 2]], "x: expected an array, or nested lists of numbers"),
]


@pytest.mark.parametrize(("hint", "value", "message"), WRONG, ids=lambda v: str(v)[:40])
def test_wrong_values_are_named(hint: Any, value: Any, message: str) -> None:
    with pytest.raises(ConversionError) as raised:
        convert(hint, value)
    assert message in str(raised.value)


def test_lists_become_arrays() -> None:
    converted = convert(np.ndarray, [[1, 2], [3, 4]])
    assert isinstance(converted, np.ndarray)
    assert converted.tolist() == [[1, 2], [3, 4]]


def test_long_values_are_shortened() -> None:
    with pytest.raises(ConversionError) as raised:
        convert(int, "x" * 100_000)
    assert len(str(raised.value)) < 200


def test_a_generic_type_is_defined_once_for_each_of_its_uses() -> None:
    codecs, scope = CodecBuilder(), Scope(globals())
    both = standalone_schema(codecs.build(tuple[Box[int], Box[str], Box[int]], scope))
    first, second, third = (item["$ref"].removeprefix("#/$defs/") for item in both["prefixItems"])
    assert first == third != second
    assert both["$defs"][first]["properties"]["value"] == {"type": "integer"}
    assert both["$defs"][second]["properties"]["value"] == {"type": "string"}
