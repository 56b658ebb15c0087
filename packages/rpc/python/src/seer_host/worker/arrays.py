"""Arrays and tensors as raw buffers; numpy and torch only where the user's code has brought them."""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

# numpy and torch are not installed where this is checked, and may not be where it runs.
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
_NOT_NUMPY = frozenset(("bfloat16", "float8_e4m3fn", "float8_e5m2"))


class RawArray(NamedTuple):
    """An array as it travels."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview


class ArrayError(Exception):
    """An array cannot be sent, or cannot be made of what was sent."""


def numpy() -> Numpy | None:
    """numpy, if something has imported it."""
    return sys.modules.get("numpy")


def torch() -> Torch | None:
    """torch, if something has imported it."""
    return sys.modules.get("torch")


def is_ndarray(value: Any) -> bool:
    module = numpy()
    return module is not None and isinstance(value, module.ndarray)


def is_tensor(value: Any) -> bool:
    module = torch()
    return module is not None and isinstance(value, module.Tensor)


def raw_of_ndarray(array: Any) -> RawArray:
    """The buffer of a numpy array, not copied where it is contiguous already."""
    module: Any = numpy()
    dtype = array.dtype
    name: str = dtype.name
    if name not in ITEM_SIZES:
        raise ArrayError(f"an array of dtype {name} cannot be sent")
    shape = tuple(int(n) for n in array.shape)
    if dtype.byteorder == ">" or (dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.astype(dtype.newbyteorder("<"))
    array = module.ascontiguousarray(array)
    # As bytes: the dtypes of other libraries have no format that a memoryview knows.
    return RawArray(name, shape, memoryview(array.reshape(-1).view(module.uint8)))


def raw_of_tensor(tensor: Any) -> RawArray:
    """The memory of a torch tensor; it is copied only from a device, or where it is not contiguous."""
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
    # Through its address, so that it needs no numpy and works for every dtype.
    memory: Any = (ctypes.c_ubyte * size).from_address(tensor.data_ptr())
    memory.owner = tensor
    return RawArray(name, shape, memoryview(memory).cast("B"))


def array_of_raw(raw: RawArray) -> Any:
    """A numpy array over the buffer, or else a torch tensor, whichever can hold the dtype."""
    expected = math.prod(raw.shape) * ITEM_SIZES[raw.dtype]
    if len(raw.data) != expected:
        raise ArrayError(f"{raw.dtype} {list(raw.shape)} takes {expected} bytes, not {len(raw.data)}")
    if raw.dtype in _NOT_NUMPY:
        return _foreign(raw)
    try:
        import numpy as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError:
        return tensor_of_raw(raw)
    array: Any = module.frombuffer(raw.data, dtype=module.dtype(raw.dtype).newbyteorder("<"))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if raw.data.readonly:
        array = array.copy()
    return array.reshape(raw.shape)


def _foreign(raw: RawArray) -> Any:
    """What numpy has no dtype for: as torch or ml_dtypes has it, or bfloat16 widened."""
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
    # Every bfloat16 is the upper half of a float32.
    halves = plain.frombuffer(raw.data, dtype="<u2").astype("<u4") << 16
    return halves.view("<f4").reshape(raw.shape)


def tensor_of_raw(raw: RawArray) -> Any:
    """A torch tensor over the buffer."""
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
    """A numpy array of an array, a tensor or nested lists."""
    import numpy as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    plain: Any = module
    if is_tensor(value):
        name = str(value.dtype).removeprefix("torch.")
        if name in _NOT_NUMPY:
            value = value.float()
        return value.detach().cpu().numpy()
    array = plain.asarray(value)
    if array.dtype == object:
        raise ArrayError("its rows differ in length, or it holds something that is not a number")
    return array


def to_tensor(value: Any) -> Any:
    """A torch tensor of an array, a tensor or nested lists."""
    import torch as module  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    plain: Any = module
    if is_tensor(value):
        return value
    return plain.from_numpy(value) if is_ndarray(value) else plain.tensor(value)
