"""Generators: items as they come, back-pressure, attaching again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import FIXTURES
from hosting import Failed, RunningHost, WebSocket, value_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Serve


@pytest.mark.parametrize("function", ["items", "async_items"])
def test_items_come_in_order_and_end_with_null(host: RunningHost, function: str) -> None:
    socket = host.websocket()
    socket.call(f"stream-{function}", function, {"count": 10})
    items: list[object] = []
    while (message := socket.receive_op("item", "result")).header["op"] == "item":
        assert message.header["index"] == len(items)
        items.append(value_of(message))
    assert items == ([str(i) for i in range(10)] if function == "items" else list(range(10)))
    assert value_of(message) is None
    socket.close()


def test_a_stream_waits_for_credit(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("credit", "items", {"count": 100}, credit=5)
    for i in range(5):
        assert value_of(socket.receive_op("item")) == str(i)
    time.sleep(0.1)
    assert host.request("GET", "/calls/credit").json["state"] == "running"
    socket.send({"op": "credit", "id": "credit", "items": 3})
    for i in range(5, 8):
        assert value_of(socket.receive_op("item")) == str(i)
    # However much is granted.
    socket.send({"op": "credit", "id": "credit", "items": 2**52})
    socket.outcome("credit")
    assert host.call("produced") == 100
    socket.close()


@pytest.mark.parametrize("function", ["items", "items_beside", "async_items"])
def test_a_waiting_stream_can_be_cancelled(host: RunningHost, function: str) -> None:
    socket = host.websocket()
    socket.call(f"stuck-{function}", function, {"count": 100}, credit=1)
    socket.receive_op("item")
    time.sleep(0.05)
    socket.send({"op": "cancel", "id": f"stuck-{function}"})
    with pytest.raises(Failed, match="cancelled"):
        socket.outcome(f"stuck-{function}")
    assert host.call("add", 1) == 2
    socket.close()


def test_credit_that_comes_before_the_stream_begins(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("before", "sleep", {"seconds": 0.2})
    socket.call("early", "items", {"count": 50}, credit=0)
    socket.send({"op": "credit", "id": "early", "items": 50})
    assert socket.outcome("before") == "slept"
    assert [value_of(socket.receive_op("item")) for _ in range(50)] == [str(i) for i in range(50)]
    socket.outcome("early")
    socket.close()


def test_an_error_ends_a_stream(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("fails", "failing_items", {"count": 2})
    assert [value_of(socket.receive_op("item")) for _ in range(2)] == [0, 1]
    with pytest.raises(Failed, match="no more"):
        socket.outcome("fails")
    socket.close()


def test_dropped_connections_resume_exactly(host: RunningHost) -> None:
    """Each connection takes some items and is lost; together they have every byte once."""
    size, count = 2000, 120
    received: list[str] = []
    socket = host.websocket()
    socket.call("resumed", "items", {"count": count, "size": size}, credit=8)
    drops = 0
    while len(received) < count:
        for _ in range(6):
            message = socket.receive_op("item", "result")
            if message.header["op"] == "result":
                break
            assert message.header["index"] == len(received)
            received.append(value_of(message))
        socket.close()
        drops += 1
        socket = host.websocket()
        socket.send({"op": "attach", "id": "resumed", "item": len(received)})
        socket.send({"op": "credit", "id": "resumed", "items": 6})
    assert socket.outcome("resumed") is None
    assert drops >= 20
    assert received == [str(i) * size for i in range(count)]
    socket.close()


def test_attaching_after_the_end_gives_everything(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("over", "items", {"count": 5})
    socket.outcome("over")
    socket.close()
    other = host.websocket()
    other.send({"op": "attach", "id": "over", "item": 2})
    assert [value_of(other.receive_op("item")) for _ in range(3)] == ["2", "3", "4"]
    assert other.outcome("over") is None
    other.close()


def test_attaching_to_nothing(host: RunningHost) -> None:
    socket = host.websocket()
    socket.send({"op": "attach", "id": "never"})
    with pytest.raises(Failed, match="unknown-call"):
        socket.outcome("never")
    socket.close()


def output_of(socket: WebSocket, call_id: str) -> list[tuple[str, int, object]]:
    found: list[tuple[str, int, object]] = []
    while (message := socket.receive_op("output", "result")).header["op"] == "output":
        assert message.header["id"] == call_id
        found.append((message.header["stream"], message.header["offset"], value_of(message)))
    return found


def test_output_comes_live(host: RunningHost, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    socket = host.websocket()
    socket.call("says", "say", {"text": "now ✓", "until": str(seen)}, output=True)
    message = socket.receive_op("output")
    seen.touch()  # the function goes on only now
    assert (message.header["stream"], message.header["offset"], value_of(message)) == ("stdout", 0, "now ✓\n")
    message = socket.receive_op("output")
    assert (message.header["stream"], message.header["offset"]) == ("stderr", 8)
    socket.outcome("says")
    socket.close()


def test_output_from_an_offset(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("said", "say", {"text": "abc"})
    assert socket.outcome("said") is None  # and no output, which was not asked for
    socket.send({"op": "attach", "id": "said", "output": 2})
    assert output_of(socket, "said") == [("stdout", 2, "c\n"), ("stderr", 4, "to stderr\n")]
    socket.close()


def test_output_goes_to_the_call_that_printed_it(host: RunningHost) -> None:
    socket = host.websocket()
    for i in range(4):
        socket.call(f"beside-{i}", "beside_async", {"seconds": 0.1 + i / 1000}, output=True)
    seen: dict[str, object] = {}
    ended = 0
    while ended < 4:
        message = socket.receive_op("output", "result")
        if message.header["op"] == "result":
            ended += 1
        else:
            seen[message.header["id"]] = value_of(message)
    assert seen == {f"beside-{i}": f"beside {0.1 + i / 1000}\n" for i in range(4)}
    socket.close()


def test_progress(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("steps", "report", {"steps": 3, "pause": 0.08}, output=True)
    seen: list[tuple[int, int, str]] = []
    while (message := socket.receive_op("progress", "result")).header["op"] == "progress":
        seen.append((message.header["done"], message.header["total"], message.header["message"]))
    assert seen == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]
    assert host.request("GET", "/calls/steps").json["progress"] == {
        "done": 3,
        "total": 3,
        "message": "step 3",
    }
    socket.close()


def test_much_progress_is_thinned_out(host: RunningHost) -> None:
    socket = host.websocket()
    socket.call("many", "report", {"steps": 20_000}, output=True)
    count = last = 0
    while (message := socket.receive_op("progress", "result")).header["op"] == "progress":
        count += 1
        last = message.header["done"]
    assert count < 200
    assert last == 20_000
    socket.close()


def test_bars_of_tqdm_are_progress(serve: Serve) -> None:
    host = serve(FIXTURES / "bars.py", path=[str(FIXTURES / "fake_tqdm")])
    socket = host.websocket()
    socket.call("bar", "work", {"steps": 5}, output=True)
    messages: list[dict[str, Any]] = []
    while (message := socket.receive_op("progress", "output", "result")).header["op"] != "result":
        messages.append(message.header)
    assert {m["op"] for m in messages} == {"progress"}
    assert messages[-1] == {"op": "progress", "id": "bar", "done": 5, "total": 5, "message": "layers"}


def test_functions_that_may_run_beside_each_other_do(host: RunningHost, tmp_path: Path) -> None:
    enough = tmp_path / "enough"
    socket = host.websocket()
    for i in range(6):
        socket.call(f"par-{i}", "beside_until", {"path": str(enough)})
    socket.call("main", "add", {"a": 1})
    assert socket.outcome("main") == 2
    wait_until(lambda: host.health()["running"] == 4)
    assert host.health()["waiting"] == 2
    enough.touch()
    assert [socket.outcome(f"par-{i}") for i in range(6)] == ["found"] * 6
    socket.close()


def test_references(host: RunningHost) -> None:
    ref = host.call("keep", size=5)
    assert ref["$seer"] == "ref"
    assert (ref["type"], ref["summary"]) == ("list", "[0, 1, 2, 3, 4]")
    assert host.call("total", values={"$seer": "ref", "id": ref["id"]}) == 10
    assert ref in host.request("GET", "/refs").json["refs"]
    assert host.request("DELETE", f"/refs/{ref['id']}").json == {}
    assert host.request("DELETE", f"/refs/{ref['id']}").error["code"] == "unknown-ref"
    with pytest.raises(Failed, match="there is no reference"):
        host.call("total", values=ref)
    with pytest.raises(Failed, match="values: expected a list"):
        host.call("total", values="r1")
