"""What goes wrong in workers, and what callers see of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, RunningHost, is_alive, running, wait_until

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
    started = time.monotonic()
    response = host.request("POST", "/call/die", {"how": how})
    assert time.monotonic() - started < 2
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
    slowest = 0.0

    def call(name: int) -> None:
        nonlocal slowest
        i = 0
        while not stop.is_set():
            i += 1
            began = time.monotonic()
            try:
                host.call("once", key=f"{name}-{i}")
                outcomes.append("ok")
            except Failed as failed:
                outcomes.append(failed.code)
            slowest = max(slowest, time.monotonic() - began)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        time.sleep(random.uniform(0.02, 0.15))
        pid = host.health()["workerPid"]
        if pid is not None and is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"ok", "worker-died"}
    assert "worker-died" in outcomes
    assert slowest < 3
    assert host.call("once", key="last") == 1


def test_a_fork_of_the_worker_does_not_hide_its_death(serve: Serve) -> None:
    host = serve(
        """
        import os, time

        @expose
        def f() -> int:
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
            os._exit(5)
        """
    )
    started = time.monotonic()
    with pytest.raises(Failed, match="worker-died"):
        host.call("f")
    assert time.monotonic() - started < 2


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
    times: list[float] = []
    for _ in range(50):
        began = time.perf_counter()
        assert host.health()["state"] == "busy"
        times.append(time.perf_counter() - began)
    thread.join()
    assert sorted(times)[len(times) // 2] < 0.02


@pytest.mark.parametrize("how", ["lifeline", "kill", "terminate", "shutdown"])
def test_nothing_remains_when_the_host_ends(tmp_path: Path, how: str) -> None:
    with running(EVERYDAY) as host:
        host.interface()
        pids = [host.process.pid, host.health()["workerPid"]]
        thread = threading.Thread(target=_ignore_errors(host), daemon=True)
        thread.start()
        wait_until(lambda: host.health()["running"] == 1)
        if how == "lifeline":
            assert host.process.stdin is not None
            host.process.stdin.close()
        elif how == "kill":
            host.process.kill()
        elif how == "terminate":
            host.process.terminate()
        else:
            assert host.request("POST", "/shutdown").status == 200
        wait_until(lambda: not any(map(is_alive, pids)), 5)
        if how != "kill":
            assert host.process.wait() == 0
        thread.join(5)


def _ignore_errors(host: RunningHost) -> Any:
    def call() -> None:
        with contextlib.suppress(Exception):
            host.call("spin")

    return call


def test_a_running_call_hears_of_the_shutdown(serve: Serve) -> None:
    host = serve(EVERYDAY)
    socket = host.websocket()
    socket.call("c", "sleep", {"seconds": 30})
    wait_until(lambda: host.health()["running"] == 1)
    host.request("POST", "/shutdown")
    with pytest.raises(Failed, match="worker-died: the host was shut down"):
        socket.outcome("c")
    socket.close()


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
