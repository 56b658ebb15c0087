"""Encodes Python values as JSON and buffers."""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import datetime
import decimal
import enum
import io
import json
import math
import os
import struct
import uuid
from typing import TYPE_CHECKING, Any, cast

from . import arrays, pictures
from .codecs.base import short_repr
from .codecs.choices import enum_value
from .codecs.models import dumper_of
from .codecs.texts import format_timedelta
from .fields import fields_of
from .refs import Ref, Refs

if TYPE_CHECKING:
    from ..messages import Buffer

_ATOMS = frozenset((str, int, bool, type(None), float))
_MAX_DEPTH = 200
_COMPLEX = struct.Struct("<dd")
"""A complex number is sent as a zero-dimensional array."""

_SEQUENCES = (list, tuple, range, collections.deque, collections.abc.Set, collections.abc.ValuesView)


class Unserialisable(Exception):
    """A value cannot be sent."""


_encode_plain = json.JSONEncoder(
    allow_nan=False, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def encode(value: Any, refs: Refs, path: str = "result", *, copy: bool = False) -> tuple[bytes, list[Buffer]]:
    """The JSON of a value and its buffers, which share the memory of arrays unless `copy` is true."""
    encoder = _Encoder(refs, copy=copy)
    return encoder.encode(value, path), encoder.buffers


class ListEncoder:
    """Encodes a list item by item; items may be changed after `append`."""

    def __init__(self, refs: Refs) -> None:
        self._encoder = _Encoder(refs, copy=True)
        self._items: list[bytes] = []
        self.size = 0

    def append(self, value: Any, path: str) -> None:
        before = len(self._encoder.buffers)
        item = self._encoder.encode(value, path)
        self._items.append(item)
        self.size += len(item) + sum(map(len, self._encoder.buffers[before:]))

    def finish(self) -> tuple[bytes, list[Buffer]]:
        return b"[%b]" % b",".join(self._items), self._encoder.buffers


def _is_plain(value: Any, depth: int) -> bool:
    """Whether the json module alone can encode the value."""
    cls = type(value)  # pyright: ignore[reportUnknownVariableType]
    if cls in _ATOMS:
        return True
    if depth > _MAX_DEPTH:
        return False
    if cls is dict:
        if not (set(map(type, value)) <= {str}) or "$seer" in value:
            return False
        items = value.values()
    elif cls is list or cls is tuple:
        items = value
    else:
        return False
    classes = set(map(type, items))
    if classes <= _ATOMS:
        return True
    if not classes <= _CONTAINERS:
        return False
    return all(_is_plain(item, depth + 1) for item in items if type(item) not in _ATOMS)


_CONTAINERS = _ATOMS | {dict, list, tuple}


class _Encoder:
    """Turns values into JSON; arrays and bytes are appended to `buffers`."""

    def __init__(self, refs: Refs, *, copy: bool) -> None:
        self.buffers: list[Buffer] = []
        self._refs = refs
        self._copy = copy

    def encode(self, value: Any, path: str) -> bytes:
        if _is_plain(value, 0):
            # Fails for non-finite numbers, lone surrogates, and values that another thread changes meanwhile.
            with contextlib.suppress(ValueError, TypeError, RuntimeError):
                return _encode_plain(value).encode()
        tree = self.simplify(value, path, 0)
        try:
            # ASCII, because strings may contain lone surrogates.
            return json.dumps(tree, allow_nan=False, separators=(",", ":"), check_circular=False).encode()
        except ValueError as error:  # an integer with too many digits for Python
            raise Unserialisable(f"{path} cannot be sent: {error}") from None

    def simplify(self, value: Any, path: str, depth: int) -> Any:
        cls = type(value)  # pyright: ignore[reportUnknownVariableType]
        if cls is str or cls is int or cls is bool or value is None:
            return value
        if cls is float:
            return value if math.isfinite(value) else _float(value)
        if depth > _MAX_DEPTH:
            raise Unserialisable(f"{path[:200]} is nested too deeply or contains itself")
        if cls is list or cls is tuple:
            return [self.simplify(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
        if cls is dict:
            return self._mapping(value, path, depth)
        return self._other(value, path, depth)

    def _mapping(self, value: collections.abc.Mapping[Any, Any], path: str, depth: int) -> Any:
        items = list(value.items())
        # numpy's strings count as strings; enum members do not, because their hint is not `str`.
        plain = all(isinstance(key, str) and not isinstance(key, enum.Enum) for key, _ in items)
        if plain and "$seer" not in value:
            return {
                str.__str__(key): self.simplify(item, f"{path}[{key!r}]", depth + 1) for key, item in items
            }
        pairs: list[Any] = []
        for key, item in items:
            sent = self.simplify(key, f"{path} (its key {short_repr(key)})", depth + 1)
            pairs.append([sent, self.simplify(item, f"{path}[{short_repr(key)}]", depth + 1)])
        return {"$seer": "dict", "items": pairs}

    def _other(self, value: Any, path: str, depth: int) -> Any:
        if isinstance(value, Ref):
            return self._refs.store(value)
        if isinstance(value, enum.Enum):
            return self.simplify(enum_value(value), path, depth + 1)
        simple = _simple(value)
        if simple is not value:
            return simple
        if isinstance(value, complex):
            index = self._attach(_COMPLEX.pack(value.real, value.imag))
            return {"$seer": "array", "dtype": "complex128", "shape": [], "buffer": index}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._bytes(value)
        if isinstance(value, io.BytesIO):
            return self._bytes(value.getvalue())
        if isinstance(value, arrays.SentAsArray):
            return self._array(value.value, path, depth)
        if arrays.is_zero_d(value):
            return self._zero_d(value, path, depth)
        if arrays.is_ndarray(value) or arrays.is_tensor(value):
            return self._array(value, path, depth)
        dump = dumper_of(value)
        # A type that is not a model, such as SecretStr, is dumped as itself.
        if dump is not None and (dumped := dump(by_alias=True)) is not value:
            return self.simplify(dumped, path, depth + 1)
        fields = fields_of(value)
        if fields is not None:
            return {name: self.simplify(item, f"{path}.{name}", depth + 1) for name, item in fields.items()}
        if isinstance(value, collections.abc.Mapping):
            return self._mapping(cast("collections.abc.Mapping[Any, Any]", value), path, depth)
        if isinstance(value, _SEQUENCES):
            # Copied atomically, because another thread may change it meanwhile.
            items = list(cast("collections.abc.Iterable[Any]", value))
            return [self.simplify(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(items)]
        return self._library(value, path, depth)

    def _library(self, value: Any, path: str, depth: int) -> Any:
        """Encodes values of libraries, which are recognised without importing them."""
        module = type(value).__module__.split(".")[0]
        if module in ("numpy", "ml_dtypes"):
            return self._numpy_scalar(value, path, depth)
        if module in ("ipaddress", "pydantic", "pydantic_core"):
            return str(value)  # such as a URL, or a masked secret
        if module == "torch" and type(value).__name__ in ("dtype", "device"):
            return str(value)
        if pictures.is_picture(value):
            return self._picture(value, path)
        if (numpy := arrays.numpy()) is not None and hasattr(value, "__array__") and hasattr(value, "dtype"):
            return self.simplify(numpy.asarray(value), path, depth + 1)  # jax and others
        raise Unserialisable(f"{path} is of type {_type_name(value)}, which cannot be sent{_advice(value)}")

    def _numpy_scalar(self, value: Any, path: str, depth: int) -> Any:
        if isinstance(value, arrays.numpy().dtype):  # pyright: ignore[reportOptionalMemberAccess]
            return str(value)
        dtype = getattr(value, "dtype", None)
        kind = getattr(dtype, "kind", None)
        if kind in ("b", "u", "i"):
            return value.item()
        if kind == "f" or getattr(dtype, "name", None) in arrays.NOT_NUMPY:
            return self.simplify(float(value), path, depth)
        if kind == "c":
            return self.simplify(complex(value), path, depth)
        if kind == "M":
            return str(value)
        if kind == "m":
            return self.simplify(value.item(), path, depth)
        raise Unserialisable(f"{path} is of type {_type_name(value)}, which cannot be sent")

    def _zero_d(self, value: Any, path: str, depth: int) -> Any:
        """The single element of a zero-dimensional array."""
        try:
            scalar = arrays.scalar_of(value)
        except arrays.ArrayError as error:
            raise Unserialisable(f"{path}: {error}") from None
        return self.simplify(scalar, path, depth + 1)

    def _array(self, value: Any, path: str, depth: int) -> Any:
        is_ndarray = arrays.is_ndarray(value)
        if is_ndarray and value.dtype.kind in "OUSMm":
            items = value.tolist() if value.dtype.kind in "OU" else value.astype(str).tolist()
            return self.simplify(items, path, depth + 1)
        try:
            raw = arrays.raw_of_ndarray(value) if is_ndarray else arrays.raw_of_tensor(value)
        except arrays.ArrayError as error:
            raise Unserialisable(f"{path}: {error}") from None
        index = self._attach(raw.data)
        return {"$seer": "array", "dtype": raw.dtype, "shape": list(raw.shape), "buffer": index}

    def _bytes(self, value: Any) -> Any:
        if isinstance(value, memoryview):
            value = value.tobytes()
        index = self._attach(value)
        if (media_type := pictures.media_type(value)) is not None:
            return {"$seer": "picture", "mediaType": media_type, "buffer": index}
        return {"$seer": "bytes", "buffer": index}

    def _attach(self, buffer: Buffer) -> int:
        self.buffers.append(bytes(buffer) if self._copy else buffer)
        return len(self.buffers) - 1

    def _picture(self, value: Any, path: str) -> Any:
        try:
            return self._bytes(pictures.to_png(value))
        except pictures.PictureError as error:
            raise Unserialisable(f"{path} is a {_type_name(value)} that cannot be drawn: {error}") from error


def _simple(value: Any) -> Any:
    """The string or number that represents a value; the value itself if there is none."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return format_timedelta(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(cast("os.PathLike[str]", value))
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    # Subclasses of plain types are sent as the plain types.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _float(value)
    return value


def _float(value: float) -> Any:
    return {"$seer": "float", "value": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}


def _advice(value: Any) -> str:
    if isinstance(value, (collections.abc.Iterator, collections.abc.AsyncIterator)):
        return "; convert it to a list, or make the exposed function a generator"
    if callable(value) and hasattr(value, "parameters"):
        return "; return the parts that you need, or expose.ref(it) to refer to it in later calls"
    if hasattr(value, "to_dict"):
        return "; return its to_dict() instead"
    return ""


def _type_name(value: Any) -> str:
    cls: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    return (
        cls.__qualname__
        if cls.__module__ in ("builtins", "__main__")
        else f"{cls.__module__}.{cls.__qualname__}"
    )
