"""Recognises hints by name, because their modules may not be importable."""

from __future__ import annotations

from typing import Any, Literal, get_origin


def array_library(hint: Any) -> Literal["ndarray", "tensor"] | None:
    """The library of an array hint, from numpy, numpy.typing, torch, jaxtyping or jax; else None."""
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
    return None


def numpy_scalar(hint: Any) -> type | None:
    """The Python type of a numpy scalar class; `object` if it has none, None for other hints."""
    names = {f"{c.__module__}.{c.__name__}" for c in getattr(hint, "__mro__", ())}
    if "numpy.generic" not in names:
        return None
    return next((python for name, python in _NUMPY_SCALARS.items() if name in names), object)


_NUMPY_SCALARS = {
    "numpy.bool": bool,
    "numpy.bool_": bool,
    "numpy.integer": int,
    "numpy.floating": float,
    "numpy.complexfloating": complex,
    "numpy.str_": str,
}


def picture_class(hint: type) -> Literal["image", "figure"] | None:
    """Recognises the classes that are sent as pictures, and their subclasses."""
    names = {f"{c.__module__}.{c.__qualname__}" for c in hint.__mro__}
    if "PIL.Image.Image" in names:
        return "image"
    return "figure" if "matplotlib.figure.Figure" in names else None


def describe(hint: Any) -> str:
    """A hint in the form in which an author writes it."""
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
