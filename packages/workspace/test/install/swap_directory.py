"""`python swap_directory.py DIRECTORY LINK`: exchanges the two names again and again, until it is ended."""

import ctypes
import os
import sys

RENAME_EXCHANGE = 2
AT_FDCWD = -100

libc = ctypes.CDLL(None, use_errno=True)
one, other = (os.fsencode(path) for path in sys.argv[1:])
print("swapping", flush=True)
while True:
    libc.renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)
