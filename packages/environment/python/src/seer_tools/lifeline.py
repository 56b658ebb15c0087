"""`python lifeline.py COMMAND…`: runs COMMAND, and ends it when standard input closes.

Whoever started this holds the other end of standard input, so an installer does not outlive its user,
whichever way that went. COMMAND gets descriptor 3 as well, if there is one.
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
    # A Ctrl-C in the terminal reaches this process too, and is the owner's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = subprocess.Popen(
            sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=_lock()
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


def _lock() -> list[int]:
    """Descriptor 3 is the lock of what COMMAND makes: locked until COMMAND, too, has ended."""
    try:
        os.fstat(3)
    except OSError:
        return []
    return [3]


code = main()
sys.stdout.flush()
os._exit(code)
