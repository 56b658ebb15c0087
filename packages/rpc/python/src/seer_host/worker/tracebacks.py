"""Formats exceptions for the author of the interface file, without the host's own frames."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_HOST = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MAX = 128 * 1024


def format_exception(error: BaseException) -> str:
    """The traceback of an exception and its causes, without the host's own frames."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _without_host(one.__traceback__)
        pending += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException as broken:  # an exception whose own __str__ or __repr__ fails
        text = f"{type(error).__name__} (which could not be printed: {type(broken).__name__})\n"
    return _shortened(text)


def message_of(error: BaseException) -> str:
    try:
        return _shortened(str(error))
    except BaseException as broken:
        return f"(its message could not be made: {type(broken).__name__})"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX else text[: _MAX // 2] + "\n…\n" + text[-_MAX // 2 :]


def type_of(error: BaseException) -> str:
    """`ValueError` for built-in exceptions, `package.module.Error` for others."""
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _without_host(at: TracebackType | None) -> TracebackType | None:
    first: TracebackType | None = None
    last: TracebackType | None = None
    while at is not None:
        following = at.tb_next
        if not at.tb_frame.f_code.co_filename.startswith(_HOST):
            if last is None:
                first = at
            else:
                last.tb_next = at
            last = at
        at = following
    if last is not None:
        last.tb_next = None
    return first
