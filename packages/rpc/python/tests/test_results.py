"""Results whose hints decide how they are sent: numbers in arrays without dimensions, and references."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

import pytest
from conftest import FIXTURES
from hosting import Failed, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hosting import RunningHost


@pytest.fixture(scope="module")
def host() -> Iterator[RunningHost]:
    with running(FIXTURES / "results.py") as started:
        started.interface()
        yield started


NAN = {"$seer": "float", "value": "nan"}

PROMISED: list[tuple[str, Any]] = [
    ("a_float", 0.5),
    ("an_int", 3),
    ("a_bool", True),
    ("optional", 0.5),
    ("union", 3),
    ("literal", 3),
    ("annotated", 0.5),
    ("numpy_float", 0.5),
    ("numpy_int", 3),
    ("floats", [0.5, 1.5, 3, 1]),
    ("pair", [0.5, 3]),
    ("by_name", {"a": 0.5}),
    ("by_layer", {"$seer": "dict", "items": [[1, 0.5]]}),
    ("anything", {"loss": 0.5, "all": [3, True], "deep": [{"x": 0.5}]}),
    ("a_dict", {"loss": 0.5, "not": "text", "when": "2026-01-02"}),
    ("masked", 0.5),
    ("big", 2**64 - 1),
    ("not_a_number", NAN),
    ("a_stream", [0.5, 3]),
    ("later", 0.5),
]


@pytest.mark.parametrize(("function", "expected"), PROMISED, ids=[name for name, _ in PROMISED])
def test_an_array_without_dimensions_is_a_number(host: RunningHost, function: str, expected: Any) -> None:
    result = host.call(function)
    assert (result, type(result)) == (expected, type(expected))


def test_a_complex_number_is_a_complex_number(host: RunningHost) -> None:
    assert host.call("a_complex")["dtype"] == "complex128"


def dtype_of(value: Any) -> tuple[str, list[int]]:
    assert value["$seer"] == "array"
    return value["dtype"], value["shape"]


def test_where_the_hint_asks_for_an_array_it_stays_one(host: RunningHost) -> None:
    zero_d: tuple[str, list[int]] = ("float32", [])
    assert dtype_of(host.call("an_array")) == zero_d
    assert [dtype_of(x) for x in host.call("arrays")["a"]] == [zero_d, ("float64", [1])]
    assert dtype_of(host.call("optional_array")) == zero_d
    assert dtype_of(host.call("array_stream")[0]) == zero_d
    assert dtype_of(host.call("one_element")) == ("float64", [1])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("list_of_vector", [0.5, NAN]),
        ("bare_list", [[1, 2], [3, 4]]),
        ("list_of_lists", [[1, 2], [3, 4]]),
        ("list_of_vectors", [[0.5, NAN], [1.5]]),
        ("vectors_by_name", {"a": [0.5, NAN]}),
        ("optional_list", [True, False]),
        ("fixed_tuple", [1, 2]),
        ("any_tuple", [1, 2]),
        ("stream_of_lists", [[1, 2], [3, 4]]),
        ("empty_list", []),
    ],
)
def test_where_the_hint_asks_for_a_list_an_array_is_one(
    host: RunningHost, function: str, expected: Any
) -> None:
    assert host.call(function) == expected


def test_a_list_of_arrays_is_one_of_rows(host: RunningHost) -> None:
    assert list(map(dtype_of, host.call("list_of_rows"))) == [("int64", [2])] * 2
    assert host.call("list_in_a_dataclass")["history"] == [0.5, NAN]


def test_an_array_is_taken_for_a_list(host: RunningHost) -> None:
    def array(*numbers: int, shape: list[int]) -> dict[str, Any]:
        data = base64.b64encode(struct.pack(f"<{len(numbers)}q", *numbers)).decode()
        return {"$seer": "array", "dtype": "int64", "shape": shape, "data": data}

    matrix = array(1, 2, 3, 4, shape=[2, 2])
    given = {"values": array(1, 2, shape=[2]), "pairs": matrix, "names": matrix}
    assert host.call("given_list", **given) == "[[1.0, 2.0], [(1, 2), (3, 4)], [[1, 2], [3, 4]]]"
    with pytest.raises(Failed, match="values"):
        host.call("given_list", values=matrix)


@pytest.mark.parametrize("function", ["a_row", "an_entry", "a_dataclass", "dataclasses", "an_async_stream"])
def test_each_field_is_what_its_hint_says(host: RunningHost, function: str) -> None:
    result = host.call(function)
    result = result["a"][0] if function == "dataclasses" else result
    result = result[0] if function == "an_async_stream" else result
    assert result["loss"] == 0.5
    assert dtype_of(result["array"]) == ("float32", [])
    if function not in ("a_row", "an_entry"):
        assert result["nested"]["loss"] == 3
        assert dtype_of(result["nested"]["array"]) == ("int64", [])
        assert (result["history"], result["steps"]) == ([0.5, 3], 7)
        assert host.call("name_of", result["model"]) == "m"


def test_numpy_scalars_are_described_as_numbers(host: RunningHost) -> None:
    functions = {f["name"]: f for f in host.interface()["functions"]}
    assert functions["numpy_float"]["returns"]["schema"] == {"type": "number"}
    assert functions["numpy_int"]["returns"]["schema"] == {"type": "integer"}


def test_an_array_without_dimensions_is_taken_where_a_number_is_expected(host: RunningHost) -> None:
    half = host.call("an_array")
    three: Any = {"$seer": "array", "dtype": "int64", "shape": [], "data": "AwAAAAAAAAA="}
    yes: Any = {"$seer": "array", "dtype": "bool", "shape": [], "data": "AQ=="}
    assert host.call("add", half, three, yes, half) == "0.5 3 True float32"
    assert host.call("add", three, 0.0, False, 1) == "3.0 0 False float32"
    arguments: dict[str, Any]
    for arguments in ({"a": yes}, {"a": host.call("one_element")}, {"a": 1, "b": half}, {"a": 1, "d": "1"}):
        with pytest.raises(Failed, match="expected a"):
            host.call("add", **arguments)


REFERENCES = [
    "a_model",
    "bare",
    "already",
    "only_for_checkers",
    "async_model",
]


@pytest.mark.parametrize("function", REFERENCES)
def test_a_hint_makes_a_result_a_reference(host: RunningHost, function: str) -> None:
    ref = host.call(function)
    assert ref == host.call("a_model")
    assert (ref["$seer"], ref["type"]) == ("ref", "Model")
    assert host.call("name_of", ref) == "a"


def test_a_hint_makes_what_is_inside_a_result_a_reference(host: RunningHost) -> None:
    first, second = host.call("several")
    assert host.call("names_of", [first, second]) == ["a", "b"]
    assert host.call("named") == {"a": first, "b": second}
    assert host.call("with_score") == [0.5, second]
    assert host.call("each") == [first, second]
    assert host.call("perhaps", True) == host.call("model_or_text", False) == first
    assert host.call("text_by_reference")["type"] == "str"
    assert host.call("array_by_reference")["summary"] == "float64 [3]"


def test_a_reference_to_what_has_no_class_of_its_own(host: RunningHost) -> None:
    names = ("list_by_reference", "dict_by_reference", "protocol_by_reference", "anything_by_reference")
    refs = [host.call(name) for name in names]
    assert host.call("take", *refs) == ["list", "dict", "Model", "Model"]
    with pytest.raises(Failed, match="a: expected a reference to a list"):
        host.call("take", *refs[1:], refs[0])


def test_nothing_is_no_reference(host: RunningHost) -> None:
    assert host.call("perhaps", False) is None
    assert host.call("only_for_checkers", False) is None
    assert host.call("model_or_text", True) == "none"
