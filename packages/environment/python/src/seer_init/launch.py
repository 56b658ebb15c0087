"""`python launch.py SOCKET INFO REPORTER SPARES COMMAND…`: becomes COMMAND, which listens on descriptor 4.

Descriptor 4, if open, becomes COMMAND's descriptor 5, from which bubblewrap reads the seccomp filter. From
descriptor 6 on, COMMAND has SPARES sockets that listen on ports of this machine's loopback interface.

The socket is created outside the sandbox's file system, so that no process inside can connect to it. Closing
descriptor 3 signals that it listens; then descriptor 3 becomes the file INFO, to which `{"child-pid": N}`,
the PID of the sandbox's init, is written: by this script if REPORTER is `self`, because COMMAND is init, and
by bubblewrap if it is `command`. INFO is a file because bubblewrap hangs if the reader of a pipe dies.

This is a standalone script because the package may only exist inside the sandbox.
"""

from __future__ import annotations

# Every start waits for this script, so it imports `_socket`, which is faster than `socket`.
import _socket
import os
import sys

INFO = 3
LISTENER = 4
FILTER = 5
FIRST_SPARE = 6


def main() -> None:
    path, info, reporter, count, *command = sys.argv[1:]
    has_filter = False
    # First, before another descriptor gets that number.
    try:
        os.dup2(4, FILTER)
        has_filter = True
    except OSError:
        pass
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    # By its file name, because socket paths are limited to about 100 bytes.
    os.chdir(os.path.dirname(path))
    os.umask(0o077)
    listener.bind(os.path.basename(path))
    listener.listen(64)
    os.umask(0o022)
    os.dup2(listener.fileno(), LISTENER)
    # dup2 does nothing if it has that number already.
    os.set_inheritable(LISTENER, True)
    # Other inherited descriptors would let processes escape the sandbox.
    if not has_filter:
        os.closerange(FILTER, FIRST_SPARE)
    os.closerange(FIRST_SPARE, os.sysconf("SC_OPEN_MAX"))
    for number in range(FIRST_SPARE, FIRST_SPARE + int(count)):
        listen_on(number)
    os.dup2(os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), INFO)
    if reporter == "self":
        os.write(INFO, b'{"child-pid": %d}' % os.getpid())
        os.close(INFO)
    os.chdir("/")
    os.execvp(command[0], command)


def listen_on(descriptor: int) -> None:
    spare = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    spare.bind(("127.0.0.1", 0))
    spare.listen(128)
    if spare.fileno() == descriptor:
        os.set_inheritable(spare.detach(), True)
    else:
        os.dup2(spare.fileno(), descriptor)


main()
