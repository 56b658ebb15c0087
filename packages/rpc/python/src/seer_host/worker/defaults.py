"""Reads defaults inside declarations such as `x: int = Field(default=3)` or `x: int = typer.Option(3)`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MISSING = frozenset(("PydanticUndefinedType", "UndefinedType", "_MISSING_TYPE", "NoDefaultType", "ellipsis"))
"""The types of the markers for "no default" in pydantic, FastAPI, dataclasses, msgspec and typer."""
_DEPENDENCIES = frozenset(("Depends", "Security", "Dependency"))
_PLAIN_TYPES: tuple[Any, ...] = (list, dict, set, tuple, str, int, float, bool)


class DeclaredDefault(NamedTuple):
    """The default of a parameter that is declared with an object."""

    make: Callable[[], Any] | None
    """Creates the default value; None if there is none and the parameter is required."""
    value: tuple[Any, ...] = ()
    """The value in a tuple of one element, if it is known in advance."""
    text: str = ""
    """How to show a default that is not known in advance."""


def declared_default(declared: Any) -> DeclaredDefault | None:
    """The default in a declaration; None if the object is not a declaration but the default itself."""
    if isinstance(declared, type) or not (
        hasattr(declared, "default") and hasattr(declared, "default_factory")
    ):
        return None
    factory, value = declared.default_factory, declared.default
    if callable(factory):
        return _made(factory)
    if type(value).__name__ in _MISSING:
        return DeclaredDefault(None)
    return DeclaredDefault(lambda: copy.deepcopy(value) if type(value) in _PLAIN_TYPES else value, (value,))


def metadata_of(hint: Any) -> tuple[Any, ...]:
    """The metadata of an `Annotated` hint."""
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _made(factory: Callable[[], Any]) -> DeclaredDefault:
    if factory in _PLAIN_TYPES:
        return DeclaredDefault(factory, (factory(),))
    return DeclaredDefault(factory, text=f"{getattr(factory, '__name__', factory)}()")


def dependency_in(declared: Iterable[Any]) -> Any:
    """The first object that asks a web framework to supply the parameter, such as FastAPI's `Depends`."""
    for one in declared:
        if not _DEPENDENCIES.isdisjoint(cls.__name__.strip("_") for cls in type(one).__mro__):
            return one
    return None
