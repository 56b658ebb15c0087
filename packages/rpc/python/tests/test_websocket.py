"""The WebSocket, below and at the level of messages."""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING

import pytest
from hosting import Failed, RunningHost, value_of, wait_until

if TYPE_CHECKING:
    from conftest import Serve

CALL = b'{"op":"call","id":"%s","function":"add"}\n{"a":1}'


def test_hello(host: RunningHost) -> None:
    first, second = host.websocket(), host.websocket()
    assert first.hello["protocol"] == 1
    assert first.hello["state"] in ("idle", "busy")
    assert first.hello["instance"] == second.hello["instance"]
    first.close()
    second.close()


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\x01\x02\x03\x04", b"\xff\0\xff\0"])
@pytest.mark.parametrize("size", [0, 1, 100, 200, 70_000, 300_000])
def test_frames_of_every_length(host: RunningHost, size: int, mask: bytes) -> None:
    socket = host.websocket()
    text = "é" * size
    call_id = f"len-{size}-{mask.hex()}"
    socket.send({"op": "call", "id": call_id, "function": "echo"}, {"value": text}, mask=mask)
    assert socket.outcome(call_id) == text
    socket.close()


def test_fragments_with_a_ping_between_them(host: RunningHost) -> None:
    socket = host.websocket()
    data = CALL % b"fragments"
    socket.send_frame(1, data[:10], final=False)
    socket.send_frame(9, b"still there?")
    socket.send_frame(0, data[10:20], final=False)
    socket.send_frame(0, data[20:])
    assert socket.receive_frame() == (10, b"still there?")
    assert socket.outcome("fragments") == 2
    socket.close()


def test_many_calls_at_once(host: RunningHost) -> None:
    socket = host.websocket()
    for i in range(500):
        socket.call(f"many-{i}", "add", {"a": i})
    results: dict[str, object] = {}
    while len(results) < 500:
        message = socket.receive_op("result")
        results[message.header["id"]] = value_of(message)
    assert results == {f"many-{i}": i + 1 for i in range(500)}
    socket.close()


def test_a_binary_message(host: RunningHost) -> None:
    socket = host.websocket()
    body = b'{"value":{"$seer":"bytes","buffer":0}}'
    header = b'{"op":"call","id":"bin","function":"echo","json":%d,"buffers":[3]}\n'
    size = len(body)
    while (len(header % size) + size) % 8:
        size += 1
    socket.send_frame(2, header % size + body.ljust(size) + b"abc\0\0\0\0\0")
    opcode, data = socket.receive_frame()
    assert opcode == 2
    head, _, rest = data.partition(b"\n")
    result = json.loads(head)
    assert result["buffers"] == [3]
    assert json.loads(rest[: result["json"]]) == {"$seer": "bytes", "buffer": 0}
    assert rest[result["json"] :] == b"abc\0\0\0\0\0"
    socket.close()


def test_ping_and_pong_of_the_protocol(host: RunningHost) -> None:
    socket = host.websocket()
    socket.send({"op": "ping", "id": "p1"})
    assert socket.receive_op("pong").header == {"op": "pong", "id": "p1"}
    socket.close()


@pytest.mark.parametrize(
    ("opcode", "data", "code"),
    [
        (1, b"no newline", 1002),
        (1, b"not json\n", 1002),
        (1, b"[1]\n", 1002),
        (1, b'{"op":"call"}\n', 1002),
        (1, b'{"op":"call","id":"a b"}\n', 1002),
        (1, b'{"op":"call","id":5}\n', 1002),
        (1, b'{"op":"what","id":"x"}\n', 1002),
        (1, b'{"op":["call"],"id":"x"}\n', 1002),
        (1, b'{"op":"call","id":"x","json":5}\n{}', 1002),
        (1, b'{"op":"call","id":"x","json":2,"buffers":[-1]}\n{}', 1002),
        (1, b'{"op":"call","id":"x","json":2,"buffers":[1e9]}\n{}', 1002),
        (1, b"\xff\xfe\n", 1002),
        (0, b"continues nothing", 1002),
        (3, b"unknown opcode", 1002),
        (9, b"x" * 126, 1002),
    ],
)
def test_what_is_no_message_closes_the_connection(
    host: RunningHost, opcode: int, data: bytes, code: int
) -> None:
    socket = host.websocket()
    socket.send_frame(opcode, data)
    with pytest.raises(ConnectionError, match=f"closed with {code}"):
        socket.receive()
    socket.close()


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked
        b"\xc1\x80\0\0\0\0",  # a reserved bit
        b"\x09\x80\0\0\0\0",  # a fragmented ping
        b"\x01\x80\0\0\0\0\x81\x80\0\0\0\0",  # a message inside another
    ],
)
def test_broken_frames_close_the_connection(host: RunningHost, frame: bytes) -> None:
    socket = host.websocket()
    socket.end.sendall(frame)
    with pytest.raises(ConnectionError, match="closed with 1002"):
        socket.receive()
    socket.close()


def test_too_large_a_message(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", limits={"messageBytes": 10_000})
    socket = host.websocket()
    socket.end.sendall(struct.pack("!BBQ", 0x82, 0xFF, 1 << 40) + b"\0\0\0\0")
    with pytest.raises(ConnectionError, match="closed with 1009"):
        socket.receive()
    socket.close()


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"op": "call", "function": "nothing"}, "unknown-function"),
        ({"op": "call"}, "bad-request"),
        ({"op": "call", "function": ["add"]}, "bad-request"),
        ({"op": "call", "function": "add", "deadlineMs": -1}, "bad-request"),
        ({"op": "call", "function": "add", "deadlineMs": "1"}, "bad-request"),
        ({"op": "call", "function": "add", "credit": 1.5}, "bad-request"),
        ({"op": "cancel"}, "unknown-call"),
        ({"op": "attach"}, "unknown-call"),
    ],
)
def test_what_cannot_be_carried_out_is_answered(
    host: RunningHost, header: dict[str, object], code: str
) -> None:
    socket = host.websocket()
    call_id = "wrong-" + str(abs(hash(str(header))))
    socket.send({**header, "id": call_id}, {})
    with pytest.raises(Failed) as failed:
        socket.outcome(call_id)
    assert failed.value.code == code
    # The connection goes on.
    socket.call(call_id + "-after", "add", {"a": 1})
    assert socket.outcome(call_id + "-after") == 2
    socket.close()


def test_a_call_can_be_attached_to_from_another_connection(host: RunningHost) -> None:
    first = host.websocket()
    first.call("moves", "sleep", {"seconds": 0.3})
    wait_until(lambda: host.health()["running"] == 1)
    first.close()
    second = host.websocket()
    second.send({"op": "attach", "id": "moves"})
    assert second.outcome("moves") == "slept"
    second.close()


def test_states_are_told(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n")
    socket = host.websocket()
    host.request("POST", "/restart")
    assert socket.receive_op("state").header["state"] == "restarting"
    assert socket.receive_op("state").header["state"] == "idle"
    socket.close()


def test_closing_is_answered(host: RunningHost) -> None:
    socket = host.websocket()
    socket.send_frame(8, (1000).to_bytes(2, "big"))
    with pytest.raises(ConnectionError, match="closed with 1000"):
        socket.receive()
    socket.close()


def test_a_full_queue_refuses_clearly(serve: Serve) -> None:
    host = serve("import time\n@expose\ndef f() -> None:\n    time.sleep(0.3)\n", limits={"queue": 3})
    socket = host.websocket()
    for i in range(12):
        socket.call(f"q{i}", "f")
    # One runs and three have been given to the worker, three wait; the rest is refused.
    for _ in range(5):
        error = value_of(socket.receive_op("error"))
        assert error["code"] == "queue-full"
        assert error["details"]["queueLimit"] == 3
    assert host.health()["waiting"] == 6
    assert host.request("POST", "/call/f", {}).status == 429
    socket.close()


def test_calls_beyond_the_rate_are_refused_until_it_allows_them(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", limits={"callsPerSecond": 5})
    socket = host.websocket()
    for i in range(12):
        socket.call(f"c{i}", "f")
    answers = [socket.receive() for _ in range(12)]
    refused = [value_of(answer) for answer in answers if answer.header["op"] == "error"]
    # The burst of one second, and what a slow machine lets in meanwhile.
    assert 5 <= 12 - len(refused) <= 8
    assert {error["code"] for error in refused} == {"rate-limited"}
    time.sleep(refused[0]["details"]["retryAfterMs"] / 1000)
    assert host.request("POST", "/call/f", {}).json["result"] == 1
    socket.close()


def test_clients_take_turns(serve: Serve) -> None:
    host = serve("import time\n@expose\ndef f() -> None:\n    time.sleep(0.01)\n")
    greedy, modest = host.websocket(), host.websocket()
    for i in range(60):
        greedy.call(f"greedy-{i}", "f")
    wait_until(lambda: host.health()["waiting"] > 50)
    modest.call("modest", "f")
    assert host.request("GET", "/calls/modest").json["position"] <= 6
    modest.outcome("modest")
    assert host.health()["waiting"] > 40
    greedy.close()
    modest.close()
