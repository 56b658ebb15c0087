"""Arrays and tensors as raw buffers; uses numpy and torch only if user code has imported them."""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

# numpy and torch may be missing, both where this is type-checked and where it runs.
Numpy = Any
Torch = Any

ITEM_SIZES = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "bfloat16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "complex64": 8,
    "complex128": 16,
}
NOT_NUMPY = frozenset(("bfloat16", "float8_e4m3fn", "float8_e5m2"))


class RawArray(NamedTuple):
    """An array in the form in which it is sent."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview


class ArrayError(Exception):
    """An array cannot be sent, or not be created from the received data."""


class SentAsArray:
    """Marks a zero-dimensional array to send as an array instead of a number, as its hint requires."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def numpy() -> Numpy | None:
    """numpy, if it has been imported."""
    return sys.modules.get("numpy")


def torch() -> Torch | None:
    """torch, if it has been imported."""
    return sys.modules.get("torch")


def is_ndarray(value: Any) -> bool:
    module = numpy()
    return module is not None and isinstance(value, module.ndarray)


def is_tensor(value: Any) -> bool:
    module = torch()
    return module is not None and isinstance(value, module.Tensor)


def is_array(value: Any) -> bool:
    return is_ndarray(value) or is_tensor(value)


def is_zero_d(value: Any) -> bool:
    return is_array(value) and value.ndim == 0


def is_listable(value: Any) -> bool:
    """Whether an array can be converted to a list of numbers."""
    if not is_array(value) or value.ndim == 0:
        return False
    return value.dtype.kind in "biufc" if is_ndarray(value) else not value.is_meta


def to_list(value: Any, *, rows: bool) -> list[Any]:
    """An array as a list: with `rows` a list of arrays, else nested lists of numbers."""
    if is_tensor(value) and value.layout is not torch().strided:  # pyright: ignore[reportOptionalMemberAccess]
        value = value.to_dense()
    return list(value) if rows and value.ndim > 1 else value.tolist()


def scalar_of(value: Any) -> Any:
    """The element of a zero-dimensional array: a Python number, or a numpy scalar."""
    if is_ndarray(value):
        # `asarray` drops subclasses, which may return another zero-dimensional array.
        return numpy().asarray(value)[()]  # pyright: ignore[reportOptionalMemberAccess]
    if value.is_meta:
        raise ArrayError("a tensor on the meta device has no data")
    return value.item()


def number_of(value: Any) -> Any:
    """The Python number in a zero-dimensional array; other values unchanged."""
    if not is_zero_d(value):
        return value
    scalar = scalar_of(value)
    return scalar.item() if is_ndarray(value) and hasattr(scalar, "item") else scalar


def raw_of_ndarray(array: Any) -> RawArray:
    """The memory of a numpy array, which is copied only if it is not contiguous."""
    module: Any = numpy()
    dtype = array.dtype
    name: str = dtype.name
    if name not in ITEM_SIZES:
        raise ArrayError(f"an array of dtype {name} cannot be sent")
    shape = tuple(int(n) for n in array.shape)
    if dtype.byteorder == ">" or (dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.astype(dtype.newbyteorder("<"))
    array = module.ascontiguousarray(array)
    # Viewed as bytes, because memoryview does not support the dtypes of other libraries.
    return RawArray(name, shape, memoryview(array.reshape(-1).view(module.uint8)))


def raw_of_tensor(tensor: Any) -> RawArray:
    """The memory of a torch tensor, which is copied only if it is on a device or not contiguous."""
    import ctypes

    name = str(tensor.dtype).removeprefix("torch.")
    if name not in ITEM_SIZES:
        raise ArrayError(f"a tensor of dtype {name} cannot be sent")
    if tensor.is_meta:
        raise ArrayError("a tensor on the meta device has no data")
    if tensor.layout is not torch().strided:  # pyright: ignore[reportOptionalMemberAccess]
        tensor = tensor.to_dense()
    tensor = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
    size = tensor.numel() * tensor.element_size()
    shape = tuple(int(n) for n in tensor.shape)
    if size == 0:
        return RawArray(name, shape, memoryview(b""))
    # Read at its address, which works without numpy and for every dtype.
    memory: Any = (ctypes.c_ubyte * size).from_address(tensor.data_ptr())
    memory.owner = tensor
    return RawArray(name, shape, memoryview(memory).cast("B"))


def array_of_raw(raw: RawArray) -> Any:
    """A numpy array that uses the buffer; a torch tensor if numpy is missing or lacks the dtype."""
    expected = math.prod(raw.shape) * ITEM_SIZES[raw.dtype]
    if len(raw.data) != expected:
        raise ArrayError(f"{raw.dtype} {list(raw.shape)} takes {expected} bytes, not {len(raw.data)}")
    if raw.dtype in NOT_NUMPY:
        return _array_without_numpy_dtype(raw)
    try:
        import numpy as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError:
        return tensor_of_raw(raw)
    array: Any = module.frombuffer(raw.data, dtype=module.dtype(raw.dtype).newbyteorder("<"))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if raw.data.readonly:
        array = array.copy()
    return array.reshape(raw.shape)


def _array_without_numpy_dtype(raw: RawArray) -> Any:
    """An array of a dtype that numpy lacks, with torch or ml_dtypes; else bfloat16 becomes float32."""
    if torch() is not None:
        return tensor_of_raw(raw)
    types: Any = sys.modules.get("ml_dtypes")
    if types is None and raw.dtype != "bfloat16":
        raise ArrayError(f"{raw.dtype} needs torch or ml_dtypes, and the file has imported neither")
    try:
        import numpy as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError:
        raise ArrayError(f"{raw.dtype} needs torch or numpy, and neither is installed") from None
    plain: Any = module
    if types is not None:
        return plain.frombuffer(bytearray(raw.data), dtype=getattr(types, raw.dtype)).reshape(raw.shape)
    # A bfloat16 is the upper half of a float32.
    halves = plain.frombuffer(raw.data, dtype="<u2").astype("<u4") << 16
    return halves.view("<f4").reshape(raw.shape)


def tensor_of_raw(raw: RawArray) -> Any:
    """A torch tensor that uses the buffer."""
    try:
        import torch as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError:
        raise ArrayError("arrays need numpy or torch, and neither is installed in the worker") from None
    plain: Any = module
    dtype = getattr(plain, raw.dtype, None)
    if dtype is None:
        raise ArrayError(f"this torch has no dtype {raw.dtype}")
    if not raw.data:
        return plain.empty(raw.shape, dtype=dtype)
    data = bytearray(raw.data) if raw.data.readonly else raw.data
    return plain.frombuffer(data, dtype=dtype).reshape(raw.shape)


def to_ndarray(value: Any) -> Any:
    """Converts an array, a tensor or nested lists to a numpy array."""
    import numpy as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    plain: Any = module
    if is_tensor(value):
        name = str(value.dtype).removeprefix("torch.")
        if name in NOT_NUMPY:
            value = value.float()
        return value.detach().cpu().numpy()
    array = plain.asarray(value)
    if array.dtype == object:
        raise ArrayError("its rows differ in length, or it contains something other than numbers")
    return array


def to_tensor(value: Any) -> Any:
    """Converts an array, a tensor or nested lists to a torch tensor."""
    import torch as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    plain: Any = module
    if is_tensor(value):
        return value
    return plain.from_numpy(value) if is_ndarray(value) else plain.tensor(value)
