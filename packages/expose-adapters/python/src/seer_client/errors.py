"""What goes wrong with a call, as exceptions that `except` clauses written for the function itself catch."""

from __future__ import annotations

import builtins
import functools
from typing import Any

# What Python itself would raise. Of a wrong type it makes a TypeError and of a wrong value a ValueError; the
# sandbox does not tell which of the two it is.
_BASES: dict[str, tuple[type[Exception], ...]] = {
    "invalid-arguments": (TypeError, ValueError),
    "unserialisable": (TypeError,),
    "unknown-function": (AttributeError,),
    "deadline": (TimeoutError,),
    "unauthorised": (PermissionError,),
    "forbidden": (PermissionError,),
    "unreachable": (ConnectionError,),
    "call-lost": (ConnectionError,),
}


class RemoteError(Exception):
    """A call failed in the sandbox.

    When the function raised one of Python's built-in exceptions this is an instance of that too, so that
    `except ValueError` works.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        self.code: str = error.get("code") or "exception"
        """What happened: `exception` when the function raised, else such as `worker-died`."""
        self.type: str = error.get("type") or ""
        """The Python class of what the function raised."""
        self.message: str = error.get("message") or ""
        self.traceback: str = error.get("traceback") or ""
        """The traceback in the sandbox."""
        self.hint: str = error.get("hint") or ""
        self.details: dict[str, Any] = error.get("details") or {}
        # The arguments are what pickle and copy make it from again.
        self.args = (error,)

    def __str__(self) -> str:
        text = f"{self.message}\n{self.hint}" if self.hint else self.message
        named = self.code == "exception" and type(self) is RemoteError
        return f"{self.type}: {text}" if named and self.type else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> Any:
        return remote_error, self.args


class RemoteTraceback(Exception):
    """The cause of a RemoteError: what Python printed in the sandbox."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def remote_error(error: dict[str, Any]) -> RemoteError:
    """Makes the exception for an error that the sandbox sent."""
    name = error.get("type") or ""
    kind = _raised(name) if error.get("code") == "exception" else _refused(error.get("code") or "")
    exception = kind(error)
    if exception.traceback:
        exception.__cause__ = RemoteTraceback(exception.traceback)
    return exception


@functools.cache
def _raised(name: str) -> type[RemoteError]:
    base = getattr(builtins, name, None)
    if not isinstance(base, type) or not issubclass(base, Exception):
        return RemoteError
    # These two steer loops and generators: raised out of a call, they would end the caller's silently.
    if issubclass(base, (StopIteration, StopAsyncIteration)):
        return RemoteError
    return _combine(name, (base,))


@functools.cache
def _refused(code: str) -> type[RemoteError]:
    return _combine("RemoteError", _BASES[code]) if code in _BASES else RemoteError


def _combine(name: str, bases: tuple[type[Exception], ...]) -> type[RemoteError]:
    try:
        kind = type(
            name,
            (RemoteError, *bases),
            {"__module__": RemoteError.__module__, "__doc__": RemoteError.__doc__},
        )
        kind({})
    except TypeError:  # Exception groups are made of exceptions, which did not travel.
        return RemoteError
    return kind
