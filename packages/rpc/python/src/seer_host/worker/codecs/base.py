"""The base classes of type codecs."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Schema: TypeAlias = dict[str, Any]


class Definitions(dict[str, Schema]):
    """The named types in a schema, in the form for arguments or for results."""

    def __init__(self, *, of_results: bool = False) -> None:
        super().__init__()
        self.of_results = of_results
        self._owners: dict[str, Any] = {}

    def claim(self, name: str, owner: Any) -> str:
        """Reserves a name for the type of `owner`: `name`, with a number if another type has that name."""
        free, number = name, 2
        while self._owners.setdefault(free, owner) != owner:
            free, number = f"{name}{number}", number + 1
        return free


_short_repr = reprlib.Repr()
_short_repr.maxstring = _short_repr.maxother = _short_repr.maxlong = 80
_short_repr.maxlevel = 3


class ConversionError(Exception):
    """A value does not match the hint."""

    def __init__(self, path: str, value: Any, expected: str, *others: ConversionError) -> None:
        message = f"{path}: expected {expected}, got {short_repr(value)}"
        super().__init__("; ".join([message, *map(str, others)]))
        self.path = path
        self.value = value
        self.expected = expected


class UnsupportedHint(Exception):
    """A hint that no value from a caller can match."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def short_repr(value: Any) -> str:
    try:
        text = _short_repr.repr(value)
    except Exception:
        text = type(value).__name__
    return text if len(text) <= 120 else text[:117] + "…"


class TypeCodec:
    """Describes, checks and converts the values of one hint.

    `path` says where a value is, such as `layers[2]`.
    """

    expected = "a value"
    """Describes such a value in error messages."""
    exact: type | None = None
    """The type whose values never need conversion, if there is one."""

    def schema(self, definitions: Definitions) -> Schema:
        raise NotImplementedError

    def accepts(self, value: Any) -> bool:
        """Whether the value matches without conversion."""
        raise NotImplementedError

    def convert(self, value: Any, path: str) -> Any:
        """Converts a value for the function; raises ConversionError."""
        raise NotImplementedError

    def prepare(self, value: Any) -> Any:
        """Marks references and arrays in a result for the encoder, as the hint requires."""
        return value

    marks_results = False
    """Whether `prepare` marks a value of this codec itself, apart from its children."""

    def children(self) -> Iterable[TypeCodec]:
        """The codecs of nested values."""
        return ()


class NamedCodec(TypeCodec):
    """The codec of a named type, which each schema defines once."""

    def __init__(self, name: str) -> None:
        self.name = name

    def schema(self, definitions: Definitions) -> Schema:
        name = definitions.claim(self.name, self)
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = {"title": name, **self.define(definitions)}
        return {"$ref": f"#/$defs/{name}"}

    def define(self, definitions: Definitions) -> Schema:
        raise NotImplementedError


class ForwardCodec(TypeCodec):
    """A placeholder for a codec that is still being built, so that a type may contain itself."""

    def __init__(self) -> None:
        self.codec: TypeCodec | None = None

    def _get(self) -> TypeCodec:
        assert self.codec is not None
        return self.codec

    @property
    def expected(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.codec.expected if self.codec else "a value"

    def schema(self, definitions: Definitions) -> Schema:
        return self._get().schema(definitions)

    def accepts(self, value: Any) -> bool:
        return self._get().accepts(value)

    def convert(self, value: Any, path: str) -> Any:
        return self._get().convert(value, path)

    def prepare(self, value: Any) -> Any:
        return self._get().prepare(value)

    def children(self) -> Iterable[TypeCodec]:
        return (self._get(),)


def needs_preparation(codec: TypeCodec) -> bool:
    """Whether `prepare` may change a value of this codec; if not, results need not be traversed."""
    seen: set[int] = set()
    waiting = [codec]
    while waiting:
        codec = waiting.pop()
        if codec.marks_results:
            return True
        if id(codec) not in seen:
            seen.add(id(codec))
            waiting += codec.children()
    return False


def standalone_schema(codec: TypeCodec, *, of_results: bool = False) -> Schema:
    """The schema of a codec with its definitions."""
    definitions = Definitions(of_results=of_results)
    schema = codec.schema(definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def try_convert(convert: Callable[[], Any], path: str, value: Any, expected: str) -> Any:
    """Runs a conversion; any exception means that the value does not match."""
    try:
        return convert()
    except ConversionError:
        raise
    except Exception as error:
        raise ConversionError(path, value, f"{expected} ({error})" if str(error) else expected) from error
