"""Items of streams, and results, are sent as they were when they were yielded or returned."""

from __future__ import annotations

import base64
import struct
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest
from hosting import Failed, value_of, wait_until

from seer_host.messages import build_message, inline_buffers, parse_message
from seer_host.worker.encode import ListEncoder, encode
from seer_host.worker.refs import Refs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hosting import RunningHost

INTERFACE = """
    import asyncio
    from collections import deque
    from collections.abc import AsyncIterator, Iterator
    from dataclasses import dataclass, field
    from typing import Any

    import numpy as np

    @dataclass
    class State:
        count: int = 0
        values: list = field(default_factory=list)

    def changed(kind: str, count: int):
        "Yields the same object again and again, and changes it in between."
        array, data, state = np.zeros(2), bytearray(2), State()
        record, numbers, members, window = {"n": 0, "inner": {"n": 0}}, [0], {0}, deque([0])
        made = {
            "array": array, "view": array[:1], "zero_d": np.zeros(()),
            "bytearray": data, "memoryview": memoryview(data),
            "list": numbers, "dict": record, "dataclass": state, "set": members, "deque": window,
            "nested": {"array": [array], "data": data, "inner": record, "nan": float("nan")},
        }
        for i in range(1, count + 1):
            array[:] = i
            made["zero_d"][()] = i
            data[:] = bytes([i, i])
            numbers[0] = window[0] = record["n"] = record["inner"]["n"] = state.count = i
            members.clear()
            members.add(i)
            state.values.append(i)
            yield made[kind]

    @expose
    def items(kind: str, count: int) -> Iterator[Any]:
        yield from changed(kind, count)

    @expose
    async def async_items(kind: str, count: int) -> AsyncIterator[Any]:
        for value in changed(kind, count):
            yield value
            await asyncio.sleep(0)

    @expose(concurrency=2)
    def concurrent_items(kind: str, count: int) -> Iterator[Any]:
        yield from changed(kind, count)

    shared = bytearray(4_000_000)

    @expose(concurrency=2)
    def change(seconds: float) -> None:
        import time
        end, i = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            i += 1
            shared[:] = bytes([i % 256]) * len(shared)

    @expose(concurrency=2)
    def concurrently_changed() -> bytes:
        return shared

    @expose
    def changed_beside() -> Any:
        return {"data": shared}

    @expose
    async def changed_by_a_task() -> bytes:
        shared[:] = bytes(len(shared))
        async def change():
            shared[:] = b"x" * len(shared)
        changed_by_a_task.task = asyncio.ensure_future(change())
        return shared

    @expose
    def report(count: int) -> None:
        "Reports an array that it goes on to change."
        import time
        done, total, message = np.zeros((), np.int64), np.full((), count), ["at 0"]
        for i in range(1, count + 1):
            done[()] = i
            message[0] = f"at {i}"
            expose.progress(done, total, message)
            time.sleep(0.1)  # more often, and some are left out
        done[()] = -1

    @expose
    def one_wrong() -> Iterator[Any]:
        try:
            yield [1]
            yield [object()]
        finally:
            closed.append(True)

    closed = []

    @expose
    def was_closed() -> int:
        return len(closed)

    board = {"array": np.zeros(1), "yielded": 0}

    def waiting() -> Iterator[Any]:
        board["array"][:] = 0
        for _ in range(2):
            board["yielded"] += 1
            yield board["array"]

    @expose(concurrency=2)
    def waiting_items() -> Iterator[Any]:
        yield from waiting()

    @expose(concurrency=2)
    async def waiting_async_items() -> AsyncIterator[Any]:
        for value in waiting():
            yield value

    @expose
    def change_board() -> int:
        if board["yielded"]:
            board["array"] += 1
        yielded, board["yielded"] = board["yielded"], 0
        return yielded
"""

FUNCTIONS = ["items", "async_items", "concurrent_items"]
KINDS = "array view zero_d bytearray memoryview list dict dataclass set deque nested"


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import textwrap

    from hosting import running

    file = tmp_path_factory.mktemp("streams") / "interface.py"
    file.write_text(textwrap.dedent(INTERFACE))
    with running(file) as host:
        host.interface()
        yield host


def first_number(value: Any) -> Any:
    """The number that an item of `changed` was changed to, wherever it is."""
    if isinstance(value, list):
        return first_number(value[0])
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if fields.get("$seer") == "array":
        return struct.unpack("<d", base64.b64decode(fields["data"])[:8])[0]
    if fields.get("$seer") == "bytes":
        return base64.b64decode(fields["data"])[0]
    numbers = {first_number(item) for item in fields.values() if item != {"$seer": "float", "value": "nan"}}
    assert len(numbers - {1.0}) <= 1  # a list that grows begins with 1
    return max(numbers)


def by_post(host: RunningHost, function: str, kind: str) -> list[Any]:
    return host.call(function, kind, 3)


def by_websocket(host: RunningHost, function: str, kind: str) -> list[Any]:
    socket = host.websocket()
    socket.call(f"{function}-{kind}", function, {"kind": kind, "count": 3}, credit=1)
    items: list[Any] = []
    while (message := socket.receive_op("item", "result")).header["op"] == "item":
        items.append(value_of_plain(message))
        socket.send({"op": "credit", "id": f"{function}-{kind}", "items": 1})
    socket.close()
    return items


def by_record(host: RunningHost, function: str, kind: str) -> list[Any]:
    call_id = f"record-{function}-{kind}"
    host.request(
        "POST", f"/call/{function}", [kind, 3], headers={"Seer-Call-Id": call_id, "Prefer": "wait=20"}
    )
    return host.request("GET", f"/calls/{call_id}?wait=20").json["result"]


def value_of_plain(message: Any) -> Any:
    import json

    return json.loads(inline_buffers(message.json(), message.buffers()))


@pytest.mark.parametrize("read", [by_post, by_websocket, by_record])
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", KINDS.split())
def test_each_item_is_what_was_yielded(
    changing: RunningHost, read: Callable[..., list[Any]], function: str, kind: str
) -> None:
    assert [first_number(item) for item in read(changing, function, kind)] == [1, 2, 3]


@pytest.mark.parametrize("function", ["waiting_items", "waiting_async_items"])
def test_an_item_that_waits_for_credit_is_what_was_yielded(changing: RunningHost, function: str) -> None:
    socket = changing.websocket()
    socket.call(function, function, credit=0)
    items: list[float] = []
    for _ in range(2):
        wait_until(lambda: changing.call("change_board") > 0)
        socket.send({"op": "credit", "id": function, "items": 1})
        items.append(first_number(value_of_plain(socket.receive_op("item"))))
    assert items == [0, 1]
    socket.outcome(function)
    socket.close()


@pytest.mark.parametrize("function", ["concurrently_changed", "changed_beside"])
def test_a_result_is_whole_while_another_call_changes_it(changing: RunningHost, function: str) -> None:
    beside = threading.Thread(target=changing.call, args=("change", 1.0))
    beside.start()
    while beside.is_alive():
        result = changing.call(function)
        data = base64.b64decode((result.get("data") if function == "changed_beside" else result)["data"])
        assert data == data[:1] * len(data)
    beside.join()


def test_a_result_is_what_was_returned_though_a_task_goes_on(changing: RunningHost) -> None:
    assert not any(base64.b64decode(changing.call("changed_by_a_task")["data"]))


def test_progress_is_what_was_reported(changing: RunningHost) -> None:
    socket = changing.websocket()
    socket.call("report", "report", {"count": 3}, output=True)
    reports = [socket.receive_op("progress").header for _ in range(3)]
    assert [(r["done"], r["total"]) for r in reports] == [(1, 3), (2, 3), (3, 3)]
    assert [r["message"] for r in reports] == ["['at 1']", "['at 2']", "['at 3']"]
    socket.outcome("report")
    socket.close()


def test_an_item_that_cannot_be_sent_closes_the_generator(changing: RunningHost) -> None:
    before = changing.call("was_closed")
    with pytest.raises(Failed, match=r"unserialisable: item 1\[0\] is of type object"):
        changing.call("one_wrong")
    socket = changing.websocket()
    socket.call("one-wrong", "one_wrong")
    assert value_of(socket.receive_op("item")) == [1]
    with pytest.raises(Failed, match=r"unserialisable: item 1\[0\] is of type object"):
        socket.outcome("one-wrong")
    socket.close()
    assert changing.call("was_closed") == before + 2


def test_a_list_of_many_items_is_one_value() -> None:
    items = [1, [b"x", float("nan")], {"a": bytearray(b"yz")}, "\ud800", None, {1: b"w"}]
    encoder = ListEncoder(Refs())
    for i, item in enumerate(items):
        encoder.append(item, f"item {i}")
    body, buffers = encoder.finish()
    expected = encode(items, Refs())
    assert inline_buffers(body, buffers) == inline_buffers(*expected)
    message = parse_message(b"".join(build_message({"op": "result", "id": "x"}, body, buffers)))
    assert [bytes(buffer) for buffer in message.buffers()] == [b"x", b"yz", b"w"]
    assert ListEncoder(Refs()).finish() == (b"[]", [])
