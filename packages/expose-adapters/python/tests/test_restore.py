from __future__ import annotations

import datetime
from typing import Any

import pytest

from seer_client.restore import format_timedelta, restore

PAIR = {
    "type": "array",
    "prefixItems": [{"type": "integer"}, {"type": "string", "format": "date", "x-python": "date"}],
    "x-python": "tuple",
}
SET = {"type": "array", "items": {"type": "string"}, "x-python": "set"}
DAY = datetime.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("value", "schema", "restored"),
    [
        ([1, "2024-02-29"], PAIR, (1, DAY)),
        ([[1, "2024-02-29"]], {"type": "array", "items": PAIR, "x-python": "tuple"}, ((1, DAY),)),
        (["a", "a"], SET, {"a"}),
        ({"x": ["a"]}, {"type": "object", "additionalProperties": SET}, {"x": {"a"}}),
        ("PT90S", {"type": ["string", "number"], "x-python": "timedelta"}, datetime.timedelta(seconds=90)),
        ("12:30:00", {"type": "string", "format": "time"}, datetime.time(12, 30)),
        (None, {"anyOf": [PAIR, {"type": "null"}]}, None),
        ([1, "2024-02-29"], {"anyOf": [{"type": "null"}, PAIR]}, (1, DAY)),
        ("2024-02-29", {"anyOf": [PAIR["prefixItems"][1], {"type": "string"}]}, "2024-02-29"),
        ("2024-02-29", {"anyOf": [PAIR["prefixItems"][1], {"type": "null"}]}, DAY),
    ],
)
def test_values_become_what_the_hint_says(value: Any, schema: dict[str, Any], restored: Any) -> None:
    assert restore(value, schema) == restored


def test_recursive_types() -> None:
    node = {
        "type": "object",
        "properties": {"span": PAIR, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
    }
    value = {"span": [1, "2024-02-29"], "next": {"span": [2, "2024-02-29"], "next": None}}
    restored = restore(value, {"$ref": "#/$defs/Node", "$defs": {"Node": node}})
    assert restored == {"span": (1, DAY), "next": {"span": (2, DAY), "next": None}}


@pytest.mark.parametrize("value", [3, "not a date", {"a": 1}, [1, 2, 3], [[]], None])
@pytest.mark.parametrize("schema", [PAIR, SET, {"type": "string", "x-python": "date"}, {"$ref": "#/$defs/X"}])
def test_what_is_not_as_the_schema_says_loses_nothing(value: Any, schema: dict[str, Any]) -> None:
    restored = restore(value, schema)
    assert restored == value or sorted(restored) == sorted(value)


@pytest.mark.parametrize("seconds", [0, 0.25, 90, 86_400, -1.5, 1e9])
def test_durations(seconds: float) -> None:
    delta = datetime.timedelta(seconds=seconds)
    assert restore(format_timedelta(delta), {"type": "string", "x-python": "timedelta"}) == delta
