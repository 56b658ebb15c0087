"""Exposed functions: described for callers, and called with what callers send."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import RpcError
from .docstrings import parse_docstring
from .kinds.base import UnsupportedHint, WrongValue, whole_schema
from .kinds.constraints import ConstrainedKind
from .kinds.hints import Hints, describe, stream_item
from .kinds.scope import Scope
from .refs import Refs
from .values import Unserialisable, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exposure import Registered
    from .kinds.base import Kind

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class SignatureError(Exception):
    """A function cannot be served because of its signature."""


class Parameter(NamedTuple):
    name: str
    kind: Any
    value: Kind
    default: Any
    annotation: str
    description: str

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty and self.kind not in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        )


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
        self._parameters = {
            parameter.name: self._parameter(parameter, hints) for parameter in signature.parameters.values()
        }
        self._returns = self._return(signature.return_annotation, hints)
        # Most functions have plain parameters only, and are called with all of them by name.
        self._simple = all(
            p.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
            for p in self._parameters.values()
        )
        self._positional = [p for p in self._parameters.values() if p.kind in _POSITIONAL]
        self._converters = {p.name: p.value.convert for p in self._parameters.values()}
        self._required = [p.name for p in self._parameters.values() if p.required]

    # Describing

    def _parameter(self, parameter: inspect.Parameter, hints: Hints) -> Parameter:
        if parameter.annotation is inspect.Parameter.empty:
            raise SignatureError(
                f"{self.name}: the parameter {parameter.name!r} has no type hint; write one, such as "
                f"{parameter.name}: str"
            )
        try:
            kind = hints.kind(parameter.annotation, self._scope)
        except UnsupportedHint as error:
            raise SignatureError(
                f"{self.name}: the hint of the parameter {parameter.name!r} is not supported: {error}"
            ) from None
        description = self._doc.parameters.get(parameter.name, "")
        if not description and isinstance(kind, ConstrainedKind):
            description = kind.description or ""
        text = describe(parameter.annotation)
        return Parameter(parameter.name, parameter.kind, kind, parameter.default, text, description)

    def _return(self, annotation: Any, hints: Hints) -> dict[str, Any]:
        if annotation is inspect.Signature.empty:
            raise SignatureError(
                f"{self.name}: the return value has no type hint; write one, such as -> dict"
            )
        try:
            value = annotation
            if self.is_stream and (item := stream_item(annotation, self._scope)) is not None:
                value = item
            kind = hints.kind(value, self._scope)
        except UnsupportedHint as error:
            raise SignatureError(
                f"{self.name}: the hint of the return value is not supported: {error}"
            ) from None
        return {
            "annotation": describe(annotation),
            "schema": whole_schema(kind),
            "description": self._doc.returns,
        }

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self._doc.description,
            "parameters": [self._describe_parameter(p) for p in self._parameters.values()],
            "returns": self._returns,
            "async": self.is_async,
            "stream": self.is_stream,
            "concurrency": self.concurrency,
        }

    def _describe_parameter(self, parameter: Parameter) -> dict[str, Any]:
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
                import json

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

    # Calling

    def bind(self, arguments: Any) -> tuple[list[Any], dict[str, Any]]:
        """Checks and converts what a caller sent; raises the error that names what is wrong with it."""
        if type(arguments) is dict:
            given: dict[str, Any] = arguments  # pyright: ignore[reportUnknownVariableType]
        elif type(arguments) is list:
            return self._bind_positional(arguments)  # pyright: ignore[reportUnknownArgumentType]
        else:
            raise RpcError(
                "invalid-arguments",
                f"{self.name}: the arguments must be an object of arguments by name, or an array",
            )
        if not self._simple:
            return self._bind_by_name(given)
        converters = self._converters
        converted: dict[str, Any] = {}
        for name, value in given.items():
            convert = converters.get(name)
            if convert is None:
                raise self._unexpected(name)
            converted[name] = self._convert(convert, value, name)
        for name in self._required:
            if name not in converted:
                raise self._missing(name)
        return [], converted

    def _bind_positional(self, given: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        rest = next(
            (p for p in self._parameters.values() if p.kind is inspect.Parameter.VAR_POSITIONAL), None
        )
        if len(given) > len(self._positional) and rest is None:
            takes = len(self._positional)
            raise RpcError(
                "invalid-arguments",
                f"{self.name}() takes {takes} positional argument{'' if takes == 1 else 's'}, got {len(given)}",
                details={"function": self.name},
            )
        values: list[Any] = []
        for i, value in enumerate(given):
            parameter = self._positional[i] if i < len(self._positional) else rest
            assert parameter is not None
            where = (
                parameter.name
                if i < len(self._positional)
                else f"{parameter.name}[{i - len(self._positional)}]"
            )
            values.append(self._convert(parameter.value.convert, value, where))
        for i, parameter in enumerate(self._positional):
            if parameter.required and i >= len(given):
                raise self._missing(parameter.name)
        for parameter in self._parameters.values():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.required:
                raise self._missing(parameter.name)
        return values, {}

    def _bind_by_name(self, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments by name for functions with positional-only parameters, `*args` or `**kwargs`."""
        values: list[Any] = []
        named: dict[str, Any] = {}
        left = dict(given)
        parameters = list(self._parameters.values())
        extra = next((p for p in parameters if p.kind is inspect.Parameter.VAR_KEYWORD), None)
        # What comes before *args must go by position as soon as *args is given.
        rest = next((p for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL), None)
        more = left.pop(rest.name, []) if rest is not None else []
        if rest is not None and not isinstance(more, list):
            raise self._wrong(WrongValue(rest.name, more, "a list"), rest.name)
        for parameter in parameters:
            if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
                continue
            by_position = parameter.kind is inspect.Parameter.POSITIONAL_ONLY or (
                bool(more) and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            )
            if parameter.name in left:
                value = self._convert(parameter.value.convert, left.pop(parameter.name), parameter.name)
            elif parameter.required:
                raise self._missing(parameter.name)
            elif not by_position:
                continue
            else:
                value = parameter.default
            if by_position:
                values.append(value)
            else:
                named[parameter.name] = value
        if rest is not None:
            items: list[Any] = more  # pyright: ignore[reportUnknownVariableType]
            values += [
                self._convert(rest.value.convert, item, f"{rest.name}[{i}]") for i, item in enumerate(items)
            ]
        if extra is not None:
            # Either as arguments of their own, or all under the parameter's name, as the schema has them.
            inner = left.pop(extra.name, None)
            if isinstance(inner, dict):
                left |= inner
            elif inner is not None:
                left[extra.name] = inner
            for name, value in left.items():
                named[name] = self._convert(extra.value.convert, value, name)
        elif left:
            raise self._unexpected(next(iter(left)))
        return values, named

    def _convert(self, convert: Callable[[Any, str], Any], value: Any, where: str) -> Any:
        try:
            return convert(value, where)
        except WrongValue as error:
            raise self._wrong(error, where) from None

    def _wrong(self, error: WrongValue, where: str) -> RpcError:
        return RpcError(
            "invalid-arguments",
            f"{self.name}: {error}",
            details={"function": self.name, "parameter": where.partition("[")[0]},
        )

    def _missing(self, name: str) -> RpcError:
        return RpcError(
            "invalid-arguments",
            f"{self.name}: the argument {name!r} is missing",
            details={"function": self.name, "parameter": name},
        )

    def _unexpected(self, name: str) -> RpcError:
        takes = ", ".join(self._parameters) or "nothing"
        return RpcError(
            "invalid-arguments",
            f"{self.name}: there is no parameter {name!r}; it takes {takes}",
            details={"function": self.name, "parameter": name},
        )


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)
