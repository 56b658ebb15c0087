"""Describes exceptions of a cell, without Seer's own frames."""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any, TypedDict

from seer_session.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTERNAL = re.compile(r"[\\/](seer_host|seer_session)[\\/]")
_ASYNCIO = os.path.join(os.path.dirname(os.__file__), "asyncio") + os.sep


class CellError(TypedDict):
    """The exception that ended a cell."""

    type: str
    message: str
    traceback: str


def describe_error(error: BaseException, interruption: type[BaseException] | None = None) -> CellError:
    """Describe the exception that ended a cell.

    `interruption` is the class of the host's exception, if the host has interrupted the cell.
    """
    if interruption is not None and isinstance(error, (interruption, *_cancellation())):
        # Shown as Python shows Ctrl-C.
        error = KeyboardInterrupt().with_traceback(error.__traceback__)
    return {
        "type": type(error).__name__,
        "message": clean(_message(error)),
        "traceback": clean(_format(error, interruption or ())),
    }


def _cancellation() -> tuple[type[BaseException], ...]:
    """Return the exception that interrupts a coroutine, as a tuple."""
    asyncio: Any = sys.modules.get("asyncio")
    return () if asyncio is None else (asyncio.CancelledError,)


def _format(error: BaseException, hidden: type[BaseException] | tuple[()]) -> str:
    try:
        whole = traceback.TracebackException(type(error), error, error.__traceback__)
        pending = [(whole, error)]
        while pending:
            formatted, raised = pending.pop()
            formatted.stack[:] = _user_frames(formatted.stack)
            if isinstance(raised.__cause__, hidden):
                formatted.__cause__ = None
            if isinstance(raised.__context__, hidden):
                formatted.__context__ = None
            pending += _linked(formatted, raised)
        return "".join(whole.format())
    except Exception:  # attributes of a user's exception class may raise anything
        frames = _user_frames(traceback.extract_tb(error.__traceback__))
        stack = "".join(traceback.format_list(frames))
        return f"Traceback (most recent call last):\n{stack}{type(error).__name__}: {_message(error)}\n"


def _linked(
    formatted: traceback.TracebackException, raised: BaseException
) -> Iterator[tuple[traceback.TracebackException, BaseException]]:
    """Yield the exceptions that the traceback shows too: cause, context, members of a group."""
    shown = [formatted.__cause__, formatted.__context__, *(getattr(formatted, "exceptions", None) or ())]
    exceptions = [raised.__cause__, raised.__context__, *getattr(raised, "exceptions", ())]
    for one, exception in zip(shown, exceptions, strict=False):
        if one is not None and exception is not None:
            yield one, exception


def _user_frames(stack: traceback.StackSummary) -> list[traceback.FrameSummary]:
    """Remove the frames before the cell, and all frames of Seer."""
    frames = list(stack)
    while frames and (_is_internal(frames[0]) or frames[0].filename.startswith(_ASYNCIO)):
        del frames[0]
    return [frame for frame in frames if not _is_internal(frame)]


def _is_internal(frame: traceback.FrameSummary) -> bool:
    return _INTERNAL.search(frame.filename) is not None


def _message(error: BaseException) -> str:
    # The text of a SyntaxError repeats the position, which the traceback shows.
    message = error.msg if isinstance(error, SyntaxError) else error
    try:
        return str(message)
    except Exception as failure:
        return f"<its __str__ raised {type(failure).__name__}>"
