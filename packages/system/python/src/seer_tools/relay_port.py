"""`python relay_port.py SOCKET PORT same|any`: makes a sandbox's port reachable on this machine's 127.0.0.1.

It listens on the same port (`any` falls back to a free one) and passes the listening socket to the sandbox's
init through its control socket, which Node cannot do. Prints the port; exits with 98 if `same` is given and
the port is in use. `seer_init/relays.py` is the other side.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import sys

IN_USE = 98
HEADER = struct.Struct(">cI")


def main() -> int:
    path, port, which = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    control = socket.socket(socket.AF_UNIX)
    # By its file name, because socket paths are limited to about 100 bytes.
    os.chdir(os.path.dirname(path))
    control.connect(os.path.basename(path))
    request = json.dumps({"op": "relay", "port": port}).encode()
    control.sendall(HEADER.pack(b"R", len(request)) + request)
    known = _read(control)["port"]
    if known is None:
        try:
            listener = _listen(port, any_other=which == "any")
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            print(error.strerror)
            return IN_USE
        socket.send_fds(control, [b"\0"], [listener.fileno()])
        known = _read(control)["port"]
    print(known)
    return 0


def _listen(port: int, *, any_other: bool) -> socket.socket:
    for wanted in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
            listener.listen(128)
        except OSError:
            listener.close()
            if wanted == 0 or not any_other:
                raise
            continue
        return listener
    raise AssertionError


def _read(control: socket.socket) -> dict[str, int | None]:
    _, length = HEADER.unpack(_exactly(control, HEADER.size))
    return json.loads(_exactly(control, length))


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = control.recv(size - len(data))
        if not piece:
            sys.exit("the sandbox has ended")
        data += piece
    return data


sys.exit(main())
