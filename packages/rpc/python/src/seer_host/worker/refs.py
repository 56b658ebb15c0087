"""Objects that stay in the worker and travel as references."""

from __future__ import annotations

import itertools
import os
import reprlib
from typing import Any


class Ref:
    """A result to send as a reference to `value`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"expose.ref({reprlib.repr(self.value)})"


class Refs:
    """Referenced objects by id, until they are freed."""

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        # Makes IDs unique across restarts, so that an old reference does not find another object.
        self._suffix = os.urandom(4).hex()

    def refer(self, value: Any) -> Ref:
        return value if isinstance(value, Ref) else Ref(value)

    def store(self, ref: Ref) -> dict[str, Any]:
        """Stores the object and returns the reference to send."""
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
        """Raises KeyError if there is no such reference."""
        return self._objects[ref_id]

    def list(self) -> list[dict[str, Any]]:
        return [self.describe(ref_id) for ref_id in list(self._objects)]

    def free(self, ref_id: str) -> bool:
        return self._objects.pop(ref_id, self) is not self


def summary(value: Any) -> str:
    """Describes a referenced object in one line."""
    try:
        dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
        if dtype is not None and shape is not None:
            return f"{str(dtype).removeprefix('torch.')} {list(shape)}"
        return reprlib.repr(value)[:200]
    except Exception:
        return type(value).__name__
