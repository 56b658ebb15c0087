"""Arguments that no client should send, and some that it may."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

_SANE: dict[str, tuple[Any, ...]] = {
    "add": ([1, 2], {"a": 2**70}, {"a": 1, "b": -5}),
    "echo": ([None], ["🧠"], {"value": {"": [{}]}}, [{"$seer": "bytes", "data": "AAAA"}]),
    "typed": (
        {},
        {"site": {"layer": 1, "parent": {"layer": 2}}, "mode": 3, "pairs": [1, 2], "mapping": {"1": []}},
    ),
    "array": ([[1, 2.5]], [{"$seer": "array", "dtype": "float32", "shape": [2], "data": "AACAPwAAAEA="}]),
    "mixed": ([1, 2, 3.5], {"first": 1, "rest": [2], "last": "z", "extra": 4}),
    "fail": (["no"], ["\ud800"], ["x" * 10_000]),
    "bulk": ([0], [3], [10]),
    "numbers": ([0], [10]),
    "rest": ([0.0], [0.01]),
    "drip": ([0], [5]),
}
FUNCTIONS = tuple(_SANE)
_TYPED = (
    "number",
    "flag",
    "text",
    "data",
    "mode",
    "site",
    "point",
    "options",
    "when",
    "where",
    "mapping",
    "pairs",
    "few",
)
_NAMES = ("a", "b", "value", "message", "size", "count", "seconds", "first", "rest", "last", "others", "self")
_DTYPES = ("float32", "int64", "bool", "bfloat16", "float8_e4m3fn", "complex128", "object", "", "<f4", "U5")
_TEXTS = (
    "",
    "left",
    "a",
    "2026-01-01T00:00:00Z",
    "9999999-13-45",
    "PT90S",
    "P1Y",
    "../../etc/passwd",
    "\ud800",
    "\u0000",
    "🧠" * 50,
    "nan",
    "1e999",
    "$seer",
)
_NUMBERS = (0, -1, 1, 2**53, -(2**63), 2**64, 10**400, 1e308, -0.0, float("nan"), float("inf"), 0.1, True)


def arguments(random: Random) -> Any:
    """What is sent as the arguments of a call."""
    kind = random.random()
    if kind < 0.15:
        return value(random)
    if kind < 0.3:
        return [value(random) for _ in range(random.randrange(5))]
    names = _TYPED if random.random() < 0.5 else _NAMES
    return {name: value(random) for name in random.sample(names, random.randrange(1, 4))}


def value(random: Random, depth: int = 0) -> Any:
    kind = random.random()
    if depth > 3 or kind < 0.25:
        return random.choice(_NUMBERS)
    if kind < 0.45:
        return random.choice(_TEXTS)
    if kind < 0.5:
        return None
    if kind < 0.6:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    if kind < 0.7:
        keys = random.sample((*_TEXTS, "layer", "side", "parent", "name", "scale", "x"), random.randrange(3))
        return {key: value(random, depth + 1) for key in keys}
    return _tagged(random, depth)


def _tagged(random: Random, depth: int) -> dict[str, Any]:
    """A `$seer` object, nearly as it should be."""
    kind = random.choice(("float", "array", "array", "bytes", "dict", "ref", "pickle", 7, None))
    tagged: dict[str, Any] = {"$seer": kind}
    if kind == "float":
        tagged["value"] = random.choice(("nan", "inf", "-inf", "infinity", 1, None, []))
    elif kind == "array":
        tagged["dtype"] = random.choice(_DTYPES)
        tagged["shape"] = random.choice(
            ([], [2], [2, 3], [0], [-1], [2**62, 2**62], [10**30], [1.5], "22", None, [None], [[1]], [2] * 80)
        )
    elif kind == "dict":
        pair = [value(random, depth + 1), value(random, depth + 1)]
        items: tuple[Any, ...] = ([pair], [pair, pair], [[1]], [[1, 2, 3]], {}, 5, [["a", 1], 7])
        tagged["items"] = random.choice(items)
    elif kind == "ref":
        tagged["id"] = random.choice(("r1", "r1-00000000", "", 5, None, [], "x" * 1000))
    if kind in ("array", "bytes"):
        where = random.random()
        if where < 0.5:
            tagged["buffer"] = random.choice((0, 1, -1, 2**70, "0", None, 0.0, True))
        elif where < 0.9:
            size = random.choice((0, 1, 8, 24, 100))
            data = base64.b64encode(random.randbytes(size)).decode()
            tagged["data"] = random.choice((data, data, data[1:], "é", 5, None, "=" * 9))
    for _ in range(random.randrange(2)):
        tagged[random.choice(("extra", "value", "shape", "buffer"))] = random.choice(_NUMBERS)
    return tagged


def body(random: Random, function: object = None) -> bytes:
    """The JSON of some arguments, or something like it; often the right ones for that function."""
    if isinstance(function, str) and function in _SANE and random.random() < 0.5:
        return json.dumps(random.choice(_SANE[function])).encode()
    kind = random.random()
    if kind < 0.03:
        return b"[" * random.choice((100, 5_000, 100_000))
    if kind < 0.05:
        return b'{"value":' * 2_000 + b"1" + b"}" * 2_000
    if kind < 0.07:
        return b'{"value":' + b"9" * random.choice((400, 5_000, 50_000)) + b"}"
    if kind < 0.09:
        return b'{"value":"' + b"x" * random.choice((10_000, 300_000)) + b'"}'
    if kind < 0.11:
        return random.choice(
            (b"", b" ", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{}{}", b"nul", b"'a'", b"{,}", b"\x00")
        )
    # As the standard library writes it, NaN and lone surrogates included.
    return json.dumps(arguments(random), ensure_ascii=random.random() < 0.8).encode("utf-8", "surrogatepass")
