"""`python -m seer_network PID INTERNET PORTS UNREACHABLE`: connects the network namespace of a process.

It runs outside the sandbox, and ends with that process. The last three arguments are comma-separated lists:

- INTERNET: `all` for everything through slirp4netns, otherwise the hosts that the namespace can reach, as
  `ADDRESS:PORT:HOST`: connections to that address in the namespace are forwarded to that port of the host;
- PORTS: loopback ports of the namespace that are forwarded to the same loopback ports of this machine;
- UNREACHABLE: networks that the namespace cannot reach, such as the addresses of this machine.

Prints `ready`, or an error in one line. After that, lines on standard input change the ports:
`+PORT` adds one, and `-PORT` removes it.

Every sandbox start waits for this program, so it imports very little: not even `socket`, `typing` or `json`.
"""

from __future__ import annotations

import os
import select
import sys

from .listeners import Listeners
from .namespace import Namespace, wait_for_loopback
from .routes import make_local, make_unreachable
from .slirp import start_slirp


def main() -> None:
    pid = int(sys.argv[1])
    internet, ports, unreachable = map(_items, sys.argv[2:5])
    hosts = [] if internet == ["all"] else [host.split(":") for host in internet]
    try:
        process = os.pidfd_open(pid)
        wait_for_loopback(pid)
        if internet == ["all"]:
            start_slirp(pid)
        namespace = Namespace(pid)
        namespace.run(make_unreachable, unreachable)
        namespace.run(make_local, [address for address, _, _ in hosts])
        listeners = Listeners(namespace)
        for address, port, host in hosts:
            listeners.add(address, int(port), host)
        for port in ports:
            listeners.add_port(int(port))
    except OSError as error:
        print(error)
        sys.exit(1)
    print("ready", flush=True)
    # Close standard output, so that readers of it see its end before the sandbox ends.
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)
    _serve(process, listeners)
    # Do not wait for connections that are being forwarded.
    os._exit(0)


def _items(text: str) -> list[str]:
    return [item for item in text.split(",") if item != ""]


def _serve(process: int, listeners: Listeners) -> None:
    """Forwards connections and changes ports until the process ends."""
    epoll = listeners.epoll
    epoll.register(process, select.EPOLLIN)
    epoll.register(0, select.EPOLLIN)
    unread = b""
    while True:
        for descriptor, _ in epoll.poll():
            if descriptor == process:
                return
            if descriptor != 0:
                listeners.accept(descriptor)
                continue
            data = os.read(0, 65536)
            if not data:
                # The owner has ended, but the process may continue without it.
                epoll.unregister(0)
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                _change_port(listeners, line)


def _change_port(listeners: Listeners, line: bytes) -> None:
    change = listeners.add_port if line.startswith(b"+") else listeners.remove_port
    try:
        change(int(line[1:]))
    except OSError:
        # A process in the namespace already listens on this port.
        return
