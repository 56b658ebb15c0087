"""`python launch.py SOCKET REPORTER COMMAND…`: becomes COMMAND, with the listening socket as descriptor 4.

The socket is made before the sandbox's own view of the file system, so that nothing inside can connect to it.
REPORTER says who writes `{"child-pid": N}`, the number of the sandbox's first process, to descriptor 3:
`self`, for a command that is that process, or `command`, for bubblewrap. This is a file by itself because the
package may only exist inside.
"""

from __future__ import annotations

import json
import os
import socket
import sys

INFO = 3
LISTENER = 4


def main() -> None:
    path, reporter, *command = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
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
    if reporter == "self":
        os.write(INFO, json.dumps({"child-pid": os.getpid()}).encode())
        os.close(INFO)
    os.chdir("/")
    os.execvp(command[0], command)


main()
