"""Ends the worker when its supervisor ends, however that happens."""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Asks the system to kill this process with its parent, where the system can."""
    if sys.platform != "linux":
        return  # the end of the control channel, which every system reports, must do
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:
        os._exit(0)
