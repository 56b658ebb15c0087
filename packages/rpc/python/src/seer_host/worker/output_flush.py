"""Flushes all output, so that it arrives before the message that is sent next."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .context import CallContext
    from .output import CallStream

_WAIT_S = 1.0
_PAUSE_S = 0.0002


class OutputFlush:
    """Flushes Python's and C's buffers, and waits until the supervisor has read this process's pipes."""

    def __init__(self, stdout: CallStream, stderr: CallStream) -> None:
        self.stderr = stderr
        self._streams = ("stdout", stdout), ("stderr", stderr)
        self._unread = _unread_counter()
        # Duplicated, because user code may close or replace the originals.
        self._pipes = [os.dup(1), os.dup(2)] if self._unread is not None else []
        self._flush_c = _line_buffered_stdio()

    def __call__(self, context: CallContext | None = None) -> None:
        """Sends the output of a call so far, or with None that of code outside calls."""
        for name, stream in self._streams:
            current: Any = getattr(sys, name, None)
            if current is not stream:
                _flush_replacement(current)
            stream.flush_of(context)
            if context is not None:
                stream.flush_of(None)
        if self._flush_c is not None:
            self._flush_c()
        for pipe in self._pipes:
            self._wait_until_read(pipe)

    def _wait_until_read(self, pipe: int) -> None:
        assert self._unread is not None
        unread = self._unread(pipe)
        if not unread:
            return
        deadline = time.monotonic() + _WAIT_S
        while unread and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
            before, unread = unread, self._unread(pipe)
            if unread < before:
                return  # a read empties the pipe, so the rest was written later


def _flush_replacement(stream: Any) -> None:
    """Flushes a stream that user code has installed, and makes it line-buffered."""
    with contextlib.suppress(Exception):
        if isinstance(stream, io.TextIOWrapper) and not stream.write_through:
            # Otherwise one call would receive the buffered lines of all concurrent calls.
            stream.reconfigure(line_buffering=True, write_through=True)
        stream.flush()


def _unread_counter() -> Callable[[int], int] | None:
    """A function that returns how many bytes of a pipe are unread; None if the system cannot tell."""
    if sys.platform != "linux":
        return None  # on other systems, the supervisor reads the pipes before each message
    from fcntl import ioctl
    from termios import FIONREAD

    empty = bytes(4)

    def unread(pipe: int) -> int:
        try:
            return int.from_bytes(ioctl(pipe, FIONREAD, empty), sys.byteorder)
        except OSError:
            return 0

    return unread


def _line_buffered_stdio() -> Callable[[], Any] | None:
    """Makes C's stdout line-buffered; returns a function that flushes it."""
    try:
        import ctypes

        libc: Any = ctypes.CDLL(None)
        name = "__stdoutp" if sys.platform == "darwin" else "stdout"
        stdout = ctypes.c_void_p.in_dll(libc, name)
        libc.setvbuf.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
        libc.setvbuf(stdout, None, 1, 0)  # _IOLBF
    except (ImportError, OSError, AttributeError, ValueError):
        return None
    libc.fflush.argtypes = (ctypes.c_void_p,)
    return lambda: libc.fflush(stdout)
