"""Cancelling calls, and deadlines."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hosting import Failed, RunningHost, wait_until

if TYPE_CHECKING:
    from conftest import Serve

EVERYDAY = Path(__file__).parent / "fixtures" / "everyday.py"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("sleep", {"seconds": 60}),
        ("spin", {}),
        ("wait_lock", {}),
        ("wait_process", {}),
        ("async_sleep", {"seconds": 60}),
        ("beside", {"seconds": 0.3}),
        ("beside_spin", {}),
        ("beside_async", {"seconds": 60}),
    ],
)
def test_cancel_reaches_the_code(host: RunningHost, function: str, arguments: dict[str, object]) -> None:
    pid = host.health()["workerPid"]
    socket = host.websocket()
    call_id = f"cancel-{function}"
    socket.call(call_id, function, arguments)
    wait_until(lambda: host.request("GET", f"/calls/{call_id}").json["state"] == "running")
    time.sleep(0.05)
    socket.send({"op": "cancel", "id": call_id})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome(call_id)
    assert host.request("GET", f"/calls/{call_id}").json["state"] == "cancelled"
    # The worker has not been replaced, and nothing of the cancellation is left for the next call.
    assert host.call("add", 1) == 2
    assert host.health()["workerPid"] == pid
    socket.close()


def test_cleaning_up_is_possible(host: RunningHost, tmp_path: Path) -> None:
    path = tmp_path / "tidy"
    socket = host.websocket()
    socket.call("tidy", "tidy", {"path": str(path)}, output=True)
    socket.receive_op("output")
    response = host.request("DELETE", "/calls/tidy")
    assert response.json["state"] == "cancelled"
    assert response.json["error"]["code"] == "cancelled"
    assert path.read_text() == "tidied"
    socket.close()


def test_code_that_does_not_stop_is_killed(serve: Serve) -> None:
    host = serve(EVERYDAY, limits={"graceMs": 300})
    pid = host.health()["workerPid"]
    socket = host.websocket()
    socket.call("stubborn", "stubborn", output=True)
    socket.call("next", "add", {"a": 1})
    socket.receive_op("output")
    socket.send({"op": "cancel", "id": "stubborn"})
    with pytest.raises(Failed, match="cancelled") as failed:
        socket.outcome("stubborn")
    assert "killed" in failed.value.error["hint"]
    assert socket.outcome("next") == 2
    assert host.health()["workerPid"] != pid
    socket.close()


def test_a_waiting_call_is_cancelled_at_once_and_never_runs(host: RunningHost, tmp_path: Path) -> None:
    before = host.call("count")
    enough = tmp_path / "enough"
    socket = host.websocket()
    socket.call("long", "wait_for_file", {"path": str(enough)})
    ids = [f"waits-{i}" for i in range(8)]
    for call_id in ids:
        socket.call(call_id, "count")
    for call_id in ids:
        socket.send({"op": "cancel", "id": call_id})
    for call_id in ids:
        with pytest.raises(Failed, match="cancelled"):
            socket.outcome(call_id)
    enough.touch()
    assert socket.outcome("long") == "found"
    assert host.call("count") == before + 1
    socket.close()


def test_a_call_that_is_reported_as_cancelled_never_runs_although_the_worker_is_slow(
    serve: Serve, tmp_path: Path
) -> None:
    host = serve(EVERYDAY.parent / "slow_cancel.py")
    enough = tmp_path / "enough"
    socket = host.websocket()
    socket.call("long", "wait_for_file", {"path": str(enough)})
    socket.call("next", "add_one")
    wait_until(lambda: host.request("GET", "/calls/next").status == 200)
    socket.send({"op": "cancel", "id": "next"})
    enough.touch()
    assert socket.outcome("long") == "found"
    with contextlib.suppress(Failed):
        # The worker began it just before it read that the call was cancelled.
        assert socket.outcome("next") == 1
    state = host.request("GET", "/calls/next").json["state"]
    assert host.call("add_one") == {"done": 2, "cancelled": 1}[state]
    socket.close()


def test_cancelling_again_and_late_changes_nothing(host: RunningHost) -> None:
    socket = host.websocket()
    for i in range(200):
        # The cancellation arrives while the call runs, ends or has ended.
        socket.call(f"race-{i}", "sleep", {"seconds": 0.0005})
        socket.send({"op": "cancel", "id": f"race-{i}"})
        socket.call(f"after-{i}", "add", {"a": i})
    for i in range(200):
        assert socket.outcome(f"after-{i}") == i + 1
    host.request("DELETE", "/calls/race-0")
    assert host.call("add", 1) == 2
    socket.close()


def test_cancelling_an_unknown_call(host: RunningHost) -> None:
    assert host.request("DELETE", "/calls/never").status == 404


def test_a_deadline_ends_a_call(host: RunningHost) -> None:
    response = host.request("POST", "/call/sleep", {"seconds": 600}, headers={"Seer-Deadline-Ms": "150"})
    assert (response.status, response.error["code"]) == (504, "deadline")
    assert "150 ms" in response.error["message"]
    assert host.call("add", 1) == 2


def test_a_deadline_counts_from_acceptance(host: RunningHost, tmp_path: Path) -> None:
    enough = tmp_path / "enough"
    socket = host.websocket()
    socket.call("blocks", "wait_for_file", {"path": str(enough)})
    socket.call("too-late", "sleep", {"seconds": 0}, deadlineMs=100)
    with pytest.raises(Failed, match="deadline"):
        socket.outcome("too-late")
    enough.touch()
    assert socket.outcome("blocks") == "found"
    socket.close()


def test_a_wrong_deadline(host: RunningHost) -> None:
    response = host.request("POST", "/call/add", {"a": 1}, headers={"Seer-Deadline-Ms": "soon"})
    assert (response.status, response.error["code"]) == (400, "bad-request")
