"""`python flock.py try|wait`: locks the file open as descriptor 3; exits with 75 when `try` finds it locked.

The lock belongs to the open file, so it outlives this process for as long as whoever opened it keeps it open,
and goes with that one however it dies. Node itself has no way to ask for it.
"""

from __future__ import annotations

import fcntl
import sys

TAKEN = 75


def main() -> int:
    try:
        fcntl.flock(3, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1] == "try" else 0))
    except BlockingIOError:
        return TAKEN
    return 0


sys.exit(main())
