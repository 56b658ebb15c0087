from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import pickle
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest

from seer_client import Picture, Ref
from seer_client.values import JSON_TYPE, MESSAGE_TYPE, pack, unpack


def there_and_back(value: Any) -> Any:
    content_type, parts = pack(value)
    return unpack(content_type, bytearray(b"".join(parts)))[1]


class Color(enum.Enum):
    RED = "red"


class Count(int):
    pass


@dataclass
class Point:
    x: float
    name: str


class Pair(NamedTuple):
    first: int
    second: int


EXAMPLES: list[tuple[Any, Any]] = [
    ((1, 2), [1, 2]),
    ({3}, [3]),
    (frozenset([3]), [3]),
    (Color.RED, "red"),
    (Count(3), 3),
    (Point(1.5, "a"), {"x": 1.5, "name": "a"}),
    (Pair(1, 2), {"first": 1, "second": 2}),
    (OrderedDict(a=1), {"a": 1}),
    (Path("a/b"), "a/b"),
    (datetime.date(2024, 2, 29), "2024-02-29"),
    (datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc), "2024-01-01T12:00:00+00:00"),
    (datetime.timedelta(days=-1, seconds=0.5), "-P0DT86399.5S"),
    (decimal.Decimal("1.10"), "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (numpy.float32(0.5), 0.5),
    (numpy.int64(7), 7),
    (numpy.bool_(True), True),
]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**80,
        "ü \ud800 \u2028 '\"\\",
        [1, [2.5, "x"], {}],
        {"a": {"b": None}},
        {1: "one", (2, 3): [4], None: 5},
        {"$seer": "not ours"},
        b"\x00\xff",
        [b"one", b"three", b""],
        math.inf,
        -math.inf,
        -0.0,
        1 + 2j,
    ],
    ids=repr,
)
def test_values_come_back_as_they_went(value: Any) -> None:
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)
    assert math.copysign(1, back) == math.copysign(1, value) if isinstance(value, float) else True


def test_nan_is_nan() -> None:
    assert math.isnan(there_and_back([math.nan])[0])


@pytest.mark.parametrize(("value", "stands_for"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_python_objects_go_as_what_stands_for_them(value: Any, stands_for: Any) -> None:
    assert there_and_back(value) == stands_for


def test_a_reference_goes_back_as_itself() -> None:
    back = there_and_back({"kept": Ref("r1", "ndarray", "float64 [3]")})["kept"]
    assert (back.id, repr(back)) == ("r1", "<remote ndarray: float64 [3]>")


def test_plain_json_is_sent_as_such() -> None:
    content_type, parts = pack({"text": "hi"})
    assert (content_type, b"".join(parts)) == (JSON_TYPE, b'{"text":"hi"}')


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_buffers_are_aligned(length: int) -> None:
    content_type, parts = pack({"x" * length: numpy.arange(3, dtype=numpy.int8), "y": b"12345678"})
    body = b"".join(parts)
    assert content_type == MESSAGE_TYPE
    head, _, rest = body.partition(b"\n")
    header = json.loads(head)
    assert (len(head) + 1 + header["json"]) % 8 == 0
    assert header["buffers"] == [3, 8]
    assert rest[header["json"] :] == b"\0\1\2\0\0\0\0\0" + b"12345678"


def test_buffers_may_come_as_base64() -> None:
    body = b'{"$seer":"array","dtype":"uint8","shape":[3],"data":"AQID"}'
    assert unpack(JSON_TYPE, bytearray(body))[1].tolist() == [1, 2, 3]


def test_what_cannot_be_sent_is_named_by_its_path() -> None:
    with pytest.raises(TypeError, match=r"arguments\['layers'\]\[1\] is a object, which cannot be sent"):
        pack({"layers": [1, object()]})


def test_a_picture_is_bytes_that_know_their_media_type() -> None:
    body = bytearray(b'{"result":[{"$seer":"picture","mediaType":"image/png","data":"iVBORw=="}]}')
    picture = unpack(JSON_TYPE, body)[1]["result"][0]
    assert isinstance(picture, Picture)
    assert picture == b"\x89PNG"
    assert picture.media_type == "image/png"
    assert pickle.loads(pickle.dumps(picture)).media_type == "image/png"
    assert there_and_back([picture]) == [b"\x89PNG"]
    assert picture._repr_mimebundle_() == {"image/png": b"\x89PNG"}  # pyright: ignore[reportPrivateUsage]
