"""The limit of two processes: the raw server behind another process, which only passes bytes on."""

from __future__ import annotations

import os
import select
import socket
import threading

from shared.lifeline import announce
from shared.raw_server import serve

_ROOM = 1 << 20


def main() -> None:
    inner = socket.socket(socket.AF_UNIX)
    inner.bind(f"\0seer-bench-relay-{os.getpid()}")
    inner.listen(128)
    if os.fork() == 0:
        work(inner, os.getppid())
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    announce(listener.getsockname()[1])
    relay(listener, inner.getsockname())


def work(inner: socket.socket, parent: int) -> None:
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    while True:
        sock, _ = inner.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


def end_with(parent: int) -> None:
    select.select([os.pidfd_open(parent)], [], [])
    os._exit(0)


def relay(listener: socket.socket, inner: bytes) -> None:
    epoll = select.epoll()
    epoll.register(listener.fileno(), select.EPOLLIN)
    ways: dict[int, tuple[socket.socket, socket.socket]] = {}
    room = memoryview(bytearray(_ROOM))
    while True:
        for fd, _ in epoll.poll():
            if fd not in ways:
                if fd == listener.fileno():
                    outer, _ = listener.accept()
                    outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    other = socket.socket(socket.AF_UNIX)
                    other.connect(inner)
                    for source, target in ((outer, other), (other, outer)):
                        ways[source.fileno()] = source, target
                        epoll.register(source.fileno(), select.EPOLLIN)
                continue
            source, target = ways[fd]
            try:
                count = source.recv_into(room)
                target.sendall(room[:count])
            except ConnectionError:
                count = 0
            if not count:
                for end in (source, target):
                    del ways[end.fileno()]
                    end.close()


main()
