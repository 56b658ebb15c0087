"""`python run_attached.py COMMAND…`: runs COMMAND, and ends it when standard input closes.

The caller keeps the other end of standard input open, so COMMAND does not outlive it, even after `kill -9`.
COMMAND inherits descriptors 3 to 6 if they are open.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 2.0


def main() -> int:
    # Ctrl-C in the terminal also reaches this process; the caller decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = subprocess.Popen(
            sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=_inherited()
        )
    except OSError as error:
        print(f"{sys.argv[1]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_end_with_stdin, args=(command.pid,), daemon=True).start()
    code = command.wait()
    return code if code >= 0 else 128 - code


def _end_with_stdin(group: int) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
        os.killpg(group, signal.SIGKILL)


def _inherited() -> list[int]:
    """Open descriptors from 3 to 6; 3 is a lock that lasts until COMMAND has ended."""
    passed: list[int] = []
    for descriptor in range(3, 7):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            passed.append(descriptor)
    return passed


code = main()
sys.stdout.flush()
os._exit(code)
