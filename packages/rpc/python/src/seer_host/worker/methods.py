"""Finds the final form of an exposed function, after its class or its decorators are complete."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any

from .exposure import ExposeError


def outermost(function: Any) -> Any:
    """The function with the decorators above `@expose`, which are applied after it is registered."""
    name = getattr(function, "__name__", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    outer = getattr(module, name, None) if isinstance(name, str) else None
    inner, seen = outer, 0
    while inner is not None and inner is not function and seen < 100:
        inner, seen = getattr(inner, "__wrapped__", None), seen + 1
    return outer if inner is function and callable(outer) else function


def without_instance(function: Any) -> Any:
    """A function that was exposed in a class body, in the form that is callable without an object."""
    kinds = types.FunctionType, classmethod, staticmethod
    if type(function) not in kinds:
        return function
    # From Python 3.10 on, `staticmethod` has the attributes of its function.
    qualname: str = getattr(function, "__qualname__", "")
    owner_name, _, name = qualname.rpartition(".")
    if not owner_name or owner_name.endswith("<locals>"):
        return function
    owner = _find(sys.modules.get(function.__module__), owner_name)
    attribute: Any = inspect.getattr_static(owner, name, None) if isinstance(owner, type) else function
    if type(attribute) in kinds[1:]:
        return getattr(owner, name, attribute)
    parameters = list(inspect.signature(getattr(function, "__func__", function)).parameters)
    if isinstance(owner, type) or type(function) is classmethod or parameters[:1] in (["self"], ["cls"]):
        raise ExposeError(
            f"{qualname} is a method, which needs an object",
            hint=f"Remove @expose, and expose the method of an object: expose(object.{name}).",
        )
    return function


def _find(owner: Any, path: str) -> Any:
    for part in path.split("."):
        owner = getattr(owner, part, None)
    return owner
