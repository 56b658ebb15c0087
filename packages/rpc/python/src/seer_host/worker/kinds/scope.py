"""Where the names of a postponed annotation are looked up."""

from __future__ import annotations

import builtins
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, ForwardRef

from .base import UnsupportedHint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Unknown:
    """A name that exists only for type checkers. It can be written into any hint."""

    def __init__(self, name: str) -> None:
        # What recognises arrays by their names must recognise `np.ndarray` too.
        module, _, last = name.rpartition(".")
        self.__name__ = self.__qualname__ = last
        self.__module__ = _ALIASES.get(module, module) or _HOMES.get(last, "")
        self._seer_name = name

    def __getattr__(self, name: str) -> Unknown:
        if name.startswith("_") or name == "array_type":
            raise AttributeError(name)
        return Unknown(f"{self._seer_name}.{name}")

    def __getitem__(self, item: Any) -> Unknown:
        # `Float[Tensor, "batch hidden"]` is the array that it is of.
        first: Any = item[0] if isinstance(item, tuple) and item else item  # pyright: ignore[reportUnknownVariableType]
        if isinstance(first, Unknown) and first.__name__ in ("Tensor", "ndarray"):
            return first
        return self

    def __call__(self, *args: Any) -> Unknown:
        return self

    def __or__(self, other: Any) -> Any:
        return typing.Union[self, other]  # noqa: UP007 - `|` is what is being defined here

    def __ror__(self, other: Any) -> Any:
        return typing.Union[other, self]  # noqa: UP007

    def __repr__(self) -> str:
        return self._seer_name


_ALIASES = {"np": "numpy", "t": "torch", "npt": "numpy", "jnp": "jax", "numpy.typing": "numpy"}
_HOMES = {
    "Tensor": "torch",
    "ndarray": "numpy",
    "NDArray": "numpy",
    "FloatTensor": "torch",
    "LongTensor": "torch",
}


class _Names(dict[str, Any]):
    """Finds every name, if need be as an unknown one."""

    def __init__(self, *places: Mapping[str, Any]) -> None:
        super().__init__()
        self._places = places

    def __missing__(self, name: str) -> Any:
        for place in self._places:
            if name in place:
                return place[name]
        return Unknown(name)


class Scope:
    """Resolves hints as the module, the enclosing functions and the type parameters of their owner would."""

    def __init__(self, *places: Mapping[str, Any], types: Mapping[Any, Any] | None = None) -> None:
        self._places = places
        self.types: Mapping[Any, Any] = types or {}

    @classmethod
    def of_function(cls, function: Callable[..., Any]) -> Scope:
        code: Any = getattr(function, "__code__", None)
        cells: Any = getattr(function, "__closure__", None) or ()
        enclosing = dict(_filled(code.co_freevars if code else (), cells))
        parameters: dict[str, Any] = {p.__name__: p for p in getattr(function, "__type_params__", ())}
        module: dict[str, Any] = getattr(function, "__globals__", {})
        return cls(parameters, enclosing, module, vars(builtins))

    @classmethod
    def of_class(cls, owner: type) -> Scope:
        module = vars(sys.modules.get(owner.__module__, builtins))
        parameters: dict[str, Any] = {p.__name__: p for p in getattr(owner, "__type_params__", ())}
        return cls(parameters, {owner.__name__: owner}, module, vars(builtins))

    def with_types(self, parameters: tuple[Any, ...], arguments: tuple[Any, ...]) -> Scope:
        known = dict(zip(parameters, arguments))  # noqa: B905
        return Scope(*self._places, types={**self.types, **known}) if known else self

    def resolve(self, hint: Any) -> Any:
        """The hint itself, where it is written as text."""
        for _ in range(10):
            if isinstance(hint, ForwardRef):
                hint = hint.__forward_arg__
            if not isinstance(hint, str):
                return hint
            try:
                # Only the user's own annotations come here, as Python itself would evaluate them.
                hint = eval(hint, {}, _Names(*self._places))
            except Exception as error:
                raise UnsupportedHint(f"{hint} ({error})") from None
        return hint

    @staticmethod
    def is_unknown(hint: Any) -> bool:
        return isinstance(hint, (Unknown, types.ModuleType))


def _filled(names: tuple[str, ...], cells: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(names, cells):  # noqa: B905
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
