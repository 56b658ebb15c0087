"""Kinds for arrays, whose libraries are recognised by name and never imported for it."""

from __future__ import annotations

from typing import Any, Literal

from .. import arrays
from .base import Definitions, Kind, Schema, WrongValue, attempt

Library = Literal["ndarray", "tensor"]


class ArrayKind(Kind):
    """A numpy array or a torch tensor: sent as a buffer, or as nested lists."""

    def __init__(self, library: Library) -> None:
        self._library: Library = library
        self.text = "an array, or nested lists of numbers"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "array", "x-python": self._library}

    def accepts(self, value: Any) -> bool:
        return arrays.is_ndarray(value) if self._library == "ndarray" else arrays.is_tensor(value)

    def convert(self, value: Any, where: str) -> Any:
        known = isinstance(value, (list, int, float, complex))
        if not (known or arrays.is_ndarray(value) or arrays.is_tensor(value)):
            raise WrongValue(where, value, self.text)
        make = arrays.to_ndarray if self._library == "ndarray" else arrays.to_tensor
        return attempt(lambda: make(value), where, value, self.text)


class RefKind(Kind):
    """An object that stays in the worker."""

    def __init__(self, target: Any) -> None:
        self._target = target if isinstance(target, type) else None
        self._name = getattr(target, "__name__", "object")
        self.text = f"a reference to a {self._name}"

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "object", "title": self._name, "x-python": "ref"}

    def accepts(self, value: Any) -> bool:
        return self._target is not None and isinstance(value, self._target)

    def convert(self, value: Any, where: str) -> Any:
        if self._target is None or isinstance(value, self._target):
            return value
        raise WrongValue(where, value, self.text)
