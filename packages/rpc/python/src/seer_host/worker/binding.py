"""Checks and converts the arguments that a caller sent."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import RpcError
from .kinds.base import WrongValue, brief, is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .kinds.base import Kind

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL_OR_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD


class Parameter(NamedTuple):
    """A parameter of an exposed function."""

    name: str
    kind: Any
    value: Kind
    default: Any
    annotation: str
    description: str

    @property
    def required(self) -> bool:
        absent = self.default is inspect.Parameter.empty
        return absent and self.kind not in (_VAR_POSITIONAL, _VAR_KEYWORD)


class Binder:
    """The parameters of one function, and how arguments become theirs."""

    def __init__(self, function: str, parameters: Iterable[Parameter]) -> None:
        self._function = function
        self._parameters = list(parameters)
        self._positional = [
            p for p in self._parameters if p.kind in (_POSITIONAL_ONLY, _POSITIONAL_OR_KEYWORD)
        ]
        self._rest = next((p for p in self._parameters if p.kind is _VAR_POSITIONAL), None)
        self._extra = next((p for p in self._parameters if p.kind is _VAR_KEYWORD), None)
        self._required = [p.name for p in self._parameters if p.required]
        self._converters = {p.name: p.value.convert for p in self._parameters}
        # Most functions can be called with everything by name.
        self._by_name = all(p.kind in (_POSITIONAL_OR_KEYWORD, _KEYWORD_ONLY) for p in self._parameters)

    def bind(self, arguments: Any) -> tuple[list[Any], dict[str, Any]]:
        """What to call the function with; raises the error that names what is wrong."""
        if is_dict(arguments):
            return ([], self._bind_names(arguments)) if self._by_name else self._bind_mixed(arguments)
        if is_list(arguments):
            return self._bind_positions(arguments), {}
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
        return named

    def _bind_positions(self, given: list[Any]) -> list[Any]:
        count = len(self._positional)
        if len(given) > count and self._rest is None:
            takes = f"{count} positional argument{'' if count == 1 else 's'}"
            raise self._error(f"it takes {takes}, and {len(given)} were given")
        bound = {p.name for p in self._positional[: len(given)]}
        for name in self._required:
            if name not in bound:
                raise self._missing(name)
        pairs = zip(self._positional, given)  # noqa: B905
        values = [self._convert(p.value.convert, value, p.name) for p, value in pairs]
        return values + self._bind_rest(given[count:])

    def _bind_mixed(self, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments by name for a function with positional-only parameters, `*args` or `**kwargs`."""
        left = dict(given)
        rest: Any = left.pop(self._rest.name, []) if self._rest is not None else []
        if not is_list(rest):
            assert self._rest is not None
            raise self._wrong(WrongValue(self._rest.name, rest, "a list"), self._rest.name)
        values: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in self._parameters:
            if parameter.kind in (_VAR_POSITIONAL, _VAR_KEYWORD):
                continue
            # What comes before *args must go by position as soon as there is something in *args.
            by_position = parameter.kind is _POSITIONAL_ONLY or (
                bool(rest) and parameter.kind is _POSITIONAL_OR_KEYWORD
            )
            if parameter.name in left:
                value = self._convert(parameter.value.convert, left.pop(parameter.name), parameter.name)
            elif parameter.required:
                raise self._missing(parameter.name)
            elif by_position:
                value = parameter.default
            else:
                continue
            if by_position:
                values.append(value)
            else:
                named[parameter.name] = value
        return values + self._bind_rest(rest), named | self._bind_extra(left)

    def _bind_rest(self, given: list[Any]) -> list[Any]:
        rest = self._rest
        if rest is None:
            return []
        return [self._convert(rest.value.convert, item, f"{rest.name}[{i}]") for i, item in enumerate(given)]

    def _bind_extra(self, left: dict[Any, Any]) -> dict[str, Any]:
        extra = self._extra
        if extra is None:
            if left:
                raise self._unexpected(next(iter(left)))
            return {}
        # Either each under its own name, or all in an object under the parameter's.
        together = left.get(extra.name)
        if is_dict(together):
            del left[extra.name]
            left |= together
        for name in left:
            if not isinstance(name, str):
                raise self._unexpected(name)
        return {name: self._convert(extra.value.convert, value, name) for name, value in left.items()}

    def _convert(self, convert: Callable[[Any, str], Any], value: Any, where: str) -> Any:
        try:
            return convert(value, where)
        except WrongValue as error:
            raise self._wrong(error, where) from None

    def _wrong(self, error: WrongValue, where: str) -> RpcError:
        return self._error(str(error), where.partition("[")[0])

    def _missing(self, name: str) -> RpcError:
        return self._error(f"the argument {name!r} is missing", name)

    def _unexpected(self, name: Any) -> RpcError:
        # A mapping on the wire may have any keys, and the arguments are one.
        takes = ", ".join(p.name for p in self._parameters) or "nothing"
        return self._error(f"there is no parameter {brief(name)}; it takes {takes}", str(name))

    def _error(self, message: str, parameter: str | None = None) -> RpcError:
        details = {"function": self._function}
        if parameter is not None:
            details["parameter"] = parameter
        return RpcError("invalid-arguments", f"{self._function}: {message}", details=details)
