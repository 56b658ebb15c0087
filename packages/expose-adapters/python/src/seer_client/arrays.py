"""Arrays in the form in which they are sent: a dtype, a shape, and little-endian elements in C order."""

from __future__ import annotations

import importlib
import math
import struct
import sys
from typing import Any, TypeAlias

# Bytes per element, and the code in `struct`, which reads bfloat16 and float8 as bits.
_DTYPES: dict[str, tuple[int, str]] = {
    "bool": (1, "?"),
    "int8": (1, "b"),
    "int16": (2, "h"),
    "int32": (4, "i"),
    "int64": (8, "q"),
    "uint8": (1, "B"),
    "uint16": (2, "H"),
    "uint32": (4, "I"),
    "uint64": (8, "Q"),
    "float16": (2, "e"),
    "float32": (4, "f"),
    "float64": (8, "d"),
    "bfloat16": (2, "H"),
    "float8_e4m3fn": (1, "B"),
    "float8_e5m2": (1, "B"),
    "complex64": (8, "ff"),
    "complex128": (16, "dd"),
}


NDArray: TypeAlias = Any
"""A numpy array or torch tensor; as a result a numpy array, or an `Array` if numpy is not installed."""


class Array:
    """An array for use without numpy, or with a dtype that numpy lacks."""

    def __init__(self, dtype: str, shape: tuple[int, ...], data: memoryview) -> None:
        _check_dtype(dtype)
        if data.nbytes != math.prod(shape) * _DTYPES[dtype][0]:
            raise ValueError(f"{data.nbytes} bytes are not a {dtype} array of shape {shape}")
        self.dtype = dtype
        self.shape = shape
        # The elements' bytes, little-endian and in C order.
        self.data = data

    def tolist(self) -> Any:
        """The elements as nested lists, one level per dimension; float8 as bits."""
        if 0 in self.shape:
            return _empty(self.shape)
        elements = self._elements()
        for length in reversed(self.shape[1:]):
            elements = [elements[i : i + length] for i in range(0, len(elements), length)]
        return elements if self.shape else elements[0]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def first(self, count: int) -> list[Any]:
        """The first elements, in C order."""
        size = _DTYPES[self.dtype][0]
        count = min(count, self.size)
        head: list[Any] = Array(self.dtype, (count,), self.data[: count * size]).tolist()
        return head

    def to_npy(self) -> bytes:
        """The contents of a file for `numpy.load`; bfloat16 becomes float32, float8 is stored as bits."""
        size, code = _DTYPES[self.dtype]
        kind = {"?": "b", "e": "f", "f": "f", "d": "f"}.get(code[0]) or ("i" if code.islower() else "u")
        kind = "c" if len(code) == 2 else kind
        data = bytes(self.data)
        if self.dtype == "bfloat16":
            kind, size, data = "f", 4, _widen(self.data)
        header = f"{{'descr': '<{kind}{size}', 'fortran_order': False, 'shape': {self.shape}, }}"
        # Together with the ten bytes before it and the newline, the length is a multiple of 64.
        header += " " * (-(len(header) + 11) % 64) + "\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data

    def __repr__(self) -> str:
        return f"Array(dtype={self.dtype!r}, shape={self.shape})"

    def _elements(self) -> list[Any]:
        size, code = _DTYPES[self.dtype]
        if self.dtype == "bfloat16":
            return list(struct.unpack(f"<{self.data.nbytes // size}f", _widen(self.data)))
        numbers = struct.unpack(f"<{self.data.nbytes // size * len(code)}{code[0]}", self.data)
        if len(code) == 2:
            return [complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        return list(numbers)


def to_array(value: Any) -> Array | None:
    """Converts a numpy array, torch tensor or complex number to an Array; None for other values."""
    if isinstance(value, Array):
        return value
    if isinstance(value, complex):
        return Array("complex128", (), memoryview(struct.pack("<dd", value.real, value.imag)))
    # Do not import a library, which takes seconds: without it, there are no such values.
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return _from_torch(value, torch)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _from_numpy(value, numpy)
    return None


def from_array(array: Array) -> Any:
    """A numpy array that shares the memory, if numpy is installed; a complex number if it is a single one."""
    if array.dtype == "complex128" and array.shape == ():
        return array.tolist()
    numpy = _numpy()
    if numpy is None:
        return array
    if array.dtype == "bfloat16" and "ml_dtypes" not in sys.modules:
        widened = numpy.frombuffer(array.data, "<u2").astype("<u4") << 16
        return widened.view("<f4").reshape(array.shape)
    try:
        dtype = numpy.dtype(array.dtype)
    except TypeError:
        return array
    return numpy.frombuffer(array.data, dtype).reshape(array.shape)


def _check_dtype(dtype: str) -> None:
    if dtype not in _DTYPES:
        raise TypeError(f"an array of dtype {dtype} cannot be sent; supported dtypes: {', '.join(_DTYPES)}")


def _from_numpy(value: Any, numpy: Any) -> Array:
    _check_dtype(value.dtype.name)
    # Not ascontiguousarray, which adds a dimension to a zero-dimensional array.
    value = numpy.asarray(value, dtype=value.dtype.newbyteorder("<"), order="C")
    # bfloat16 and float8 do not support the buffer protocol.
    return Array(value.dtype.name, value.shape, memoryview(value.reshape(-1).view(numpy.uint8)))


def _from_torch(value: Any, torch: Any) -> Array:
    dtype = str(value.dtype).removeprefix("torch.")
    _check_dtype(dtype)
    value = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    data = memoryview(value.reshape(-1).view(torch.uint8).numpy())
    return Array(dtype, tuple(value.shape), data)


def _widen(bits: memoryview) -> bytes:
    wide = bytearray(bits.nbytes * 2)
    wide[2::4] = bits[::2]
    wide[3::4] = bits[1::2]
    return bytes(wide)


def _empty(shape: tuple[int, ...]) -> list[Any]:
    return [_empty(shape[1:]) for _ in range(shape[0])] if len(shape) > 1 else []


def _numpy() -> Any:
    # Imported by name, so that type checkers do not complain if it is not installed.
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None
