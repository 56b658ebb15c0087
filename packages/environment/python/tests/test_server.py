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


def test_closes_inherited_descriptors(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("")
    with open(tmp_path / "private") as private, InitProcess(tmp_path, pass_fds=(private.fileno(),)) as init:
        init.exec("true").finish()
        links = [os.readlink(f"/proc/{init.process.pid}/fd/{fd}") for fd in range(20) if _is_open(init, fd)]
        assert not [link for link in links if "private" in link]


def _is_open(init: InitProcess, fd: int) -> bool:
    return os.path.lexists(f"/proc/{init.process.pid}/fd/{fd}")


def test_forwards_a_host_socket_to_a_port(init: InitProcess) -> None:
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
    # The port is closed now, so the connection must end.
    with socket.create_connection(("127.0.0.1", known["port"])) as caller:
        assert _everything(caller) == b""


def _everything(connected: socket.socket) -> bytes:
    data = b""
    while piece := connected.recv(1 << 16):
        data += piece
    return data


def test_terminate_also_ends_daemons(init: InitProcess) -> None:
    daemon = int(init.exec(sys.executable, "-c", DAEMON).finish()["stdout"])
    assert alive(daemon)
    assert init.client().request("terminate").finish()["reason"] == "terminated"
    assert not alive(daemon)
    assert init.process.wait(5) == 0


def test_a_signal_ends_everything(init: InitProcess) -> None:
    pid = init.exec("sleep", "60").read_json(b"S")["pid"]
    init.process.terminate()
    assert init.process.wait(5) == 0
    assert gone(pid)


def test_ends_without_holders(tmp_path: Path) -> None:
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


def test_a_renewed_lease_expires(tmp_path: Path) -> None:
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


def test_a_renewing_holder_can_release_the_lease(tmp_path: Path) -> None:
    with InitProcess(tmp_path, lease_ms=200) as init:
        init.client().request("renew", holder="one", seconds=60).read_json(b"X")
        time.sleep(0.4)
        assert init.client().request("renew", holder="one", seconds=0).read_json(b"X")["holders"] == 0
        assert init.process.wait(5) == 0


def test_ends_at_its_time_limit_and_tells_its_holder(tmp_path: Path) -> None:
    with InitProcess(tmp_path, timeout_ms=300) as init:
        holder = init.client().request("hold")
        assert holder.read_json(b"S")["remainingMs"] <= 300
        assert holder.read_json(b"X")["reason"] == "timeout"
        assert init.process.wait(5) == 0


_REASON_AT_END = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(pathlib.Path("end-reason").read_text()))
print("ready", flush=True)
time.sleep(3600)
"""


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("timeout", "the sandbox reached its time limit, `timeoutMs`"),
        ("budget", "the sandbox spent its budget, `budgetUsd`"),
        ("terminate", "the sandbox was terminated"),
        ("signal", "the sandbox was terminated"),
        ("owner-gone", "every process that used the sandbox had ended"),
    ],
)
def test_processes_can_read_the_end_reason(tmp_path: Path, how: str, reason: str) -> None:
    (tmp_path / "end-reason").write_text("of an earlier instance")
    script = f"{sys.executable} -c '{_REASON_AT_END}' 2>said"
    is_limit = how in ("timeout", "budget")
    with InitProcess(
        tmp_path,
        timeout_ms=3000 if is_limit else 60_000,
        timeout_reason=how,
        lease_ms=3000 if how == "owner-gone" else 60_000,
    ) as init:
        command = init.exec("sh", "-c", script)
        command.read_json(b"S")
        assert command.read() == (b"O", b"ready\n")
        assert not (tmp_path / "end-reason").exists()
        if how == "terminate":
            init.client().request("terminate").finish()
        elif how == "signal":
            init.process.terminate()
        init.process.wait(60)
    assert (tmp_path / "said").read_text().strip() == reason


def test_reports_the_reason_of_its_time_limit(tmp_path: Path) -> None:
    with InitProcess(tmp_path, timeout_ms=100, timeout_reason="budget") as init:
        holder = init.client().request("hold")
        holder.read_json(b"S")
        assert holder.read_json(b"X")["reason"] == "budget"


def test_reads_back_written_files(init: InitProcess) -> None:
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
    # The last file was incomplete, so it does not exist.
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


def test_an_incomplete_file_is_discarded(init: InitProcess) -> None:
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
def test_reports_errors_by_their_codes(
    init: InitProcess, op: str, rest: dict[str, object], code: str
) -> None:
    assert init.client().request(op, **rest).finish()["failure"]["code"] == code


def test_an_invalid_frame_closes_only_its_connection(init: InitProcess) -> None:
    client = init.client()
    client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises((EOFError, ConnectionResetError)):
        client.read()
    assert init.exec("true").finish()["exitCode"] == 0


@pytest.mark.parametrize("name", ["x" * 300, "directory"])
def test_answers_if_a_file_cannot_be_renamed(init: InitProcess, name: str) -> None:
    client = init.client().request("write", path=str(init.directory / name), executable=False)
    client.read_json(b"S")
    (init.directory / "directory").mkdir()
    client.send(b"I", b"content")
    client.send(b"C")
    assert "failure" in client.finish()
    assert not [path for path in init.directory.iterdir() if path.name.startswith(".seer-")]


def test_has_no_time_limit_by_default(tmp_path: Path) -> None:
    with InitProcess(tmp_path, timeout_ms=None) as init:
        hold = init.client().request("hold")
        assert hold.read_json(b"S")["remainingMs"] is None
        assert init.exec("echo", "ok").finish()["stdout"] == b"ok\n"
