"""The exceptions of failed calls, which `except` clauses for the function itself also catch."""

from __future__ import annotations

import builtins
import contextlib
import functools
from typing import Any, cast

# The exceptions that Python itself would raise. For a wrong argument that is a TypeError or a ValueError; the
# sandbox does not distinguish these.
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

    If the function raised one of Python's built-in exceptions, or a subclass, this is an instance of the
    built-in class too, with its arguments and attributes: `except ValueError` and `error.errno` work.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        self.code: str = error.get("code") or "exception"
        """The kind of error: `exception` if the function raised one, or for example `worker-died`."""
        self.type: str = error.get("type") or ""
        """The Python class of the exception."""
        # The message of an exception group cannot be set.
        with contextlib.suppress(AttributeError):
            self.message: str = error.get("message") or ""
        self.traceback: str = error.get("traceback") or ""
        """The traceback in the sandbox."""
        self.hint: str = error.get("hint") or ""
        self.details: dict[str, Any] = error.get("details") or {}
        self._error = error
        if self.code == "exception" and not _is_group(type(self)):
            self.args = tuple(self.details.get("args", (self.message,)))
        for name, value in self.details.get("attributes", {}).items():
            with contextlib.suppress(AttributeError, TypeError):
                setattr(self, name, value)

    def __str__(self) -> str:
        message = self._error.get("message") or ""
        text = f"{message}\n{self.hint}" if self.hint else message
        named = self.code == "exception" and type(self) is RemoteError
        return f"{self.type}: {text}" if named and self.type else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> Any:
        return remote_error, (self._error,)


class RemoteTraceback(Exception):
    """The first cause of a RemoteError: the traceback in the sandbox."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def remote_error(error: dict[str, Any]) -> RemoteError:
    """Creates the exception for an error that the sandbox sent."""
    details: dict[str, Any] = error.get("details") or {}
    if error.get("code") == "exception":
        name = error.get("type") or ""
        kind = _raised(name, tuple(details.get("bases") or [name]))
    else:
        kind = _refused(error.get("code") or "")
    exception = kind(error)
    last: BaseException = exception
    if (cause := details.get("cause")) is not None:
        last = exception.__cause__ = remote_error({"code": "exception", **cause})
        while last.__cause__ is not None:
            last = last.__cause__
    if exception.traceback:
        last.__cause__ = RemoteTraceback(exception.traceback)
    return exception


@functools.cache
def _raised(name: str, bases: tuple[str, ...]) -> type[RemoteError]:
    found: list[type[Exception]] = []
    for base in bases:
        kind = getattr(builtins, "ExceptionGroup" if base == "BaseExceptionGroup" else base, None)
        # The last two control loops and generators: raised from a call, they would silently end the caller's.
        if (
            isinstance(kind, type)
            and issubclass(kind, Exception)
            and (kind is not Exception or name == "Exception")
            and not issubclass(kind, (StopIteration, StopAsyncIteration))
        ):
            found.append(kind)
    return _combine(name.rpartition(".")[2], tuple(found)) if found else RemoteError


@functools.cache
def _refused(code: str) -> type[RemoteError]:
    return _combine("RemoteError", _BASES[code]) if code in _BASES else RemoteError


def _combine(name: str, bases: tuple[type[Exception], ...]) -> type[RemoteError]:
    members: dict[str, Any] = {"__module__": RemoteError.__module__, "__doc__": RemoteError.__doc__}
    if any(map(_is_group, bases)):
        members["__new__"] = _new_group
    try:
        return type(name, (RemoteError, *bases), members)
    except TypeError:  # bases with incompatible layouts, such as OSError and SyntaxError
        return _combine(name, bases[:1]) if len(bases) > 1 else RemoteError


def _is_group(kind: type) -> bool:
    return any(base.__name__ == "BaseExceptionGroup" for base in kind.__mro__)


def _new_group(kind: Any, error: dict[str, Any]) -> Any:
    details: dict[str, Any] = error.get("details") or {}
    sent = cast("list[dict[str, Any]]", details.get("exceptions") or [])
    message = next(iter(details.get("args") or ()), error.get("message"))
    exceptions = [remote_error({"code": "exception", **one}) for one in sent]
    group: Any = getattr(builtins, "ExceptionGroup")  # noqa: B009 - exists from Python 3.11 on
    return group.__new__(kind, str(message), exceptions or [RemoteError(error)])
