"""Writes Python values for the wire: JSON, with buffers beside it."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import json
import math
import os
import struct
import uuid
from typing import TYPE_CHECKING, Any, cast

from . import arrays
from .kinds.scalars import enum_value, format_timedelta
from .refs import Ref, Refs

if TYPE_CHECKING:
    from ..messages import Buffer

_ATOMS = frozenset((str, int, bool, type(None), float))
_MAX_DEPTH = 200
_COMPLEX = struct.Struct("<dd")
"""A complex number travels as an array without dimensions."""


_SEQUENCES = (list, tuple, range, collections.deque, collections.abc.Set, collections.abc.ValuesView)


class Unserialisable(Exception):
    """A value cannot be sent."""


_encode_plain = json.JSONEncoder(
    allow_nan=False, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def encode(value: Any, refs: Refs, where: str = "result") -> tuple[bytes, list[Buffer]]:
    """The JSON of a value, and its buffers."""
    if _is_plain(value, 0):
        try:
            return _encode_plain(value).encode(), []
        except ValueError:
            # A number that is not finite, or a lone surrogate: the long way writes them.
            pass
    encoder = _Encoder(refs)
    tree = encoder.simplify(value, where, 0)
    # ASCII, because strings may hold lone surrogates.
    return json.dumps(
        tree, allow_nan=False, separators=(",", ":"), check_circular=False
    ).encode(), encoder.buffers


def _is_plain(value: Any, depth: int) -> bool:
    """Whether the json module writes the value exactly as the protocol wants it."""
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind in _ATOMS:
        return True
    if depth > _MAX_DEPTH:
        return False
    if kind is dict:
        if not (set(map(type, value)) <= {str}) or "$seer" in value:
            return False
        items = value.values()
    elif kind is list or kind is tuple:
        items = value
    else:
        return False
    kinds = set(map(type, items))
    if kinds <= _ATOMS:
        return True
    if not kinds <= _CONTAINERS:
        return False
    return all(_is_plain(item, depth + 1) for item in items if type(item) not in _ATOMS)


_CONTAINERS = _ATOMS | {dict, list, tuple}


class _Encoder:
    """Turns any value that can be sent into one that the json module writes rightly."""

    def __init__(self, refs: Refs) -> None:
        self.buffers: list[Buffer] = []
        self._refs = refs

    def simplify(self, value: Any, where: str, depth: int) -> Any:
        kind = type(value)  # pyright: ignore[reportUnknownVariableType]
        if kind is str or kind is int or kind is bool or value is None:
            return value
        if kind is float:
            return value if math.isfinite(value) else _float(value)
        if depth > _MAX_DEPTH:
            raise Unserialisable(f"{where[:200]} is nested too deeply, or holds itself")
        if kind is list or kind is tuple:
            return [self.simplify(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
        if kind is dict:
            return self._mapping(value, where, depth)
        return self._other(value, where, depth)

    def _mapping(self, value: collections.abc.Mapping[Any, Any], where: str, depth: int) -> Any:
        items = list(value.items())
        if all(type(key) is str for key, _ in items) and "$seer" not in value:
            return {key: self.simplify(item, f"{where}[{key!r}]", depth + 1) for key, item in items}
        pairs: list[Any] = []
        for key, item in items:
            sent = self.simplify(key, f"{where} (its key {_brief(key)})", depth + 1)
            pairs.append([sent, self.simplify(item, f"{where}[{_brief(key)}]", depth + 1)])
        return {"$seer": "dict", "items": pairs}

    def _other(self, value: Any, where: str, depth: int) -> Any:
        if isinstance(value, Ref):
            return self._refs.keep(value)
        if isinstance(value, enum.Enum):
            return self.simplify(enum_value(value), where, depth + 1)
        simple = _simple(value)
        if simple is not value:
            return simple
        if isinstance(value, complex):
            self.buffers.append(_COMPLEX.pack(value.real, value.imag))
            return {"$seer": "array", "dtype": "complex128", "shape": [], "buffer": len(self.buffers) - 1}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._bytes(value)
        if arrays.is_ndarray(value):
            return self._ndarray(value, where, depth)
        if arrays.is_tensor(value):
            return self._array(arrays.raw_of_tensor, value, where)
        fields = _fields(value)
        if fields is not None:
            return {name: self.simplify(item, f"{where}.{name}", depth + 1) for name, item in fields}
        if isinstance(value, collections.abc.Mapping):
            return self._mapping(cast("collections.abc.Mapping[Any, Any]", value), where, depth)
        if isinstance(
            value, (list, tuple, range, collections.deque, collections.abc.Set, collections.abc.ValuesView)
        ):
            items = cast("collections.abc.Iterable[Any]", value)
            return [self.simplify(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(items)]
        return self._library(value, where, depth)

    def _library(self, value: Any, where: str, depth: int) -> Any:
        """Values of libraries that are recognised without importing them."""
        module = type(value).__module__.split(".")[0]
        if module == "numpy":
            return self._numpy_scalar(value, where, depth)
        if module == "torch" and type(value).__name__ in ("dtype", "device"):
            return str(value)
        if hasattr(value, "model_dump"):  # pydantic
            return self.simplify(value.model_dump(), where, depth + 1)
        if (numpy := arrays.numpy()) is not None and hasattr(value, "__array__") and hasattr(value, "dtype"):
            return self._ndarray(numpy.asarray(value), where, depth)  # jax and others
        raise Unserialisable(f"{where} is of type {_type_name(value)}, which cannot be sent{_advice(value)}")

    def _numpy_scalar(self, value: Any, where: str, depth: int) -> Any:
        if isinstance(value, arrays.numpy().dtype):  # pyright: ignore[reportOptionalMemberAccess]
            return str(value)
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if kind in "bui":
            return value.item()
        if kind == "f":
            return self.simplify(float(value), where, depth)
        if kind == "c":
            return self.simplify(complex(value), where, depth)
        if kind == "M":
            return str(value)
        if kind == "m":
            return self.simplify(value.item(), where, depth)
        raise Unserialisable(f"{where} is of type {_type_name(value)}, which cannot be sent")

    def _ndarray(self, value: Any, where: str, depth: int) -> Any:
        if value.dtype.kind in "OUSMm":
            return self.simplify(
                value.astype(str).tolist() if value.dtype.kind in "SMm" else value.tolist(), where, depth + 1
            )
        return self._array(arrays.raw_of_ndarray, value, where)

    def _array(self, make: Any, value: Any, where: str) -> Any:
        try:
            raw: arrays.RawArray = make(value)
        except arrays.ArrayError as error:
            raise Unserialisable(f"{where}: {error}") from None
        self.buffers.append(raw.data)
        shape = list(raw.shape)
        return {"$seer": "array", "dtype": raw.dtype, "shape": shape, "buffer": len(self.buffers) - 1}

    def _bytes(self, value: Any) -> Any:
        if isinstance(value, memoryview):
            value = value.tobytes()
        self.buffers.append(value)
        return {"$seer": "bytes", "buffer": len(self.buffers) - 1}


def _simple(value: Any) -> Any:
    """Values that are written as one string or number; itself when it is none of them."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return format_timedelta(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(cast("os.PathLike[str]", value))
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    # Subclasses of the plain types, with nothing of their own on the wire.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _float(value)
    return value


def _float(value: float) -> Any:
    return {"$seer": "float", "value": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}


def _fields(value: Any) -> list[tuple[str, Any]] | None:
    """The fields of a dataclass, named tuple or attrs class."""
    if isinstance(value, (collections.abc.Mapping, type)):
        return None  # some libraries' mappings are dataclasses too
    kind = _class_of(value)
    if dataclasses.is_dataclass(kind):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(kind)]
    names = getattr(kind, "_fields", None)
    if names is not None and isinstance(value, tuple):
        return list(zip(names, cast("tuple[Any, ...]", value)))  # noqa: B905
    attributes: Any = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return [(attribute.name, getattr(value, attribute.name)) for attribute in attributes]
    return None


def _class_of(value: Any) -> Any:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    return kind


def _advice(value: Any) -> str:
    if isinstance(value, (collections.abc.Iterator, collections.abc.AsyncIterator)):
        return "; make a list of it, or make the exposed function a generator"
    if callable(value) and hasattr(value, "parameters"):
        return "; return what you need of it, or expose.ref(it) to refer to it in later calls"
    if hasattr(value, "to_dict"):
        return "; its to_dict() may be"
    return ""


def _type_name(value: Any) -> str:
    kind = _class_of(value)
    return (
        kind.__qualname__
        if kind.__module__ in ("builtins", "__main__")
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
