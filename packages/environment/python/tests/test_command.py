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


def test_separates_the_streams_and_reports_the_exit_code(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "echo out; echo err >&2; exit 3").finish()
    assert result == {"stdout": b"out\n", "stderr": b"err\n", "exitCode": 3}


def test_merges_the_streams_in_the_order_of_writing(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "for i in 1 2 3; do echo o$i; echo e$i >&2; done", merge=True).finish()
    assert result["stdout"] == b"o1\ne1\no2\ne2\no3\ne3\n"


def test_reports_a_signal_as_a_negative_exit_code(init: InitProcess) -> None:
    assert init.exec("sh", "-c", "kill -KILL $$").finish()["exitCode"] == -9


def test_merges_the_sandboxs_environment_with_the_requests(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "echo $GREETING $NAME; pwd", env={"NAME": "you"}).finish()
    assert result["stdout"].decode() == f"hello you\n{init.directory}\n"


def test_passes_every_byte_of_large_input_and_output(init: InitProcess) -> None:
    data = bytes(range(256)) * 8192
    client = init.exec("cat", stdin=True)
    client.read_json(b"S")
    # Sent before anything is read, so that neither side may wait for the other.
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


def test_tolerates_a_process_that_ignores_its_input(init: InitProcess) -> None:
    client = init.exec("sh", "-c", "exit 0", stdin=True)
    client.read_json(b"S")
    for _ in range(32):
        client.send(b"I", b"x" * 65536)
    client.send(b"C")
    assert client.finish()["exitCode"] == 0


def test_names_a_missing_program_or_directory(init: InitProcess) -> None:
    assert init.exec("no-such-command").finish()["failure"]["code"] == "not-found"
    failure = init.exec("true", cwd="/no/such/directory").finish()["failure"]
    assert failure["code"] == "not-found"
    assert "/no/such/directory" in failure["message"]


def test_returns_when_the_command_ends_and_leaves_background_jobs_running(init: InitProcess) -> None:
    result = init.exec("sh", "-c", "sleep 600 & echo $!").finish()
    time.sleep(0.1)
    assert alive(int(result["stdout"]))


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_kill_ends_a_whole_tree_that_ignores_sigterm(init: InitProcess) -> None:
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


def test_a_detached_command_can_continue_to_print(init: InitProcess) -> None:
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


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"argv": ["echo", "a\0b"]}, "item 1 of the command contains a NUL character"),
        ({"argv": ["echo", "\ud800"]}, "item 1 of the command contains a lone surrogate"),
        ({"argv": []}, "the command names no program"),
        ({"argv": [""]}, "the command names no program"),
        ({"argv": ["echo", 5]}, "item 1 of the command is not text"),
        ({"script": "echo \0"}, "the script contains a NUL character"),
        ({"argv": ["true"], "cwd": "/tmp\0"}, "the working directory contains a NUL character"),
        ({"argv": ["true"], "env": {"X=Y": "1"}}, "'X=Y' cannot be the name of a variable"),
        ({"argv": ["true"], "env": {"": "1"}}, "'' cannot be the name of a variable"),
        ({"argv": ["true"], "env": {"X": "\0"}}, "the variable X contains a NUL character"),
        ({"argv": ["true"], "env": {"X": None}}, "the variable X is not text"),
    ],
)
def test_refuses_arguments_that_the_system_rejects(
    init: InitProcess, request_: dict[str, object], problem: str
) -> None:
    failure = init.client().request("exec", **request_).finish()["failure"]
    assert failure["code"] == "bad-request"
    assert problem in failure["message"]
    assert init.exec("echo", "ok").finish()["stdout"] == b"ok\n"


@pytest.mark.parametrize("op", ["read", "write", "make-directory"])
@pytest.mark.parametrize("path", ["/tmp/a\0b", "/tmp/\udfff"])
def test_refuses_a_path_that_the_system_rejects(init: InitProcess, op: str, path: str) -> None:
    failure = init.client().request(op, path=path).finish()["failure"]
    assert failure["code"] == "bad-request"
    assert failure["message"].startswith("the path contains")


def test_refuses_such_a_path_in_a_tree(init: InitProcess) -> None:
    client = init.client().request("write-tree")
    client.read_json(b"S")
    client.send(b"N", b'{"path": "/tmp/a\\u0000b", "directory": true, "executable": false}')
    client.send(b"C")
    assert client.finish()["failure"]["code"] == "bad-request"


def test_runs_a_script_of_any_length_as_bash_does(init: InitProcess) -> None:
    script = f'x={"y" * 3_000_000}\ncat\necho ${{#x}} $0 $# "$(ls /proc/self/fd | wc -l)"\nfalse'
    client = init.client().request("exec", script=script, stdin=True)
    client.read_json(b"S")
    client.send(b"I", b"input\n")
    client.send(b"C")
    result = client.finish()
    assert result == {"stdout": b"input\n3000000 bash 0 4\n", "stderr": b"", "exitCode": 1}


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"argv": ["echo", "x" * 200_000]}, "item 1 of the command has 200000 bytes"),
        ({"argv": ["true"], "env": {"LONG": "x" * 200_000}}, "the variable LONG has 200005 bytes"),
        ({"argv": ["echo", *["x" * 100_000] * 70]}, "more than the system allows"),
    ],
)
def test_says_which_argument_is_too_long(
    init: InitProcess, request_: dict[str, object], problem: str
) -> None:
    failure = init.client().request("exec", **request_).finish()["failure"]
    assert failure["code"] == "bad-request"
    assert problem in failure["message"]


def test_says_why_a_program_does_not_start(init: InitProcess) -> None:
    plain = init.directory / "plain"
    plain.write_text("x")

    def why(*argv: str, **rest: object) -> str:
        return init.exec(*argv, **rest).finish()["failure"]["message"]

    assert (
        why("no-such-program") == "The program no-such-program is not installed: it was not found on the PATH"
    )
    assert why("/no/such/program") == "The program /no/such/program does not exist"
    assert why(str(plain)) == f"The program {plain} is not executable"
    plain.chmod(0o755)
    assert "is neither a program" in why(str(plain))
    plain.write_text("#!/no/such/interpreter\n")
    assert "needs an interpreter" in why(str(plain))
    assert why(str(init.directory)) == f"The program {init.directory} is a directory"
    assert why("true", cwd="/no/such/place") == "The working directory /no/such/place does not exist"
    assert why("true", cwd=str(plain)) == f"The working directory {plain} is not a directory"
