"""What goes wrong in workers, and what callers see of it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hosting import Failed, RunningHost, is_alive, running, wait_until

from seer_host.supervisor.worker_process import WorkerExit
from seer_host.worker.tracebacks import _MAX as SHORTENED  # pyright: ignore[reportPrivateUsage]

if TYPE_CHECKING:
    from conftest import Serve

EVERYDAY = Path(__file__).parent / "fixtures" / "everyday.py"


@pytest.mark.parametrize(
    ("how", "details", "words"),
    [
        ("exit", {"exitCode": 7}, "it exited with code 7"),
        ("kill", {"signal": "SIGKILL"}, "killed (SIGKILL)"),
        ("segfault", {"signal": "SIGSEGV"}, "SIGSEGV"),
    ],
)
def test_a_dead_worker_says_how_and_the_next_call_works(
    serve: Serve, how: str, details: dict[str, Any], words: str
) -> None:
    host = serve(EVERYDAY)
    response = host.request("POST", "/call/die", {"how": how})
    assert response.status == 502
    error = response.error
    assert error["code"] == "worker-died"
    assert words in error["message"]
    assert error["details"].items() >= details.items()
    assert "about to die" in error["details"]["log"]
    if how == "segfault":
        assert any("in die" in line for line in error["details"]["log"])
    assert host.call("add", 1) == 2
    assert host.health()["restarts"] == 1


def test_waiting_calls_survive_the_death_of_the_worker(serve: Serve) -> None:
    host = serve(EVERYDAY)
    socket = host.websocket()
    socket.call("first", "sleep", {"seconds": 30})
    for i in range(10):
        socket.call(f"after{i}", "add", {"a": i})
    wait_until(lambda: host.health()["running"] == 1)
    os.kill(host.health()["workerPid"], signal.SIGKILL)
    with pytest.raises(Failed, match="worker-died"):
        socket.outcome("first")
    assert [socket.outcome(f"after{i}") for i in range(10)] == [i + 1 for i in range(10)]
    socket.close()


def test_random_kills_under_load(serve: Serve) -> None:
    """Every caller gets a typed answer soon, no call runs twice, and the host goes on."""
    host = serve(
        """
        import time
        seen = set()

        @expose
        def once(key: str) -> int:
            assert key not in seen
            seen.add(key)
            time.sleep(0.001)
            return 1
        """
    )
    stop = threading.Event()
    outcomes: list[str] = []

    def call(name: int) -> None:
        i = 0
        while not stop.is_set():
            i += 1
            try:
                host.call("once", key=f"{name}-{i}")
                outcomes.append("ok")
            except Failed as failed:
                outcomes.append(failed.code)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    for kill in range(8):
        # Only once the next worker has loaded: a file whose worker keeps dying during the load is given up.
        wait_until(lambda done=kill: _has_loaded(host, restarts=done))
        time.sleep(chance.uniform(0.02, 0.15))
        os.kill(host.health()["workerPid"], signal.SIGKILL)
    wait_until(lambda: _has_loaded(host, restarts=8))
    stop.set()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"ok", "worker-died"}
    assert "worker-died" in outcomes
    assert host.call("once", key="last") == 1


def _has_loaded(host: RunningHost, *, restarts: int) -> bool:
    health = host.health()
    return health["restarts"] == restarts and health["state"] in ("idle", "busy")


def test_a_fork_of_the_worker_does_not_hide_its_death(serve: Serve) -> None:
    host = serve(
        """
        import os, time

        @expose
        def f() -> int:
            if os.fork() == 0:
                time.sleep(600)
                os._exit(0)
            os._exit(5)
        """
    )
    with pytest.raises(Failed, match="worker-died"):
        host.call("f")


def test_health_while_the_gil_is_held(serve: Serve) -> None:
    host = serve(
        """
        import ctypes

        @expose
        def hold(microseconds: int) -> int:
            return ctypes.PyDLL(None).usleep(microseconds)
        """
    )
    thread = threading.Thread(target=lambda: host.call("hold", 900_000))
    thread.start()
    wait_until(lambda: host.health()["running"] == 1)
    # Answered while the call goes on, and not after it.
    assert host.health()["state"] == "busy"
    thread.join()


@pytest.mark.parametrize("how", ["stdin", "kill", "terminate", "shutdown"])
def test_nothing_remains_when_the_host_ends(tmp_path: Path, how: str) -> None:
    with running(EVERYDAY) as host:
        host.interface()
        pids = [host.process.pid, host.health()["workerPid"]]
        thread = threading.Thread(target=_ignore_errors(host), daemon=True)
        thread.start()
        wait_until(lambda: host.health()["running"] == 1)
        if how == "stdin":
            assert host.process.stdin is not None
            host.process.stdin.close()
        elif how == "kill":
            host.process.kill()
        elif how == "terminate":
            host.process.terminate()
        else:
            assert host.request("POST", "/shutdown").status == 200
        wait_until(lambda: not any(map(is_alive, pids)))
        if how != "kill":
            assert host.process.wait() == 0
        thread.join(5)


def _ignore_errors(host: RunningHost) -> Any:
    def call() -> None:
        with contextlib.suppress(Exception):
            host.call("spin")

    return call


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("stdin", "the process that started it closed it or ended"),
        ("SIGTERM", "it was stopped by SIGTERM"),
        ("SIGINT", "it was stopped by SIGINT"),
        ("shutdown", "a client shut it down"),
    ],
)
def test_calls_in_flight_hear_why_the_host_ends(serve: Serve, how: str, reason: str) -> None:
    host = serve(EVERYDAY)
    socket = host.websocket()
    socket.send({"op": "call", "id": "running", "function": "sleep"}, {"seconds": 3600})
    wait_until(lambda: host.health()["running"] == 1)
    # Too large to be dispatched before its turn.
    socket.send({"op": "call", "id": "waiting", "function": "echo"}, {"value": "x" * 100_000})
    wait_until(lambda: host.health()["waiting"] == 1)
    if how == "stdin":
        assert host.process.stdin is not None
        host.process.stdin.close()
    elif how == "shutdown":
        host.request("POST", "/shutdown")
    else:
        host.process.send_signal(signal.Signals[how])
    with pytest.raises(Failed, match=f"worker-died: the host ended during the call: {reason}"):
        socket.outcome("running")
    with pytest.raises(Failed, match=f"worker-died: the host ended before the call ran: {reason}"):
        socket.outcome("waiting")


@pytest.mark.parametrize(
    ("returncode", "out_of_memory", "text", "details"),
    [
        (
            -9,
            True,
            "it was killed (SIGKILL) because memory ran out",
            {"signal": "SIGKILL", "outOfMemory": True},
        ),
        (-9, None, "it was killed (SIGKILL), perhaps because memory ran out", {"signal": "SIGKILL"}),
        (-9, False, "it was killed (SIGKILL)", {"signal": "SIGKILL"}),
        (-11, True, "it was ended by SIGSEGV", {"signal": "SIGSEGV"}),
        (3, True, "it exited with code 3", {"exitCode": 3}),
    ],
)
def test_the_end_of_a_worker_names_memory_only_where_it_may_be_the_cause(
    returncode: int, out_of_memory: bool | None, text: str, details: dict[str, Any]
) -> None:
    worker_exit = WorkerExit(returncode, out_of_memory)
    assert str(worker_exit) == text
    assert worker_exit.details == details


@pytest.mark.parametrize("signalled", ["the host", "its worker", "both"])
def test_calls_in_flight_hear_the_reason_that_was_written_down(
    serve: Serve, tmp_path: Path, signalled: str
) -> None:
    reason_file = tmp_path / "end-reason"
    host = serve(EVERYDAY, endReasonFile=str(reason_file))
    socket = host.websocket()
    socket.send({"op": "call", "id": "running", "function": "sleep"}, {"seconds": 3600})
    wait_until(lambda: host.health()["running"] == 1)
    reason_file.write_text("the sandbox's budget, `budgetUsd`, was spent")
    if signalled != "the host":
        os.kill(host.health()["workerPid"], signal.SIGTERM)
    if signalled != "its worker":
        host.process.terminate()
    with pytest.raises(Failed, match="the host ended during the call: the sandbox's budget"):
        socket.outcome("running")


def test_a_shutdown_may_have_a_reason(serve: Serve) -> None:
    host = serve(EVERYDAY)
    socket = host.websocket()
    socket.send({"op": "call", "id": "running", "function": "sleep"}, {"seconds": 3600})
    wait_until(lambda: host.health()["running"] == 1)
    for body in ({}, {"reason": 1}, {"reason": ""}, ["reason"], b"{", b"[" * 10_000):
        assert host.request("POST", "/shutdown", body).status == 400
    assert host.request("POST", "/shutdown", {"reason": "the machine is needed"}).status == 200
    with pytest.raises(Failed, match="the host ended during the call: the machine is needed"):
        socket.outcome("running")


def test_a_log_that_cannot_be_written_breaks_nothing(serve: Serve) -> None:
    host = serve(EVERYDAY, log="/dev/full")
    host.call("say", text="hello")
    time.sleep(0.1)
    assert "worker hello" in host.logs()
    assert host.call("add", 1) == 2


def test_the_log_file_is_rotated(serve: Serve, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "host.log"
    host = serve(EVERYDAY, log=str(log), limits={"logBytes": 4000})
    for i in range(100):
        host.call("echo", value=i)
    wait_until(lambda: log.with_name("host.log.1").exists())
    assert log.stat().st_size <= 4000
    assert log.stat().st_mode & 0o777 == 0o600


def test_secrets_are_masked(serve: Serve) -> None:
    host = serve(EVERYDAY, secrets=['hf_"quoted"secret', "gemma-2-9b"])
    host.request("POST", "/call/say", {"text": 'key hf_"quoted"secret'}, headers={"Seer-Call-Id": "m1"})
    assert host.request("GET", "/calls/m1").json["output"]["text"].startswith("key ***\n")
    with pytest.raises(Failed) as failed:
        host.call("fail", message='no gemma-2-9b with hf_"quoted"secret')
    text = str(failed.value.error)
    assert "no *** with ***" in text
    assert "secret" not in text
    assert "secret" not in host.logs()


def test_secrets_are_masked_where_a_text_is_shortened(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "printing.py"
    file.write_text(
        "import os, time\nfrom seer import expose\n\n"
        "@expose\ndef line(text: str, at: int) -> None:\n"
        "    for piece in (text[:at], text[at:]):\n"
        "        os.write(1, piece.encode())\n        time.sleep(0.1)\n\n"
        "@expose\ndef fail(message: str) -> None:\n    raise ValueError(message)\n"
    )
    secret = "hf_0123456789abcdefghij"
    host = serve(file, secrets=[secret])
    shown: list[str] = []
    for shift in range(len(secret)):
        with pytest.raises(Failed) as failed:
            host.call("fail", message="x" * (SHORTENED // 2 - shift) + secret + "y" * SHORTENED)
        shown.append(json.dumps(failed.value.error))
        with pytest.raises(Failed) as failed:
            host.call("fail", message="x" * SHORTENED + secret + "y" * (SHORTENED // 2 - shift))
        shown.append(json.dumps(failed.value.error))
    for at in (8200, 8215):
        host.call("line", text="x" * 8196 + secret + "\n", at=at)
    shown.append(host.logs())
    half = (len(secret) + 1) // 2
    for text in shown:
        assert secret[:half] not in text
        assert secret[-half:] not in text


def test_secrets_are_masked_in_two_pieces_and_encoded(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "printing.py"
    file.write_text(
        "import os, time\nfrom seer import expose\n\n"
        "@expose\ndef pieces(text: str, at: int) -> None:\n"
        "    for piece in (text[:at], text[at:]):\n"
        "        os.write(1, piece.encode())\n        time.sleep(0.1)\n"
    )
    secret = "pass/word+of=a&hub?"
    host = serve(file, secrets=[secret])

    def printed(text: str, at: int) -> str:
        identity = f"c{at}-{len(text)}-{hash(text)}"
        host.request("POST", "/call/pieces", {"text": text, "at": at}, headers={"Seer-Call-Id": identity})
        return str(host.request("GET", f"/calls/{identity}").json["output"]["text"])

    for at in (1, 7, len(secret) - 1, len(secret)):
        assert printed(secret, at) == "***"
        assert printed(f"{secret} pass", at) == "*** pass"
    for form in (
        quote(secret, safe=""),
        secret.encode().hex(),
        secret.encode().hex().upper(),
        *(b64encode(prefix + secret.encode()).decode() for prefix in (b"", b"u:", b"me:")),
        urlsafe_b64encode(secret.encode()).decode(),
    ):
        shown = printed(form, 10)
        assert "***" in shown
        assert len(shown) <= 10
        assert shown == printed(form, len(form))
    assert printed("a word that is only passing", 3) == "a word that is only passing"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"colour": 1}, "unknown key: 'colour'"),
        ({"token": ""}, "needs 'token'"),
        ({"token": "same-token", "adminToken": "same-token"}, "must differ"),
        ({"port": 70000}, "'port' must be"),
        ({"models": [{"name": "x"}]}, "'models' must be"),
        ({"limits": {"queue": -1}}, "'limits.queue' must be"),
        ({"address": "203.0.113.1"}, "cannot listen on 203.0.113.1:0"),
    ],
)
def test_a_wrong_configuration(tmp_path: Path, config: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeError) as failed:
        RunningHost(tmp_path / "f.py", **config)
    assert message in str(failed.value)
    assert str(failed.value).startswith("seer_host: ")


def test_a_port_in_use(serve: Serve, tmp_path: Path) -> None:
    host = serve(EVERYDAY)
    with pytest.raises(RuntimeError, match=f"cannot listen on 127.0.0.1:{host.port}: Address already in use"):
        RunningHost(EVERYDAY, port=host.port)
