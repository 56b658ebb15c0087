"""What a worker leaves behind: processes, prints, memory."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hosting import Failed, is_alive, wait_until

if TYPE_CHECKING:
    from conftest import Serve
    from hosting import RunningHost

_SOURCE = """
    import os
    import signal
    import subprocess
    import sys

    @expose
    def start() -> dict:
        sleep = ["sleep", "600"]
        plain = subprocess.Popen(sleep)
        session = subprocess.Popen(sleep, start_new_session=True)
        shell = "setsid sleep 600 > /dev/null 2>&1 & echo $!"
        orphan = subprocess.run(["sh", "-c", shell], capture_output=True, text=True).stdout
        return {"plain": plain.pid, "session": session.pid, "orphan": int(orphan)}

    @expose
    def end_orphan(pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    @expose
    def end(how: str) -> None:
        if how == "exit":
            os._exit(3)
        os.kill(os.getpid(), signal.SIGKILL)

    @expose
    def fork() -> int:
        print("parent prints,", end=" ")
        child = os.fork()
        if child == 0:
            print("child prints")
            print("child complains", file=sys.stderr)
            os._exit(0)
        return os.waitpid(child, 0)[1]
"""


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_no_process_outlives_its_worker(serve: Serve, how: str) -> None:
    host = serve(_SOURCE)
    started = host.call("start")
    assert all(map(is_alive, started.values()))
    with pytest.raises(Failed, match="worker-died"):
        host.call("end", how=how)
    host.interface()
    assert not any(map(is_alive, started.values()))


def test_no_process_outlives_its_host(serve: Serve) -> None:
    host = serve(_SOURCE)
    started = host.call("start")
    assert host.process.stdin is not None
    host.process.stdin.close()
    assert host.process.wait(10) == 0
    assert not any(map(is_alive, started.values()))


def test_a_restart_waits_for_the_end_of_the_old_worker(serve: Serve) -> None:
    host = serve(_SOURCE)
    started = host.call("start")
    old = host.health()["workerPid"]
    host.request("POST", "/restart")
    assert not is_alive(old)
    assert not any(map(is_alive, started.values()))
    host.interface()


def test_an_orphan_that_ends_does_not_stay_as_a_zombie(serve: Serve) -> None:
    host = serve(_SOURCE, limits={"keptMs": 300})  # which it sweeps as often
    orphan = host.call("start")["orphan"]
    host.call("end_orphan", orphan)
    wait_until(lambda: not Path(f"/proc/{orphan}").exists())


def test_a_fork_prints_where_the_worker_would(serve: Serve) -> None:
    host = serve(_SOURCE)
    response = host.request("POST", "/call/fork", {}, headers={"Seer-Call-Id": "fork"})
    assert response.json["result"] == 0
    wait_until(lambda: "child prints" in host.logs() and "child complains" in host.logs())
    output = host.request("GET", "/calls/fork").json["output"]["text"]
    assert output.count("parent prints") == 1


def _resident_kib(host: RunningHost) -> int:
    status = Path(f"/proc/{host.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def test_ended_calls_do_not_keep_their_connections(serve: Serve) -> None:
    host = serve(_SOURCE)
    for _ in range(50):
        host.request("GET", "/health")
    before = _resident_kib(host)
    for _ in range(400):  # each with a connection of its own
        host.request("POST", "/call/end", {"what": 1})
    assert _resident_kib(host) - before < 8 * 1024


def test_a_million_short_prints_take_little_memory(serve: Serve) -> None:
    host = serve(
        """
        @expose
        def talk(lines: int) -> None:
            for i in range(lines):
                print(i % 10)
        """,
        limits={"outputBytes": 1 << 20},
    )
    host.call("talk", 1000)
    before = _resident_kib(host)
    socket = host.websocket()
    socket.call("talks", "talk", {"lines": 30_000}, output=True)
    assert socket.outcome("talks") is None
    assert _resident_kib(host) - before < 8 * 1024
    socket.close()


def test_what_is_printed_after_the_end_of_a_call_goes_to_the_one_that_runs(serve: Serve) -> None:
    host = serve(
        """
        import asyncio

        @expose
        async def begin() -> None:
            async def later() -> None:
                await asyncio.sleep(0.05)
                print("late")
            begin.task = asyncio.create_task(later())

        @expose
        async def go_on() -> None:
            await begin.task
        """
    )
    host.call("begin")
    socket = host.websocket()
    socket.call("next", "go_on", output=True)
    message = socket.receive_op("output", "result")
    assert (message.header["op"], bytes(message.json())) == ("output", b'"late\\n"')
    assert socket.outcome("next") is None
    socket.close()


def test_a_supervisor_that_is_killed_takes_the_worker_along(serve: Serve) -> None:
    host = serve(_SOURCE)
    worker = host.health()["workerPid"]
    os.kill(host.process.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(worker))
