"""What every kind of value has in common."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable

Schema: TypeAlias = dict[str, Any]
Definitions: TypeAlias = dict[str, Schema]

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 80
_brief.maxlevel = 3


class WrongValue(Exception):
    """A value is not of the kind that was asked for."""

    def __init__(self, where: str, value: Any, expected: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {brief(value)}")
        self.where = where


class UnsupportedHint(Exception):
    """A hint that no value from a caller can satisfy."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def brief(value: Any) -> str:
    try:
        text = _brief.repr(value)
    except Exception:
        text = type(value).__name__
    return text if len(text) <= 120 else text[:117] + "…"


class Kind:
    """One kind of value. `where` names the place of a value, such as `layers[2]`."""

    text = "a value"
    """What to call such a value in a message."""
    exact: type | None = None
    """The type whose values all need no conversion, if there is one."""

    def schema(self, definitions: Definitions) -> Schema:
        raise NotImplementedError

    def accepts(self, value: Any) -> bool:
        """Whether the value is of this kind as it is, without conversion."""
        raise NotImplementedError

    def convert(self, value: Any, where: str) -> Any:
        """The value as the function is to get it; raises WrongValue."""
        raise NotImplementedError


class Defined(Kind):
    """A kind that has a name, and is defined once in each schema."""

    def __init__(self, name: str) -> None:
        self.name = name

    def schema(self, definitions: Definitions) -> Schema:
        if self.name not in definitions:
            definitions[self.name] = {}
            definitions[self.name] = {"title": self.name, **self.define(definitions)}
        return {"$ref": f"#/$defs/{self.name}"}

    def define(self, definitions: Definitions) -> Schema:
        raise NotImplementedError


class Later(Kind):
    """Stands for a kind that is still being built, which is how a type may contain itself."""

    def __init__(self) -> None:
        self.kind: Kind | None = None

    def _get(self) -> Kind:
        assert self.kind is not None
        return self.kind

    @property
    def text(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.kind.text if self.kind else "a value"

    def schema(self, definitions: Definitions) -> Schema:
        return self._get().schema(definitions)

    def accepts(self, value: Any) -> bool:
        return self._get().accepts(value)

    def convert(self, value: Any, where: str) -> Any:
        return self._get().convert(value, where)


def whole_schema(kind: Kind) -> Schema:
    """The schema of a kind by itself, with its definitions."""
    definitions: Definitions = {}
    schema = kind.schema(definitions)
    return {**schema, "$defs": definitions} if definitions else schema


def attempt(convert: Callable[[], Any], where: str, value: Any, expected: str) -> Any:
    """Runs a conversion of the user's or the library's, whose failure means that the value is wrong."""
    try:
        return convert()
    except WrongValue:
        raise
    except Exception as error:
        raise WrongValue(where, value, f"{expected} ({error})" if str(error) else expected) from error
