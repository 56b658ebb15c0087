"""What a script is asked for: one line of JSON on standard input."""

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
    """The request; with `"attended": true` in it, `end` is called when standard input closes.

    Whoever asked holds the other end, so that the script does not outlive him, whichever way he went.
    """
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    if request.get("attended"):
        # A Ctrl-C in the terminal reaches this process too, and is the other's to answer.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(end,), daemon=True).start()
    return request


def _watch(end: Callable[[], None]) -> None:
    # Not through `sys.stdin`, whose lock the end of the interpreter would wait for.
    while os.read(0, 4096):
        pass
    end()
