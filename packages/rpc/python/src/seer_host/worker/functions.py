"""Exposed functions, and how they are described to callers."""

from __future__ import annotations

import inspect
import json
import sys
from typing import TYPE_CHECKING, Any

from .binding import Binder, Parameter
from .docstrings import parse_docstring
from .encode import Unserialisable, encode
from .kinds.base import UnsupportedHint, whole_schema
from .kinds.constraints import ConstrainedKind
from .kinds.containers import UnionKind
from .kinds.names import describe, stream_item
from .kinds.scalars import NoneKind
from .kinds.scope import Scope
from .refs import Refs

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exposure import Registered
    from .kinds.hints import Hints


class SignatureError(Exception):
    """A function cannot be served because of its signature."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Function:
    """One exposed function."""

    def __init__(self, name: str, registered: Registered, hints: Hints) -> None:
        self.name = name
        self.call: Callable[..., Any] = registered.function
        self.concurrency = registered.concurrency
        plain = inspect.unwrap(self.call)
        self.is_async = inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain)
        self.is_stream = inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain)
        self._doc = parse_docstring(inspect.getdoc(plain))
        self._scope = Scope.of_function(plain)
        signature = _signature(self.call)
        self._parameters = [self._parameter(p, hints) for p in signature.parameters.values()]
        self._returns = self._return(signature.return_annotation, hints)
        self.bind = Binder(name, self._parameters).bind

    def _parameter(self, parameter: inspect.Parameter, hints: Hints) -> Parameter:
        name, hint = parameter.name, parameter.annotation
        if hint is inspect.Parameter.empty:
            raise SignatureError(
                f"{self.name}: the parameter {name!r} has no type hint; write one, such as {name}: str"
            )
        try:
            kind = hints.kind(hint, self._scope)
        except UnsupportedHint as error:
            raise SignatureError(
                f"{self.name}: the hint of the parameter {name!r} is not supported: {error}", hint=error.hint
            ) from None
        description = self._doc.parameters.get(name, "")
        if not description and isinstance(kind, ConstrainedKind):
            description = kind.description or ""
        if parameter.default is None and not kind.accepts(None):
            kind = UnionKind([kind, NoneKind()])  # as such a default is commonly meant
        return Parameter(name, parameter.kind, kind, parameter.default, describe(hint), description)

    def _return(self, hint: Any, hints: Hints) -> dict[str, Any]:
        if hint is inspect.Signature.empty:
            raise SignatureError(
                f"{self.name}: the return value has no type hint; write one, such as -> dict"
            )
        try:
            item = stream_item(hint, self._scope) if self.is_stream else None
            kind = hints.kind(hint if item is None else item, self._scope)
        except UnsupportedHint as error:
            raise SignatureError(
                f"{self.name}: the hint of the return value is not supported: {error}", hint=error.hint
            ) from None
        return {
            "annotation": describe(hint),
            "schema": whole_schema(kind),
            "description": self._doc.returns,
        }

    def describe(self) -> dict[str, Any]:
        """The function in the interface description."""
        return {
            "name": self.name,
            "description": self._doc.description,
            "parameters": [_describe_parameter(parameter) for parameter in self._parameters],
            "returns": self._returns,
            "async": self.is_async,
            "stream": self.is_stream,
            "concurrency": self.concurrency,
        }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "kind": parameter.kind.name.lower(),
        "annotation": parameter.annotation,
        "schema": whole_schema(parameter.value),
        "required": parameter.required,
        "description": parameter.description,
    }
    if parameter.default is not inspect.Parameter.empty:
        try:
            # By way of the wire, so that it is a value as any other.
            body, buffers = encode(parameter.default, Refs(), "default")
            if not buffers:
                described["default"] = json.loads(body)
        except Unserialisable:
            pass
        try:
            described["defaultText"] = repr(parameter.default)
        except Exception:
            described["defaultText"] = "…"
    return described


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)
