"""Objects that stay in the worker and travel as references."""

from __future__ import annotations

import itertools
import os
import reprlib
from typing import Any


class Ref:
    """A result that is to be sent as a reference to `value`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"expose.ref({reprlib.repr(self.value)})"


class Refs:
    """The objects that have been referred to and not freed, by id."""

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        # So that a reference from before a restart is unknown, rather than another object.
        self._suffix = os.urandom(4).hex()

    def refer(self, value: Any) -> Ref:
        return value if isinstance(value, Ref) else Ref(value)

    def keep(self, ref: Ref) -> dict[str, Any]:
        """The reference as it is sent; the object is kept until it is freed."""
        for ref_id, value in self._objects.items():
            if value is ref.value:
                return self.describe(ref_id)
        ref_id = f"r{next(self._numbers)}-{self._suffix}"
        self._objects[ref_id] = ref.value
        return self.describe(ref_id)

    def describe(self, ref_id: str) -> dict[str, Any]:
        value = self._objects[ref_id]
        return {"$seer": "ref", "id": ref_id, "type": type(value).__name__, "summary": summary(value)}

    def get(self, ref_id: str) -> Any:
        """Raises KeyError when there is no such reference."""
        return self._objects[ref_id]

    def list(self) -> list[dict[str, Any]]:
        return [self.describe(ref_id) for ref_id in list(self._objects)]

    def free(self, ref_id: str) -> bool:
        return self._objects.pop(ref_id, self) is not self


def summary(value: Any) -> str:
    """A line that tells what a referred object is."""
    try:
        dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
        if dtype is not None and shape is not None:
            return f"{str(dtype).removeprefix('torch.')} {list(shape)}"
        return reprlib.repr(value)[:200]
    except Exception:
        return type(value).__name__
