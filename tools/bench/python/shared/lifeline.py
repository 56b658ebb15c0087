"""Reports a server's port to the benchmark, and ends the server when the benchmark ends."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def announce(port: int, finish: Callable[[], object] = lambda: None) -> None:
    """Reports that the server is ready, and ends this process when its standard input is closed."""
    ending = threading.Thread(target=_end_with_parent, args=(finish,))
    ending.start()
    print(json.dumps({"port": port}), flush=True)


def _end_with_parent(finish: Callable[[], object]) -> None:
    sys.stdin.buffer.read()
    finish()
    os._exit(0)
