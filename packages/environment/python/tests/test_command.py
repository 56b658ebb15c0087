from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest
from init_process import InitProcess, alive, gone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def init(tmp_path: Path) -> Iterator[InitProcess]:
    with InitProcess(tmp_path) as process:
        yield process


def test_keeps_the_streams_apart_and_reports_the_exit_code(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "echo out; echo err >&2; exit 3").finish()
    assert result == {"stdout": b"out\n", "stderr": b"err\n", "exitCode": 3}


def test_merges_the_streams_in_the_order_of_writing(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "for i in 1 2 3; do echo o$i; echo e$i >&2; done", merge=True).finish()
    assert result["stdout"] == b"o1\ne1\no2\ne2\no3\ne3\n"


def test_reports_a_signal_as_a_negative_exit_code(init: InitProcess) -> None:
    assert init.exec("sh", "-c", "kill -KILL $$").finish()["exitCode"] == -9


def test_gives_the_sandboxs_environment_and_what_the_request_adds(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "echo $GREETING $NAME; pwd", env={"NAME": "you"}).finish()
    assert result["stdout"].decode() == f"hello you\n{init.directory}\n"


def test_passes_every_byte_of_large_input_and_output(init: InitProcess) -> None:
    data = bytes(range(256)) * 8192
    client = init.exec("cat", stdin=True)
    client.read_json(b"S")
    # Sent before anything is read: neither side may wait for the other.
    client.socket.setblocking(True)
    import threading

    def feed() -> None:
        for start in range(0, len(data), 65536):
            client.send(b"I", data[start : start + 65536])
        client.send(b"C")

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert client.finish()["stdout"] == data
    feeder.join()


def test_goes_on_when_a_process_ignores_its_input(init: InitProcess) -> None:
    client = init.exec("sh", "-c", "exit 0", stdin=True)
    client.read_json(b"S")
    for _ in range(32):
        client.send(b"I", b"x" * 65536)
    client.send(b"C")
    assert client.finish()["exitCode"] == 0


def test_says_what_does_not_start(init: InitProcess) -> None:
    assert init.exec("no-such-command").finish()["failure"]["code"] == "not-found"
    failure = init.exec("true", cwd="/no/such/directory").finish()["failure"]
    assert failure["code"] == "not-found"
    assert "/no/such/directory" in failure["message"]


def test_returns_at_the_end_of_the_command_and_leaves_its_background_jobs(init: InitProcess) -> None:
    started = time.monotonic()
    result = init.exec("sh", "-c", "sleep 30 & echo $!").finish()
    assert time.monotonic() - started < 5
    time.sleep(0.1)
    assert alive(int(result["stdout"]))


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_kill_ends_a_whole_tree_that_ignores_the_polite_signal(init: InitProcess) -> None:
    client = init.exec(sys.executable, "-c", STUBBORN)
    client.read_json(b"S")
    pids = b""
    while pids.count(b"\n") < 2:
        pids += client.read()[1]
    client.send(b"K")
    assert client.finish()["exitCode"] == -9
    assert all(gone(int(pid)) for pid in pids.split())


def test_a_command_ends_with_its_connection_unless_it_is_detached(init: InitProcess) -> None:
    attached, detached = init.exec("sleep", "60"), init.exec("sleep", "60")
    pids = [client.read_json(b"S")["pid"] for client in (attached, detached)]
    detached.send(b"D")
    assert detached.read()[0] == b"D"
    attached.close()
    detached.close()
    assert gone(pids[0])
    assert alive(pids[1])


def test_a_detached_command_can_go_on_printing(init: InitProcess) -> None:
    client = init.exec("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.02; done; touch done")
    client.read_json(b"S")
    client.send(b"D")
    while client.read()[0] != b"D":
        pass
    client.close()
    deadline = time.monotonic() + 5
    while not (init.directory / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
