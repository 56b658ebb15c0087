"""`python flock.py try|wait`: locks descriptor 3; `try` exits with 75 if another process holds the lock.

Node cannot call flock. The lock belongs to the open file description, so it outlives this process and lasts
until the process that opened the file closes it or ends.
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
