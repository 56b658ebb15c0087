"""Calls Python functions that a Seer sandbox serves; the standard library is all it needs."""

from .arrays import Array, NDArray, to_array
from .client import Client
from .errors import RemoteError
from .library import Caller, default, find_endpoint
from .values import Ref

__all__ = [
    "Array",
    "Caller",
    "Client",
    "NDArray",
    "Ref",
    "RemoteError",
    "default",
    "find_endpoint",
    "to_array",
]
