"""Values to the wire and back."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import math
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from seer_host.messages import build_message, inline_buffers, parse_message
from seer_host.worker.arrays import SentAsArray
from seer_host.worker.decode import MalformedValue, decode
from seer_host.worker.encode import Unserialisable, encode
from seer_host.worker.refs import Refs


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Point:
    x: float
    y: Any = None


class Span(NamedTuple):
    start: int
    end: int


class Text(str):
    pass


def encoded(value: Any) -> Any:
    """The JSON that a value becomes, with buffers inside it."""
    body, buffers = encode(value, Refs())
    return json.loads(inline_buffers(body, buffers))


def there_and_back(value: Any) -> Any:
    body, buffers = encode(value, Refs())
    message = parse_message(bytearray(b"".join(build_message({"op": "result"}, body, buffers))))
    return decode(message.json(), message.buffers(), Refs())


PLAIN: list[tuple[Any, Any]] = [
    ({"a": [1, 2.5, "x", None, True]}, {"a": [1, 2.5, "x", None, True]}),
    ((1, (2,)), [1, [2]]),
    ({3}, [3]),
    (frozenset("a"), ["a"]),
    (range(3), [0, 1, 2]),
    (collections.deque([1]), [1]),
    (collections.OrderedDict(a=1), {"a": 1}),
    ({"a": 1}.values(), [1]),
    ({"a": 1}.keys(), ["a"]),
    (Colour.RED, "red"),
    ([Level.LOW], [1]),
    (Point(1.0, Point(2.0)), {"x": 1.0, "y": {"x": 2.0, "y": None}}),
    (Span(1, 2), {"start": 1, "end": 2}),
    (Text("t"), "t"),
    (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
    (datetime.date(2026, 1, 2), "2026-01-02"),
    (datetime.timedelta(seconds=90.5), "PT90.5S"),
    (-datetime.timedelta(days=1), "-P1DT0S"),
    (Path("/tmp/x"), "/tmp/x"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (decimal.Decimal("1.10"), "1.10"),
    (2**100, 2**100),
    (math.nan, {"$seer": "float", "value": "nan"}),
    (
        [math.inf, {"a": -math.inf}],
        [{"$seer": "float", "value": "inf"}, {"a": {"$seer": "float", "value": "-inf"}}],
    ),
    ({1: "a"}, {"$seer": "dict", "items": [[1, "a"]]}),
    ({(1, 2): 3}, {"$seer": "dict", "items": [[[1, 2], 3]]}),
    ({"$seer": 1}, {"$seer": "dict", "items": [["$seer", 1]]}),
    (b"hi", {"$seer": "bytes", "data": "aGk="}),
    (bytearray(b"hi"), {"$seer": "bytes", "data": "aGk="}),
    (1 + 2j, {"$seer": "array", "dtype": "complex128", "shape": [], "data": "AAAAAAAA8D8AAAAAAAAAQA=="}),
    (np.float32(1.5), 1.5),
    (np.float64("nan"), {"$seer": "float", "value": "nan"}),
    (np.int64(3), 3),
    (np.bool_(True), True),
    (np.str_("s"), "s"),
    (np.datetime64("2026-01-02"), "2026-01-02"),
    ({np.str_("k"): np.float16(0.5)}, {"k": 0.5}),
    ({Text("$seer"): 1}, {"$seer": "dict", "items": [["$seer", 1]]}),
    ({Colour.RED: 1}, {"$seer": "dict", "items": [["red", 1]]}),
    ({np.int64(1): np.float32(0.5)}, {"$seer": "dict", "items": [[1, 0.5]]}),
    ({np.float32(0.5): 1, np.bool_(True): 2}, {"$seer": "dict", "items": [[0.5, 1], [True, 2]]}),
    ({math.inf: -0.0}, {"$seer": "dict", "items": [[{"$seer": "float", "value": "inf"}, -0.0]]}),
    ({2**70: -(2**80)}, {"$seer": "dict", "items": [[2**70, -(2**80)]]}),
    ({None: 1, b"k": 2}, {"$seer": "dict", "items": [[None, 1], [{"$seer": "bytes", "data": "aw=="}, 2]]}),
    ({datetime.date(2026, 1, 2): 1}, {"$seer": "dict", "items": [["2026-01-02", 1]]}),
    (np.dtype("float32"), "float32"),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.array([1, "a", None], dtype=object), [1, "a", None]),
    ("\ud800", "\ud800"),
    ("模型 🙂", "模型 🙂"),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=lambda v: repr(v)[:40])
def test_values_as_they_are_sent(value: Any, expected: Any) -> None:
    assert encoded(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, "x", None, True]},
        {1: "a", None: 2},
        {"$seer": "float", "value": "nan"},
        [math.inf, -math.inf],
        b"\0\xff",
        1 + 2j,
        {(1, 2): [b"x", {"y": math.inf}]},
        {1 + 2j: -0.0, 0.5: 2**100, -math.inf: {True: {b"k": 1j}}},
    ],
)
def test_values_that_come_back_the_same(value: Any) -> None:
    assert there_and_back(value) == value


DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"


@pytest.mark.parametrize("dtype", DTYPES.split())
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (1, 2, 3)])
def test_arrays_of_every_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape), dtype="float64").reshape(shape).astype(dtype)
    back = there_and_back({"x": [array, array]})["x"][1]
    if shape == ():
        assert (back, type(back)) == (array.item(), type(array.item()))
        back = there_and_back(SentAsArray(array))
    if dtype == "complex128" and shape == ():
        return  # which is how a complex number travels
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert (back == array).all()
    assert back.flags.writeable


def test_arrays_that_do_not_lie_as_they_are_sent() -> None:
    array = np.arange(12, dtype="float32").reshape(3, 4)
    for view in (array.T, array[::2, ::-1], array.astype(">f4"), np.broadcast_to(array[0], (2, 4))):
        back = there_and_back(view)
        assert back.dtype == np.dtype("<f4")
        assert (back == view).all()


def test_arrays_are_not_copied_for_sending() -> None:
    array = np.arange(1000, dtype="float32")
    _, buffers = encode({"a": array}, Refs())
    assert np.shares_memory(np.frombuffer(buffers[0], dtype="uint8"), array)


def test_received_arrays_lie_in_the_message() -> None:
    body, buffers = encode(np.arange(100_000, dtype="float64"), Refs())
    data = bytearray(b"".join(build_message({"op": "call", "id": "x"}, body, buffers)))
    message = parse_message(data)
    array = decode(message.json(), message.buffers(), Refs())
    assert np.shares_memory(array, np.frombuffer(data, dtype="uint8"))
    assert array.flags.aligned


@pytest.mark.parametrize("extra", range(9))
def test_buffers_are_aligned_whatever_comes_before(extra: int) -> None:
    header = {"op": "result", "id": "c" * (extra + 1)}
    body, buffers = encode([np.zeros(3), b"abc", np.ones(2)], Refs())
    data = b"".join(build_message(header, body, buffers))
    message = parse_message(data)
    start = message.body + message.header["json"]
    assert start % 8 == 0
    assert [bytes(buffer) for buffer in message.buffers()] == [bytes(buffer) for buffer in buffers]
    assert len(data) % 8 == 0


def test_bfloat16_is_widened_where_nothing_has_it() -> None:
    values = {"$seer": "array", "dtype": "bfloat16", "shape": [2], "data": "gD8AwA=="}
    array = decode(json.dumps(values).encode(), [], Refs())
    assert array.dtype == np.float32
    assert array.tolist() == [1.0, -2.0]


class Unknown: ...


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)

WRONG: list[tuple[Any, str]] = [
    (Unknown(), "result is of type test_values.Unknown, which cannot be sent"),
    ({"model": [1, Unknown()]}, "result['model'][1] is of type test_values.Unknown"),
    (Point(1.0, {2: Unknown()}), "result.y[2] is of type test_values.Unknown"),
    ((i for i in range(3)), "convert it to a list, or make the exposed function a generator"),
    (CIRCULAR, "contains itself"),
    ([np.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")])], "result[0]: an array of dtype"),
    (lambda: 1, "result is of type function"),
    (Unknown, "result is of type type, which cannot be sent"),
]


@pytest.mark.parametrize(("value", "message"), WRONG, ids=lambda v: repr(v)[:30])
def test_values_that_cannot_be_sent_are_named(value: Any, message: str) -> None:
    with pytest.raises(Unserialisable) as raised:
        encode(value, Refs())
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "NaN",
        "[Infinity]",
        '{"$seer": "what"}',
        '{"$seer": ["list"]}',
        '{"$seer": "float", "value": "huge"}',
        '{"$seer": "float"}',
        '{"$seer": "bytes", "buffer": 0}',
        '{"$seer": "bytes", "buffer": -1}',
        '{"$seer": "bytes", "data": "***"}',
        '{"$seer": "bytes", "data": 5}',
        '{"$seer": "array", "dtype": "float32", "shape": [2], "data": "AAAA"}',
        '{"$seer": "array", "dtype": "object", "shape": [0], "data": ""}',
        '{"$seer": "array", "dtype": "float32", "shape": [-1], "data": ""}',
        '{"$seer": "array", "dtype": "float32", "shape": "x", "data": ""}',
        '{"$seer": "dict", "items": [[1]]}',
        '{"$seer": "dict", "items": [[{}, 1]]}',
        '{"$seer": "ref", "id": "r9"}',
        '{"\\u0024seer": "what"}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue):
        decode(text.encode(), [], Refs())


def test_references_stand_for_their_objects() -> None:
    refs = Refs()
    thing = Unknown()
    body, _ = encode({"kept": refs.refer(thing)}, refs)
    sent = json.loads(body)["kept"]
    assert sent["$seer"] == "ref"
    assert sent["type"] == "Unknown"
    assert decode(json.dumps({"$seer": "ref", "id": sent["id"]}).encode(), [], refs) is thing
    # The same object is the same reference.
    assert json.loads(encode(refs.refer(thing), refs)[0]) == sent
    assert refs.free(sent["id"])
    assert not refs.free(sent["id"])


def test_strings_that_look_like_ours_are_left_alone() -> None:
    text = '{"$seer":"bytes","buffer":0}'
    body, buffers = encode([text, b"x", text], Refs())
    assert json.loads(inline_buffers(body, buffers)) == [text, {"$seer": "bytes", "data": "eA=="}, text]


def test_an_integer_of_more_digits_than_python_writes_is_an_error() -> None:
    huge = 10**5000
    values: list[Any] = [huge, {"big": [huge]}, {huge: 1}, [huge, math.nan]]
    for value in values:
        with pytest.raises(Unserialisable, match="result cannot be sent: Exceeds the limit"):
            encode(value, Refs())
