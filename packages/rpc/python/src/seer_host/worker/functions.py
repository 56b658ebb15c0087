"""Exposed functions, and their descriptions for callers."""

from __future__ import annotations

import collections.abc
import inspect
import json
import sys
from typing import TYPE_CHECKING, Any, get_args, get_origin

from ..check import Problem
from .binding import Binder, Parameter
from .codecs.base import UnsupportedHint, needs_preparation, standalone_schema
from .codecs.builder import reference_hint
from .codecs.constraints import ConstrainedCodec
from .codecs.containers import UnionCodec
from .codecs.names import describe
from .codecs.pictures import FigureCodec
from .codecs.scalars import AnyCodec, NoneCodec
from .codecs.scope import Scope
from .defaults import declared_default, dependency_in, metadata_of
from .definitions import definition, entry_point, is_coroutine, is_generator, layers, source_location
from .docstrings import parse_docstring
from .encode import Unserialisable, encode
from .refs import Refs
from .wrappers import passed_by_position

if TYPE_CHECKING:
    from collections.abc import Callable

    from .codecs.base import TypeCodec
    from .codecs.builder import CodecBuilder


_ITERATORS = (
    collections.abc.Generator,
    collections.abc.Iterator,
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
)
_AWAITABLES = collections.abc.Awaitable, collections.abc.Coroutine


class ServedFunction:
    """One exposed function."""

    def __init__(
        self, name: str, function: Callable[..., Any], concurrency: int, codecs: CodecBuilder
    ) -> None:
        self.name = name
        self.call = function
        self.concurrency = concurrency
        self.problems: list[Problem] = []
        """Errors, which prevent it from being served, and warnings."""
        written, entry = definition(function), entry_point(function)
        self._location = source_location(written)
        self._codecs = codecs
        signature = _signature(function)
        self._doc = parse_docstring(inspect.getdoc(written), signature.parameters)
        self._scope = Scope.of_function(written)
        self._parameters = [self._parameter(parameter) for parameter in signature.parameters.values()]
        returned = self._awaited(signature.return_annotation)
        self.is_async = is_coroutine(entry)
        """Whether to call it inside an event loop, instead of only awaiting what it returns in one."""
        self.is_stream = is_generator(entry) or _items_of(returned) is not None
        """Whether it is described as a stream."""
        result = self._result_codec(signature.return_annotation, returned)
        self.prepare: Callable[[Any], Any] = result.prepare if needs_preparation(result) else _unchanged
        """Marks references and arrays in a result or an item, as the hint requires."""
        self._returns = {
            "annotation": _written(signature.return_annotation),
            "schema": standalone_schema(result, of_results=True),
            "description": self._doc.returns,
        }
        for warning in codecs.take_warnings():
            self.problems.append(Problem(*self._location, warning, severity="warning"))
        by_position = passed_by_position(signature.parameters.values(), map(_own_signature, layers(function)))
        self.bind = Binder(name, self._parameters, by_position).bind

    def _parameter(self, parameter: inspect.Parameter) -> Parameter:
        name, hint = parameter.name, parameter.annotation
        if hint is inspect.Parameter.empty:
            self._warn(f"the parameter {name!r} has no type hint; any value is accepted")
        codec = self._codec(hint, f"the hint of the parameter {name!r}")
        metadata = self._metadata(hint)
        default = parameter.default
        if (dependency := dependency_in((default, *metadata))) is not None:
            message = f"the parameter {name!r} needs a web framework to supply it: {dependency!r}"
            self._report(message, "Call the dependency inside the function, or once while the file loads.")
        declared = declared_default(default)
        if declared is not None:
            codec = ConstrainedCodec(codec, [default])
        elif default is inspect.Parameter.empty:
            declared = next(filter(None, map(declared_default, metadata)), None)
        if declared is not None:
            default = declared.value[0] if declared.value else inspect.Parameter.empty
        if isinstance(codec, FigureCodec):
            message = f"the parameter {name!r} is a figure; figures can only be returned"
            self._report(message, reference_hint(describe(hint)))
        description = self._doc.parameters.get(name, "")
        if not description and isinstance(codec, ConstrainedCodec):
            description = codec.description or ""
        if default is None and not codec.accepts(None):
            codec = UnionCodec([codec, NoneCodec()])  # a default of None implies that None is accepted
        return Parameter(name, parameter.kind, codec, default, _written(hint), description, declared)

    def _metadata(self, hint: Any) -> tuple[Any, ...]:
        try:
            return tuple(metadata_of(self._scope.resolve(hint)))
        except UnsupportedHint:
            return ()  # has already been reported

    def _awaited(self, hint: Any) -> Any:
        """The hint of the awaited value if the hint is that of an awaitable; else the hint itself."""
        try:
            hint = self._scope.resolve(hint)
        except UnsupportedHint as error:
            self._report(f"the hint of the return value is not supported: {error}", error.hint)
            return Any
        if (get_origin(hint) or hint) in _AWAITABLES:
            arguments = get_args(hint)
            return self._awaited(arguments[-1]) if arguments else Any
        return hint

    def _result_codec(self, hint: Any, returned: Any) -> TypeCodec:
        """The codec of the result; for a stream, that of its items."""
        if hint is inspect.Signature.empty:
            self._warn("the return value has no type hint")
        item = _items_of(returned, collections.abc.Iterable) if self.is_stream else None
        return self._codec(returned if item is None else item, "the hint of the return value")

    def _codec(self, hint: Any, what: str) -> TypeCodec:
        try:
            return self._codecs.build(hint, self._scope)
        except UnsupportedHint as error:
            self._report(f"{what} is not supported: {error}", error.hint)
            return AnyCodec()

    def _report(self, message: str, hint: str | None) -> None:
        self.problems.append(Problem(*self._location, f"{self.name}: {message}", hint))

    def _warn(self, message: str) -> None:
        self.problems.append(Problem(*self._location, f"{self.name}: {message}", severity="warning"))

    def describe(self) -> dict[str, Any]:
        """The function's entry in the interface description."""
        raises = [raised._asdict() for raised in self._doc.raises]
        return {
            "name": self.name,
            "description": self._doc.description,
            "parameters": [_describe_parameter(parameter) for parameter in self._parameters],
            "returns": self._returns,
            **({"raises": raises} if raises else {}),
            "async": self.is_async,
            "stream": self.is_stream,
            "concurrency": self.concurrency,
        }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "kind": parameter.kind.name.lower(),
        "annotation": parameter.annotation,
        "schema": standalone_schema(parameter.value),
        "required": parameter.required,
        "description": parameter.description,
    }
    if parameter.default is not inspect.Parameter.empty:
        try:
            # Encoded and decoded, so that it has the same form as a value that was sent.
            body, buffers = encode(parameter.default, Refs(), "default")
            if not buffers:
                described["default"] = json.loads(body)
        except Unserialisable:
            pass
        try:
            described["defaultText"] = repr(parameter.default)
        except Exception:
            described["defaultText"] = "…"
    elif not parameter.required and parameter.declared is not None:
        described["defaultText"] = parameter.declared.text
    return described


def _unchanged(value: Any) -> Any:
    return value


def _written(hint: Any) -> str:
    return "" if hint is inspect.Parameter.empty else describe(hint)


def _items_of(hint: Any, *more: type) -> Any:
    """The hint of the items if the hint is that of an iterator; else None."""
    arguments = get_args(hint)
    if (get_origin(hint) or hint) in (*_ITERATORS, *more):
        return arguments[0] if arguments else Any
    return None


def _signature(function: Callable[..., Any], *, follow_wrapped: bool = True) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib

        form = annotationlib.Format.FORWARDREF
        return inspect.signature(function, follow_wrapped=follow_wrapped, annotation_format=form)
    return inspect.signature(function, follow_wrapped=follow_wrapped)


def _own_signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of the function itself, ignoring `__wrapped__`; None if it is unknown."""
    try:
        return _signature(function, follow_wrapped=False)
    except (TypeError, ValueError):  # implemented in C, such as `functools.lru_cache`
        return None
