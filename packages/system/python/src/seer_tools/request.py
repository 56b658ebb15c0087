"""Reads a script's request, one line of JSON on standard input."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def read_request(end: Callable[[], None]) -> dict[str, Any]:
    """Reads the request; with `"exitOnStdinClose": true`, calls `end` when standard input closes.

    The caller keeps the other end open, so the script does not outlive it, even after `kill -9`.
    """
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    if request.get("exitOnStdinClose"):
        # Ctrl-C in the terminal also reaches this process; the caller decides what to do.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(end,), daemon=True).start()
    return request


def _watch(end: Callable[[], None]) -> None:
    # Not `sys.stdin`, because the interpreter would wait for its lock at exit.
    while os.read(0, 4096):
        pass
    end()
