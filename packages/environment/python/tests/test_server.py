from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from init_process import InitProcess, alive, gone

if TYPE_CHECKING:
    from collections.abc import Iterator

DAEMON = """
import os, signal, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(write, str(os.getpid()).encode())
        time.sleep(60)
    os._exit(0)
print(os.read(read, 16).decode())
"""


@pytest.fixture
def init(tmp_path: Path) -> Iterator[InitProcess]:
    with InitProcess(tmp_path) as process:
        yield process


def test_it_keeps_nothing_open_that_its_starter_had(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("")
    with open(tmp_path / "private") as private, InitProcess(tmp_path, pass_fds=(private.fileno(),)) as init:
        init.exec("true").finish()
        links = [os.readlink(f"/proc/{init.process.pid}/fd/{fd}") for fd in range(20) if _is_open(init, fd)]
        assert not [link for link in links if "private" in link]


def _is_open(init: InitProcess, fd: int) -> bool:
    return os.path.lexists(f"/proc/{init.process.pid}/fd/{fd}")


def test_what_comes_to_a_socket_that_it_was_given_goes_to_a_port(init: InitProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inside, socket.create_server(("127.0.0.1", 0)) as outside:
        port = inside.getsockname()[1]
        client = init.client().request("relay", port=port)
        assert client.read_json(b"S") == {"port": None}
        socket.send_fds(client.socket, [b"\0"], [outside.fileno()])
        assert client.read_json(b"X") == {"port": outside.getsockname()[1]}
        known = {"port": outside.getsockname()[1]}
        assert init.client().request("relay", port=port).read_json(b"S") == known
        with socket.create_connection(outside.getsockname()) as caller:
            caller.sendall(b"question" * 100_000)
            caller.shutdown(socket.SHUT_WR)
            answering, _ = inside.accept()
            with answering:
                assert len(_everything(answering)) == 800_000
                answering.sendall(b"answer" * 100_000)
            assert len(_everything(caller)) == 600_000
    # Nobody is there any more: the connection ends, and is not left waiting.
    with socket.create_connection(("127.0.0.1", known["port"])) as caller:
        assert _everything(caller) == b""


def _everything(connected: socket.socket) -> bytes:
    data = b""
    while piece := connected.recv(1 << 16):
        data += piece
    return data


def test_its_end_is_the_end_of_daemons_too(init: InitProcess) -> None:
    daemon = int(init.exec(sys.executable, "-c", DAEMON).finish()["stdout"])
    assert alive(daemon)
    assert init.client().request("terminate").finish()["reason"] == "terminated"
    assert not alive(daemon)
    assert init.process.wait(5) == 0


def test_a_signal_is_the_end_of_everything_as_well(init: InitProcess) -> None:
    pid = init.exec("sleep", "60").read_json(b"S")["pid"]
    init.process.terminate()
    assert init.process.wait(5) == 0
    assert gone(pid)


def test_ends_when_nobody_holds_it(tmp_path: Path) -> None:
    with InitProcess(tmp_path, lease_ms=300) as init:
        holder = init.client().request("hold")
        holder.read_json(b"S")
        pid = init.exec("sleep", "60")
        pid.read_json(b"S")
        time.sleep(0.6)
        assert alive(init.process.pid)
        holder.close()
        assert init.process.wait(5) == 0


def test_another_holder_takes_it_over(tmp_path: Path) -> None:
    with InitProcess(tmp_path, lease_ms=300) as init:
        first = init.client().request("hold")
        first.read_json(b"S")
        first.close()
        second = init.client().request("hold")
        second.read_json(b"S")
        time.sleep(0.6)
        assert init.client().request("status").read_json(b"X")["holders"] == 1


def test_a_holder_that_renews_holds_it_until_it_is_silent(tmp_path: Path) -> None:
    with InitProcess(tmp_path, lease_ms=200) as init:
        for _ in range(4):
            status = init.client().request("renew", holder="one", seconds=0.2).read_json(b"X")
            assert status["holders"] == 1
            time.sleep(0.15)
        assert init.client().request("renew", holder="two", seconds=0.3).read_json(b"X")["holders"] == 2
        time.sleep(0.4)
        assert alive(init.process.pid)
        assert init.client().request("status").read_json(b"X")["holders"] == 0
        assert init.process.wait(5) == 0


def test_a_holder_that_renews_can_let_go(tmp_path: Path) -> None:
    with InitProcess(tmp_path, lease_ms=200) as init:
        init.client().request("renew", holder="one", seconds=60).read_json(b"X")
        time.sleep(0.4)
        assert init.client().request("renew", holder="one", seconds=0).read_json(b"X")["holders"] == 0
        assert init.process.wait(5) == 0


def test_ends_when_its_time_is_over_and_tells_its_holder(tmp_path: Path) -> None:
    with InitProcess(tmp_path, timeout_ms=300) as init:
        holder = init.client().request("hold")
        assert holder.read_json(b"S")["remainingMs"] <= 300
        assert holder.read_json(b"X")["reason"] == "timeout"
        assert init.process.wait(5) == 0


def test_says_why_its_time_was_as_short_as_it_was(tmp_path: Path) -> None:
    with InitProcess(tmp_path, timeout_ms=100, timeout_reason="budget") as init:
        holder = init.client().request("hold")
        holder.read_json(b"S")
        assert holder.read_json(b"X")["reason"] == "budget"


def test_files_come_back_as_they_were_sent(init: InitProcess) -> None:
    path = str(init.directory / "deep" / "er" / "file.bin")
    client = init.client().request("write", path=path, executable=True)
    client.read_json(b"S")
    client.send(b"I", b"\0one")
    client.send(b"I", b"two")
    client.send(b"C")
    assert client.finish() == {"stdout": b"", "stderr": b""}
    assert Path(path).stat().st_mode & 0o777 == 0o755
    assert init.client().request("read", path=path).finish()["stdout"] == b"\0onetwo"
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["file.bin"]


def test_a_tree_is_written_through_one_connection(init: InitProcess) -> None:
    root = init.directory / "tree"
    client = init.client().request("write-tree")
    client.read_json(b"S")
    for path, content in (("empty", None), ("deep/er", b""), ("run", b"#!/bin/sh"), ("last", b"half")):
        entry = {"path": str(root / path), "directory": content is None, "executable": path == "run"}
        client.send(b"N", json.dumps(entry).encode())
        if content:
            client.send(b"I", content)
    while not list(root.glob(".seer-*")):
        time.sleep(0.01)
    client.close()
    while list(root.glob(".seer-*")):
        time.sleep(0.01)
    # The last one was not finished, so it is not there.
    assert sorted(path.name for path in root.rglob("*")) == ["deep", "empty", "er", "run"]
    assert (root / "run").stat().st_mode & 0o111
    client = init.client().request("write-tree")
    client.read_json(b"S")
    client.send(b"N", json.dumps({"path": "/", "directory": False, "executable": False}).encode())
    client.send(b"I", b"more")
    assert client.finish()["failure"]["code"] == "failed"
    client = init.client().request("write-tree")
    client.read_json(b"S")
    client.send(b"C")
    assert "failure" not in client.finish()


def test_half_a_file_is_no_file(init: InitProcess) -> None:
    client = init.client().request("write", path=str(init.directory / "half"))
    client.read_json(b"S")
    client.send(b"I", b"data")
    client.close()
    time.sleep(0.1)
    assert not (init.directory / "half").exists()
    assert not list(init.directory.glob(".seer-*"))


@pytest.mark.parametrize(
    ("op", "rest", "code"),
    [
        ("read", {"path": "/no/such/file"}, "not-found"),
        ("read", {"path": "/"}, "failed"),
        ("write", {"path": "/"}, "failed"),
        ("dance", {}, "bad-request"),
        ("exec", {"argv": "ls"}, "bad-request"),
        ("exec", {"argv": ["ls"], "env": []}, "bad-request"),
    ],
)
def test_says_what_is_wrong(init: InitProcess, op: str, rest: dict[str, object], code: str) -> None:
    assert init.client().request(op, **rest).finish()["failure"]["code"] == code


def test_nonsense_ends_only_its_own_connection(init: InitProcess) -> None:
    client = init.client()
    client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises((EOFError, ConnectionResetError)):
        client.read()
    assert init.exec("true").finish()["exitCode"] == 0
