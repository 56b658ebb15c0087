"""The named fields of dataclass, named tuple and attrs objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast


def fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of a dataclass, named tuple or attrs class; None for any other object."""
    if isinstance(value, (Mapping, type)):
        return None  # some libraries have mappings that are also dataclasses
    cls: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if dataclasses.is_dataclass(cls):
        # A field with `init=False` may be unset.
        names = [field.name for field in dataclasses.fields(cls) if hasattr(value, field.name)]
        return {name: getattr(value, name) for name in names}
    elements = getattr(cls, "_fields", None)
    if elements is not None and isinstance(value, tuple):
        return dict(zip(elements, cast("tuple[Any, ...]", value)))  # noqa: B905
    attributes: Any = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        return {attribute.name: getattr(value, attribute.name) for attribute in attributes}
    return None
