"""Errors of a cell, as its author should see them."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import TypedDict


class CellError(TypedDict):
    """An exception that ended a cell."""

    type: str
    message: str
    traceback: str


def describe_error(error: BaseException, filename: str) -> CellError:
    """Describe an exception without the frames that led to the cell in `filename`."""
    error = error.with_traceback(_from_cell(error.__traceback__, filename))
    return {
        "type": type(error).__name__,
        "message": _message(error),
        "traceback": "".join(traceback.format_exception(error)),
    }


def describe_interruption(interruption: BaseException, filename: str) -> str:
    """Return the traceback to where a cell was interrupted, whatever exception that was done with."""
    trace = _without_host(_from_cell(interruption.__traceback__, filename))
    return "".join(traceback.format_exception(KeyboardInterrupt().with_traceback(trace)))


def _from_cell(trace: TracebackType | None, filename: str) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename != filename:
        trace = trace.tb_next
    return trace


def _without_host(trace: TracebackType | None) -> TracebackType | None:
    """Cut a traceback off where the host's signal handler begins."""
    if trace is None or str(trace.tb_frame.f_globals.get("__name__")).startswith("seer_host."):
        return None
    return TracebackType(_without_host(trace.tb_next), trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _message(error: BaseException) -> str:
    # A SyntaxError's own text repeats the place, which its traceback shows better.
    return error.msg if isinstance(error, SyntaxError) else _text(error)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:
        return f"<its __str__ raised {type(failure).__name__}>"
