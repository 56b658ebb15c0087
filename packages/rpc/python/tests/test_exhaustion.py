"""Memory, threads and disks that run out."""

from __future__ import annotations

import contextlib
import resource
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hosting import CALL_TOKEN, Failed, RunningHost, WebSocket, wait_until

from seer_host.errors import RpcError
from seer_host.supervisor.request_memory import RequestMemory

if TYPE_CHECKING:
    import socket

    from conftest import Serve

_SOURCE = """
    import resource
    import threading

    def limit(spare: int) -> None:
        with open("/proc/self/statm") as sizes:
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + spare, resource.RLIM_INFINITY))

    @expose
    def allocate(spare: int, size: int) -> int:
        limit(spare)
        return len(bytearray(size))

    @expose
    def too_many(spare: int, count: int) -> list:
        limit(spare)
        return [[i] for i in range(count)]

    @expose
    def size_of(data: bytes) -> int:
        return len(data)

    @expose
    def length_of(text: str) -> int:
        return len(text)

    @expose(concurrency=4)
    def beside() -> int:
        return 1

    @expose
    def add(a: int, b: int) -> int:
        return a + b

    @expose
    def talk(lines: int) -> None:
        for i in range(lines):
            print("line", i)
"""
_MIB = 1 << 20


@pytest.mark.parametrize(("function", "amount"), [("allocate", 1 << 30), ("too_many", 100_000_000)])
def test_a_call_that_runs_out_of_memory_says_so(serve: Serve, function: str, amount: int) -> None:
    host = serve(_SOURCE)
    response = host.request("POST", f"/call/{function}", [64 * _MIB, amount])
    assert (response.status, response.error["type"]) == (500, "MemoryError")
    assert host.call("add", 1, 1) == 2
    assert host.health()["restarts"] == 0


def test_arguments_for_which_there_is_no_memory_cost_the_worker_at_most(serve: Serve) -> None:
    host = serve(_SOURCE)
    assert host.call("allocate", 32 * _MIB, 1) == 1
    message = b'{"json":40,"buffers":[%d]}\n{"data":{"$seer":"bytes","buffer":0}}   ' % (128 * _MIB)
    headers = {"Content-Type": "application/vnd.seer.v1"}
    response = host.request("POST", "/call/size_of", message + bytes(128 * _MIB), headers=headers)
    assert response.error["code"] in ("worker-died", "exception")
    assert host.call("add", 1, 1) == 2


def test_a_call_for_which_there_is_no_thread_says_so(serve: Serve) -> None:
    host = serve(_SOURCE)
    assert host.call("allocate", _MIB, 1) == 1
    with pytest.raises(Failed, match=r"thread|memory"):
        host.call("beside")
    assert host.call("add", 1, 1) == 2


def test_a_supervisor_without_memory_for_a_request_refuses_it(serve: Serve) -> None:
    host = serve(_SOURCE)
    used = int(Path(f"/proc/{host.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    infinity = resource.RLIM_INFINITY
    resource.prlimit(host.process.pid, resource.RLIMIT_AS, (used + 64 * _MIB, infinity))
    with host.socket() as end:
        end.sendall(
            f"POST /call/size_of HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {512 * _MIB}\r\n"
            "Authorization: Bearer call-token-of-the-tests\r\n\r\n".encode()
        )
        assert end.recv(100).startswith(b"HTTP/1.1 413")
    socket = host.websocket()
    socket.end.sendall(b"\x82\xff" + (512 * _MIB).to_bytes(8, "big") + bytes(4))
    with pytest.raises(ConnectionError, match="1009"):
        socket.receive()
    socket.close()
    assert host.call("add", 1, 1) == 2


def test_a_disk_that_is_full_costs_lines_of_the_log_and_nothing_else(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    host = serve(_SOURCE, log=str(log), limits={"logBytes": 40_000})
    # A limit on the size of files is to one process what a full disk is to all.
    infinity = resource.RLIM_INFINITY
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (20_000, infinity))
    for _ in range(5):
        host.call("talk", 500)
        time.sleep(0.1)
    assert log.stat().st_size <= 20_000
    assert "line 499" in host.logs(50)
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (infinity, infinity))
    host.call("talk", 500)
    wait_until(lambda: log.exists() and "line 499" in log.read_text())


def test_what_is_said_too_long_is_shortened(serve: Serve) -> None:
    host = serve(
        """
        @expose
        def shout(size: int) -> None:
            print("ü" * size)
            expose.progress(1, 1, "x" * size)
            raise ValueError("x" * size)
        """,
        limits={"outputBytes": 10_001},
    )
    size = 20_000_000
    response = host.request("POST", "/call/shout", [size], headers={"Seer-Call-Id": "shout"})
    assert response.error["message"].startswith("xxx")
    assert len(response.body) < 1_000_000
    record = host.request("GET", "/calls/shout").json
    assert record["output"] == {"offset": 2 * size - 10_000, "text": "ü" * 5000 + "\n", "next": 2 * size + 1}
    assert len(record["progress"]["message"]) == 1000


def _peak_memory(host: RunningHost) -> int:
    status = Path(f"/proc/{host.health()['pid']}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _announce(stack: contextlib.ExitStack, host: RunningHost, size: int) -> socket.socket:
    client = stack.enter_context(host.socket())
    client.settimeout(60)
    head = (
        f"POST /call/size_of HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {CALL_TOKEN}\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    client.sendall(head.encode())
    return client


def _announce_frame(stack: contextlib.ExitStack, host: RunningHost, size: int) -> socket.socket:
    client = stack.enter_context(contextlib.closing(host.websocket())).end
    client.sendall(b"\x82\xff" + size.to_bytes(8, "big") + bytes(4))
    return client


@pytest.mark.parametrize("announce", [_announce, _announce_frame])
def test_a_size_that_is_announced_takes_no_memory_until_it_comes(serve: Serve, announce: Any) -> None:
    host = serve(_SOURCE)
    before = _peak_memory(host)
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            announce(stack, host, 1 << 30).sendall(b"x" * 1000)
        wait_until(lambda: host.call("add", 1, 1) == 2)
        assert _peak_memory(host) - before < 256 * _MIB


def test_large_requests_that_arrive_have_one_limit_together(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"receivedBytes": 4 * _MIB})
    with contextlib.ExitStack() as stack:
        # The memory that is shared with the worker has no room for such.
        first, second = (_announce(stack, host, 1 << 30) for _ in range(2))
        first.sendall(bytes(3 * _MIB))
        second.sendall(bytes(3 * _MIB))
        readable, _, _ = select.select([first, second], [], [], 60)
        answer = readable[0].recv(10_000)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"together" in answer
    assert host.call("add", 1, 1) == 2


def test_the_parts_of_messages_count_while_they_are_kept(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"receivedBytes": 4 * _MIB})
    message = b'{"op":"call","id":"x","function":"length_of"}\n{"text":"%s"}' % (b"A" * (3 * _MIB))
    parts = [message[start : start + 100_000] for start in range(0, len(message), 100_000)]

    def send(socket: WebSocket, *, final: bool) -> None:
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            socket.send_frame(0 if index else 1, part, final=final and is_last)

    first, second = host.websocket(), host.websocket()
    send(first, final=False)
    with contextlib.suppress(OSError):
        send(second, final=False)
    assert select.select([first.end, second.end], [], [], 60)[0]
    first.close()
    second.close()

    def is_answered() -> bool:
        socket = host.websocket()
        try:
            send(socket, final=True)
            return socket.outcome("x") == 3 * _MIB
        except (OSError, EOFError, AssertionError):
            return False
        finally:
            socket.close()

    wait_until(is_answered)


def test_memory_is_given_back_when_the_last_view_has_gone() -> None:
    memory = RequestMemory(_MIB)
    room = memory.allocate(_MIB)
    memory.filled(room, _MIB)
    with pytest.raises(RpcError, match="together"):
        memory.take(1)
    part = memoryview(room)[:10]
    del room
    with pytest.raises(RpcError):
        memory.take(1)
    del part
    memory.take(_MIB)
