"""Resolves the names in postponed annotations."""

from __future__ import annotations

import builtins
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, ForwardRef

from .base import UnsupportedHint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


class UnresolvedName:
    """A placeholder in hints for a name that exists only for type checkers."""

    def __init__(self, name: str) -> None:
        # These attributes allow recognising `np.ndarray` and the like by name.
        module, _, last = name.rpartition(".")
        self.__name__ = self.__qualname__ = last
        self.__module__ = _MODULE_ALIASES.get(module, module) or _DEFAULT_MODULES.get(last, "")
        self._seer_name = name

    def __getattr__(self, name: str) -> UnresolvedName:
        if name.startswith("_") or name == "array_type":
            raise AttributeError(name)
        return UnresolvedName(f"{self._seer_name}.{name}")

    def __getitem__(self, item: Any) -> UnresolvedName:
        # `Float[Tensor, "batch hidden"]` counts as `Tensor`.
        first: Any = item[0] if isinstance(item, tuple) and item else item  # pyright: ignore[reportUnknownVariableType]
        if isinstance(first, UnresolvedName) and first.__name__ in ("Tensor", "ndarray"):
            return first
        return self

    def __call__(self, *args: Any) -> UnresolvedName:
        return self

    def __or__(self, other: Any) -> Any:
        return typing.Union[self, other]  # noqa: UP007 - this defines `|`

    def __ror__(self, other: Any) -> Any:
        return typing.Union[other, self]  # noqa: UP007

    def __repr__(self) -> str:
        return self._seer_name


_MODULE_ALIASES = {"np": "numpy", "t": "torch", "npt": "numpy", "jnp": "jax", "numpy.typing": "numpy"}
_DEFAULT_MODULES = {
    "Tensor": "torch",
    "ndarray": "numpy",
    "NDArray": "numpy",
    "FloatTensor": "torch",
    "LongTensor": "torch",
}


class _Names(dict[str, Any]):
    """Looks up names in several namespaces; unknown names become an UnresolvedName."""

    def __init__(self, *namespaces: Mapping[str, Any]) -> None:
        super().__init__()
        self._namespaces = namespaces

    def __missing__(self, name: str) -> Any:
        for namespace in self._namespaces:
            if name in namespace:
                return namespace[name]
        return UnresolvedName(name)


class Scope:
    """The namespaces of a hint, and the arguments for its type parameters."""

    def __init__(
        self, *namespaces: Mapping[str, Any], owner: str = "", types: Mapping[Any, Any] | None = None
    ) -> None:
        self._namespaces = namespaces
        self.owner = owner
        """The name of the function or class that contains the hint, for messages."""
        self.types: Mapping[Any, Any] = types or {}

    @classmethod
    def of_function(cls, function: Callable[..., Any]) -> Scope:
        code: Any = getattr(function, "__code__", None)
        cells: Any = getattr(function, "__closure__", None) or ()
        enclosing = dict(_filled(code.co_freevars if code else (), cells))
        module: dict[str, Any] = getattr(function, "__globals__", {})
        name = getattr(function, "__name__", "")
        return cls(_type_parameters(function), enclosing, module, vars(builtins), owner=name)

    @classmethod
    def of_class(cls, owner: type) -> Scope:
        # Only nested classes: a default value may have the same name as a type.
        nested = {name: value for name, value in vars(owner).items() if isinstance(value, type)}
        namespaces = _type_parameters(owner), {owner.__name__: owner}, nested
        return cls(*namespaces, _module(owner.__module__), vars(builtins), owner=owner.__name__)

    @classmethod
    def of_alias(cls, alias: Any) -> Scope:
        """The scope of a type alias, a `NewType` or a type variable."""
        return cls(_type_parameters(alias), _module(alias.__module__), vars(builtins), owner=alias.__name__)

    def with_types(self, parameters: Sequence[Any], arguments: Sequence[Any]) -> Scope:
        known = dict(zip(parameters, arguments))  # noqa: B905
        return Scope(*self._namespaces, owner=self.owner, types={**self.types, **known}) if known else self

    def resolve(self, hint: Any) -> Any:
        """Evaluates a hint that is written as text."""
        namespaces = self._namespaces
        for _ in range(10):
            if isinstance(hint, ForwardRef):
                # A derived TypedDict has copies of its bases' hints, which contain the name of their module.
                module = getattr(hint, "__forward_module__", None)
                if module is not None:
                    names = vars(module) if isinstance(module, types.ModuleType) else _module(module)
                    namespaces = names, *namespaces
                hint = hint.__forward_arg__
            if not isinstance(hint, str):
                return hint
            try:
                # Evaluates only the user's own annotations, as Python itself would.
                hint = eval(hint, {}, _Names(*namespaces))
            except Exception as error:
                raise UnsupportedHint(f"{hint} ({error})") from None
        return hint

    @staticmethod
    def is_unresolved(hint: Any) -> bool:
        return isinstance(hint, (UnresolvedName, types.ModuleType))


def _module(name: str | None) -> dict[str, Any]:
    return vars(sys.modules.get(name or "", builtins))


def _type_parameters(owner: Any) -> dict[str, Any]:
    return {parameter.__name__: parameter for parameter in getattr(owner, "__type_params__", ())}


def _filled(names: tuple[str, ...], cells: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(names, cells):  # noqa: B905
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
