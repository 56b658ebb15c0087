"""Calls Python functions that a Seer sandbox serves, with the standard library only."""

from .arrays import Array, NDArray, to_array
from .client import Client
from .errors import RemoteError
from .library import Caller, default, find_endpoint
from .values import Picture, Ref

__all__ = [
    "Array",
    "Caller",
    "Client",
    "NDArray",
    "Picture",
    "Ref",
    "RemoteError",
    "default",
    "find_endpoint",
    "to_array",
]
