"""Tells hints apart by their names, where what they name may not be importable."""

from __future__ import annotations

import collections.abc
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from .scope import Scope

_STREAMS = frozenset(
    (
        collections.abc.Generator,
        collections.abc.Iterator,
        collections.abc.AsyncGenerator,
        collections.abc.AsyncIterator,
        collections.abc.AsyncIterable,
    )
)


def array_library(hint: Any) -> Literal["ndarray", "tensor"] | None:
    """Recognises an array's hint by its name: numpy, numpy.typing, torch, jaxtyping, jax."""
    target = get_origin(hint) or hint
    module = str(getattr(target, "__module__", ""))
    name = name_of(target)
    whole = f"{module}.{name}"
    if hasattr(hint, "array_type"):  # jaxtyping
        return array_library(hint.array_type)
    if whole in ("torch.Tensor", "torch.nn.parameter.Parameter") or (
        module.startswith("torch") and name.endswith("Tensor")
    ):
        return "tensor"
    if name in ("ndarray", "NDArray", "ArrayLike", "Array") and module.split(".")[0] in (
        "numpy",
        "jax",
        "jaxlib",
    ):
        return "ndarray"
    if isinstance(target, type) and any(
        f"{c.__module__}.{c.__name__}" == "numpy.generic" for c in target.__mro__
    ):
        return "ndarray"
    return None


def stream_item(hint: Any, scope: Scope) -> Any:
    """The hint of a generator's items, when a return hint is that of a stream."""
    hint = scope.resolve(hint)
    if get_origin(hint) in _STREAMS:
        args = get_args(hint)
        return args[0] if args else Any
    if isinstance(hint, type) and hint in _STREAMS:
        return Any
    return None


def describe(hint: Any) -> str:
    """A hint as its author would write it."""
    if isinstance(hint, str):
        # A quoted hint under postponed annotations is quoted twice.
        return hint[1:-1] if hint[:1] in ("'", '"') and hint[-1:] == hint[:1] else hint
    if hint is None or hint is type(None):
        return "None"
    if isinstance(hint, type) and get_origin(hint) is None:
        return hint.__qualname__ if hint.__module__ in ("builtins", "__main__") else _dotted(hint)
    return str(hint).replace("typing.", "").replace("__main__.", "")


def _dotted(hint: type) -> str:
    return f"{hint.__module__}.{hint.__qualname__}"


def name_of(hint: Any) -> str:
    return str(getattr(hint, "__name__", None) or getattr(hint, "_name", None) or "")
