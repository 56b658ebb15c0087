"""The data of an exception that lets clients raise one that the same `except` clauses catch."""

from __future__ import annotations

import builtins
import json
from typing import Any

from ..messages import inline_buffers
from .encode import encode
from .refs import Refs
from .tracebacks import message_of, type_of

_MOST_NESTED = 20
_LARGEST = 16 * 1024
_ATTRIBUTES = {
    OSError: ("errno", "strerror", "filename", "filename2"),
    ImportError: ("name", "path"),
    NameError: ("name",),
    AttributeError: ("name",),
    SyntaxError: ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset"),
    UnicodeError: ("encoding", "object", "start", "end", "reason"),
    StopIteration: ("value",),
    SystemExit: ("code",),
}


def details_of(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """The details of an exception that its type and message do not contain."""
    details: dict[str, Any] = {}
    bases = [base.__name__ for base in _bases(type(error))]
    if bases != [type_of(error)]:
        details["bases"] = bases
    exceptions = _exceptions_in(error)
    arguments = [_sent(argument) for argument in (error.args if exceptions is None else error.args[:1])]
    if arguments != [message_of(error)]:
        details["args"] = arguments
    names = [name for kind, names in _ATTRIBUTES.items() if isinstance(error, kind) for name in names]
    values = {name: getattr(error, name, None) for name in names}
    if attributes := {name: _sent(value) for name, value in values.items() if value is not None}:
        details["attributes"] = attributes
    if depth < _MOST_NESTED:
        if (cause := error.__cause__) is not None:
            details["cause"] = _nested(cause, depth)
        if exceptions is not None:
            details["exceptions"] = [_nested(one, depth) for one in exceptions]
    return details


def _nested(error: BaseException, depth: int) -> dict[str, Any]:
    return {"type": type_of(error), "message": message_of(error), "details": details_of(error, depth + 1)}


def _bases(kind: type[BaseException]) -> list[type]:
    """The built-in base classes of an exception, without the base classes of these."""
    found: list[type] = []
    for base in kind.__mro__:
        if getattr(builtins, base.__name__, None) is base and not any(issubclass(one, base) for one in found):
            found.append(base)
    return found


def _exceptions_in(error: BaseException) -> Any:
    """The exceptions in an exception group; None for other exceptions."""
    is_group = any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__)
    return getattr(error, "exceptions", None) if is_group else None


def _sent(value: Any) -> Any:
    """A value as plain JSON; its text if it is large or cannot be sent."""
    try:
        body, buffers = encode(value, Refs())
        if len(body) + sum(map(len, buffers)) <= _LARGEST:
            return json.loads(inline_buffers(body, buffers))
    except Exception:  # encoding may run user code
        pass
    try:
        return repr(value)[:_LARGEST]
    except Exception:
        return f"<{type(value).__name__}>"
