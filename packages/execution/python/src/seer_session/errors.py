"""Errors of a cell, as its author should see them."""

from __future__ import annotations

import traceback
from typing import TypedDict


class CellError(TypedDict):
    """An exception that ended a cell."""

    type: str
    message: str
    traceback: str


def describe_error(error: BaseException, filename: str) -> CellError:
    """Describe an exception without the frames that led to the cell in `filename`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != filename:
        trace = trace.tb_next
    error = error.with_traceback(trace)
    return {
        "type": type(error).__name__,
        "message": _message(error),
        "traceback": "".join(traceback.format_exception(error)),
    }


def _message(error: BaseException) -> str:
    # A SyntaxError's own text repeats the place, which its traceback shows better.
    return error.msg if isinstance(error, SyntaxError) else _text(error)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:
        return f"<its __str__ raised {type(failure).__name__}>"
