"""Checks and converts the arguments that a caller sent."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import RpcError
from .codecs.base import ConversionError, is_dict, is_list, short_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from .codecs.base import TypeCodec
    from .defaults import DeclaredDefault

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL_OR_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD


class Parameter(NamedTuple):
    """A parameter of an exposed function."""

    name: str
    kind: Any
    value: TypeCodec
    default: Any
    annotation: str
    description: str
    declared: DeclaredDefault | None = None
    """The default, if it is inside a declaration that must not be passed to the function."""

    @property
    def required(self) -> bool:
        if self.declared is not None:
            return self.declared.make is None
        absent = self.default is inspect.Parameter.empty
        return absent and self.kind not in (_VAR_POSITIONAL, _VAR_KEYWORD)


class Binder:
    """Binds arguments to the parameters of one function."""

    def __init__(self, function: str, parameters: Iterable[Parameter], by_position: Container[str]) -> None:
        self._function = function
        self._parameters = list(parameters)
        self._by_position = by_position
        self._positional = [
            p for p in self._parameters if p.kind in (_POSITIONAL_ONLY, _POSITIONAL_OR_KEYWORD)
        ]
        self._rest = next((p for p in self._parameters if p.kind is _VAR_POSITIONAL), None)
        self._extra = next((p for p in self._parameters if p.kind is _VAR_KEYWORD), None)
        self._required = [p.name for p in self._parameters if p.required]
        self._converters = {p.name: p.value.convert for p in self._parameters}
        self._makers = [(p.name, p.declared.make) for p in self._parameters if p.declared and p.declared.make]
        # Most functions accept all arguments by name.
        self._by_name = all(
            p.kind in (_POSITIONAL_OR_KEYWORD, _KEYWORD_ONLY) and p.name not in by_position
            for p in self._parameters
        )

    def bind(self, arguments: Any) -> tuple[list[Any], dict[str, Any]]:
        """The positional and keyword arguments of the call; raises RpcError `invalid-arguments`."""
        if is_dict(arguments):
            return ([], self._bind_names(arguments)) if self._by_name else self._bind_mixed(arguments)
        if is_list(arguments):
            return self._bind_positions(arguments)
        raise self._error("the arguments must be an object of arguments by name, or an array of them")

    def _bind_names(self, given: dict[str, Any]) -> dict[str, Any]:
        converters = self._converters
        named: dict[str, Any] = {}
        for name, value in given.items():
            convert = converters.get(name)
            if convert is None:
                raise self._unexpected(name)
            named[name] = self._convert(convert, value, name)
        for name in self._required:
            if name not in named:
                raise self._missing(name)
        for name, make in self._makers:
            if name not in named:
                named[name] = make()
        return named

    def _bind_positions(self, given: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        count = len(self._positional)
        if len(given) > count and self._rest is None:
            takes = f"{count} positional argument{'' if count == 1 else 's'}"
            raise self._error(f"it takes {takes}, and {len(given)} were given")
        bound = {p.name for p in self._positional[: len(given)]}
        for name in self._required:
            if name not in bound:
                raise self._missing(name)
        pairs = zip(self._positional, given)  # noqa: B905
        if self._makers:
            named = {p.name: value for p, value in pairs}
            rest = {} if self._rest is None else {self._rest.name: given[count:]}
            return self._bind_mixed(named | rest)
        values = [self._convert(p.value.convert, value, p.name) for p, value in pairs]
        return values + self._bind_rest(given[count:]), {}

    def _bind_mixed(self, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Binds arguments by name for a function that takes some by position, `*args` or `**kwargs`."""
        remaining = dict(given)
        rest: Any = remaining.pop(self._rest.name, []) if self._rest is not None else []
        if not is_list(rest):
            assert self._rest is not None
            raise self._wrong(ConversionError(self._rest.name, rest, "a list"), self._rest.name)
        values: list[Any] = []
        defaults: list[Any] = []  # needed only where a later argument is passed by position
        named: dict[str, Any] = {}
        for parameter in self._parameters:
            if parameter.kind in (_VAR_POSITIONAL, _VAR_KEYWORD):
                continue
            # If there are values for *args, the parameters before it must be passed by position.
            by_position = parameter.name in self._by_position or (
                bool(rest) and parameter.kind is _POSITIONAL_OR_KEYWORD
            )
            if parameter.name in remaining:
                value = self._convert(parameter.value.convert, remaining.pop(parameter.name), parameter.name)
            elif parameter.required:
                raise self._missing(parameter.name)
            elif parameter.declared is not None and parameter.declared.make is not None:
                value = parameter.declared.make()
            else:
                if by_position:
                    defaults.append(parameter.default)
                continue
            if by_position:
                values += [*defaults, value]
                defaults.clear()
            else:
                named[parameter.name] = value
        if rest:
            values += defaults
        return values + self._bind_rest(rest), named | self._bind_extra(remaining)

    def _bind_rest(self, given: list[Any]) -> list[Any]:
        rest = self._rest
        if rest is None:
            return []
        return [self._convert(rest.value.convert, item, f"{rest.name}[{i}]") for i, item in enumerate(given)]

    def _bind_extra(self, remaining: dict[Any, Any]) -> dict[str, Any]:
        extra = self._extra
        if extra is None:
            if remaining:
                raise self._unexpected(next(iter(remaining)))
            return {}
        # Callers pass them by name, or together in one object under the name of the parameter.
        together = remaining.get(extra.name)
        if is_dict(together):
            del remaining[extra.name]
            remaining |= together
        for name in remaining:
            if not isinstance(name, str):
                raise self._unexpected(name)
        return {name: self._convert(extra.value.convert, value, name) for name, value in remaining.items()}

    def _convert(self, convert: Callable[[Any, str], Any], value: Any, where: str) -> Any:
        try:
            return convert(value, where)
        except ConversionError as error:
            raise self._wrong(error, where) from None

    def _wrong(self, error: ConversionError, where: str) -> RpcError:
        return self._error(str(error), where.partition("[")[0])

    def _missing(self, name: str) -> RpcError:
        return self._error(f"the argument {name!r} is missing", name)

    def _unexpected(self, name: Any) -> RpcError:
        # Names in the request may be of any type.
        takes = ", ".join(p.name for p in self._parameters) or "nothing"
        return self._error(f"there is no parameter {short_repr(name)}; it takes {takes}", str(name))

    def _error(self, message: str, parameter: str | None = None) -> RpcError:
        details = {"function": self._function}
        if parameter is not None:
            details["parameter"] = parameter
        return RpcError("invalid-arguments", f"{self._function}: {message}", details=details)
