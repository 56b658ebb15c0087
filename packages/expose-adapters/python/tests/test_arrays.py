from __future__ import annotations

import io
import struct
from typing import Any

import numpy
import pytest

from seer_client import Array
from seer_client.arrays import from_array, to_array

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"


def sent(value: Any) -> Array:
    array = to_array(value)
    assert array is not None
    return array


@pytest.mark.parametrize("dtype", DTYPES.split())
def test_numpy_arrays_come_back_as_they_went(dtype: str) -> None:
    original: Any = numpy.array([[0, 1, 2], [3, 4, 1]], dtype)
    array = sent(original)
    assert (array.dtype, array.shape) == (dtype, (2, 3))
    back = from_array(array)
    assert back.dtype == original.dtype
    numpy.testing.assert_array_equal(back, original)
    assert array.tolist() == original.tolist()
    assert array.first(4) == original.reshape(-1)[:4].tolist()
    numpy.testing.assert_array_equal(numpy.load(io.BytesIO(array.to_npy())), original)


@pytest.mark.parametrize(
    "view",
    [
        numpy.arange(12).reshape(3, 4).T,
        numpy.arange(12)[::-2],
        numpy.arange(6, dtype=">i4"),
        numpy.array(2.5),
        numpy.zeros((2, 0, 3)),
        numpy.zeros(0),
    ],
    ids=["transposed", "strided", "big-endian", "no dimensions", "empty inside", "empty"],
)
def test_any_layout_is_sent_in_c_order(view: Any) -> None:
    array = sent(view)
    assert array.shape == view.shape
    assert array.tolist() == view.tolist()
    numpy.testing.assert_array_equal(from_array(array), view)


def test_arrays_of_results_share_memory_and_can_be_written() -> None:
    memory = bytearray(struct.pack("<2f", 1, 2))
    array = from_array(Array("float32", (2,), memoryview(memory)))
    array[0] = 5
    assert struct.unpack("<2f", memory) == (5, 2)


def test_bfloat16_is_widened() -> None:
    bits = struct.pack("<4H", 0x3F80, 0xC000, 0x7F80, 0x0001)
    array = Array("bfloat16", (2, 2), memoryview(bits))
    expected = [[1.0, -2.0], [float("inf"), 2.0**-133]]
    assert array.tolist() == expected
    back = from_array(array)
    assert back.dtype == numpy.float32
    assert back.tolist() == expected
    assert numpy.load(io.BytesIO(array.to_npy())).tolist() == expected


def test_what_numpy_has_no_dtype_for_stays_an_array() -> None:
    array = Array("float8_e4m3fn", (2,), memoryview(b"\x38\x40"))
    assert from_array(array) is array
    assert array.tolist() == [0x38, 0x40]


def test_a_complex_number_travels_as_an_array() -> None:
    array = sent(1.5 - 2j)
    assert (array.dtype, array.shape) == ("complex128", ())
    assert from_array(array) == 1.5 - 2j


def test_without_numpy_arrays_are_lists_of_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    array = from_array(Array("int16", (2, 2), memoryview(struct.pack("<4h", 1, 2, 3, 4))))
    assert isinstance(array, Array)
    assert array.tolist() == [[1, 2], [3, 4]]
    assert repr(array) == "Array(dtype='int16', shape=(2, 2))"


def test_an_array_that_cannot_be_sent_says_why() -> None:
    with pytest.raises(TypeError, match="dtype object"):
        to_array(numpy.array([object()]))
    with pytest.raises(ValueError, match="3 bytes are not"):
        Array("float32", (1,), memoryview(b"abc"))
