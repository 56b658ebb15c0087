"""Finds the functions behind exposed wrappers, partials, bound methods and callable objects."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_DEPTH = 100


def entry_point(function: Any) -> Any:
    """The function that runs when this is called: for a decorated function, the decorator's."""
    for _ in range(_MAX_DEPTH):
        inner = _bound(function)
        if inner is None:
            break
        function = inner
    return function


def definition(function: Any) -> Any:
    """The innermost wrapped function, which the author has written."""
    for _ in range(_MAX_DEPTH):
        inner = getattr(function, "__wrapped__", None) or _bound(function)
        if inner is None:
            break
        function = inner
    return function


def layers(function: Any) -> Iterator[Any]:
    """The wrappers of a function, from the outermost to the function itself."""
    for _ in range(_MAX_DEPTH):
        yield function
        function = getattr(function, "__wrapped__", None)
        if function is None:
            break


def source_location(function: Any) -> tuple[str, int]:
    """The file and line of a function."""
    code = getattr(definition(function), "__code__", None)
    if code is None:
        return sys.modules["__main__"].__file__ or "", 1
    return code.co_filename, code.co_firstlineno


def is_generator(function: Any) -> bool:
    if inspect.isgeneratorfunction(function):
        # Generators decorated with `types.coroutine` are awaited.
        return not function.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
    return inspect.isasyncgenfunction(function)


def is_coroutine(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _bound(function: Any) -> Any:
    """The function that a partial, a method, or an object with `__call__` calls; None for others."""
    if isinstance(function, functools.partial):
        return function.func
    if type(function) in (staticmethod, classmethod, types.MethodType):
        return function.__func__
    if inspect.isroutine(function) or isinstance(function, type) or not callable(function):
        return None
    return getattr(type(function), "__call__", None)  # noqa: B004
