"""Ends the worker when its supervisor ends, even if the supervisor is killed."""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Asks Linux to kill this process when its parent ends."""
    if sys.platform != "linux":
        return  # on other systems, the worker ends when its control channel closes
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:
        os._exit(0)
