"""`python launch.py SOCKET INFO REPORTER COMMAND…`: becomes COMMAND, with a listening socket as descriptor 4.

The socket is made before the sandbox's own view of the file system, so that nothing inside can connect to it;
when it listens, descriptor 3 is closed to say so. After that it is the file INFO, where `{"child-pid": N}`
names the sandbox's first process: written here if REPORTER is `self`, because COMMAND is that process, and by
bubblewrap if it is `command`. A file and not a pipe: bubblewrap does not survive a reader that has died, and
leaves a child that waits for it forever.

This is a script by itself because the package may only exist inside.
"""

from __future__ import annotations

# A start waits for this, so it imports next to nothing: not even `socket`, whose better part is this.
import _socket
import os
import sys

INFO = 3
LISTENER = 4


def main() -> None:
    path, info, reporter, *command = sys.argv[1:]
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    # By its name alone, since the path of a socket must be short.
    os.chdir(os.path.dirname(path))
    os.umask(0o077)
    listener.bind(os.path.basename(path))
    listener.listen(64)
    os.umask(0o022)
    os.dup2(listener.fileno(), LISTENER)
    # It may have had that number already.
    os.set_inheritable(LISTENER, True)
    # Whatever else was open where this began would be a way out of the sandbox.
    os.closerange(LISTENER + 1, os.sysconf("SC_OPEN_MAX"))
    os.dup2(os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), INFO)
    if reporter == "self":
        os.write(INFO, b'{"child-pid": %d}' % os.getpid())
        os.close(INFO)
    os.chdir("/")
    os.execvp(command[0], command)


main()
