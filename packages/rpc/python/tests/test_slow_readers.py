"""Clients that read slowly, or not at all."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hosting import CALL_TOKEN, wait_until

if TYPE_CHECKING:
    from conftest import Serve
    from hosting import RunningHost

_SOURCE = """
    @expose
    def bulk(size: int) -> bytes:
        return bytes(size)
"""
_SIZE = 2_500_000


def _resident_kib(host: RunningHost) -> int:
    status = Path(f"/proc/{host.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def _open_sockets(host: RunningHost) -> int:
    opened = Path(f"/proc/{host.process.pid}/fd").iterdir()
    return sum(link.is_symlink() and str(link.readlink()).startswith("socket:") for link in opened)


def _slow_socket(host: RunningHost) -> socket.socket:
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    end.settimeout(20)
    end.connect(("127.0.0.1", host.port))
    return end


def _request(host: RunningHost, method: str, path: str, body: bytes = b"", *fields: str) -> bytes:
    lines = (
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{host.port}",
        f"Authorization: Bearer {CALL_TOKEN}",
        f"Content-Length: {len(body)}",
        *fields,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_a_slow_reader_gets_all_of_a_result(serve: Serve, connection: str) -> None:
    host = serve(_SOURCE, limits={"requestMs": 400, "idleMs": 400})
    end = _slow_socket(host)
    accept = "Accept: application/vnd.seer.v1"
    request = _request(host, "POST", "/call/bulk", b"[%d]" % _SIZE, accept, f"Connection: {connection}")
    end.sendall(request)
    received = 0
    began = time.monotonic()
    while received < _SIZE:
        data = end.recv(65536)
        assert data, f"closed after {received} bytes and {time.monotonic() - began:.1f} s"
        received += len(data)
        time.sleep(0.03)
    assert time.monotonic() - began > 1.2  # several times as long as a connection may be idle
    end.close()


def test_one_that_stops_reading_is_given_up(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"requestMs": 300, "idleMs": 300})
    end = _slow_socket(host)
    end.sendall(_request(host, "POST", "/call/bulk", b"[%d]" % (10 * _SIZE)))
    select.select([end], [], [], 60)
    with_it = _open_sockets(host)
    wait_until(lambda: _open_sockets(host) < with_it)
    received = 0
    with contextlib.suppress(ConnectionError):
        while data := end.recv(1 << 20):
            received += len(data)
    assert received < 10 * _SIZE
    end.close()


def test_answers_that_are_not_read_do_not_pile_up(serve: Serve) -> None:
    host = serve(_SOURCE)
    body = json.dumps([_SIZE]).encode()
    host.request("POST", "/call/bulk", body, headers={"Seer-Call-Id": "kept"})
    before = _resident_kib(host)
    end = _slow_socket(host)
    # All of them fit into what the host reads ahead.
    end.sendall(_request(host, "GET", "/calls/kept") * 100)
    time.sleep(0.5)
    assert _resident_kib(host) - before < 100 * 1024
    assert host.call("bulk", 1) is not None
    received = 0
    while received < 20 * _SIZE:
        received += len(end.recv(1 << 20))
    end.close()


def test_a_stream_waits_for_a_slow_reader_however_much_credit_it_has(serve: Serve) -> None:
    host = serve(
        """
        made = 0

        @expose
        def pieces(count: int, size: int) -> list[bytes]:
            global made
            for made in range(1, count + 1):
                yield bytes(size)

        @expose
        def how_many() -> int:
            return made
        """
    )
    socket = host.websocket()
    before = _resident_kib(host)
    socket.call("stream", "pieces", {"count": 300, "size": 1_000_000}, credit=1000)
    time.sleep(0.7)
    assert _resident_kib(host) - before < 100 * 1024
    for index in range(300):
        message = socket.receive_op("item")
        assert message.header["index"] == index
    assert socket.outcome("stream") is None
    assert host.call("how_many") == 300
    # One item that is larger than all that may wait.
    socket.call("huge", "pieces", {"count": 3, "size": 40_000_000}, credit=1000)
    for _ in range(3):
        socket.receive_op("item")
    assert socket.outcome("huge") is None
    socket.close()


def test_who_has_no_token_cannot_take_every_place(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"connections": 10})
    with contextlib.ExitStack() as stack:
        friend = stack.enter_context(contextlib.closing(host.websocket()))
        strangers = [stack.enter_context(host.socket()) for _ in range(30)]
        assert host.call("bulk", 1) is not None
        friend.call("c", "bulk", {"size": 1})
        friend.receive_op("result")
        assert strangers[0].recv(1) == b""


def test_a_silent_connection_is_asked_whether_it_lives(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"quietMs": 500})
    alive, dead = host.websocket(), host.websocket()
    for _ in range(3):
        opcode, payload = alive.receive_frame()
        assert opcode == 9
        alive.send_frame(10, payload)
    assert dead.receive_frame()[0] == 9
    with pytest.raises(ConnectionError):
        dead.receive_frame()
    alive.call("still", "bulk", {"size": 1})
    alive.receive_op("result")
    alive.close()
    dead.close()
