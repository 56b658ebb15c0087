"""The golden cases, which the TypeScript client is tested with too."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hosting import ADMIN_TOKEN, CALL_TOKEN, RunningHost, running, value_of

from seer_host.errors import STATUS, RpcError
from seer_host.messages import build_message, inline_buffers, parse_message
from seer_host.worker import arrays
from seer_host.worker.decode import decode
from seer_host.worker.encode import encode
from seer_host.worker.refs import Ref, Refs

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[2] / "golden"


def load(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / name).read_text())


VALUES = load("values.json")["cases"]
MESSAGES = load("messages.json")
EXCHANGES = load("exchanges.json")


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


class Tensor:
    """What the golden reference stands for."""

    dtype = "float32"
    shape = (4096, 4096)


@named([case for case in VALUES if "float8" not in case["name"] and "bfloat16" not in case["name"]])
def test_values(case: dict[str, Any]) -> None:
    refs = Refs()
    buffers = [base64.b64decode(data) for data in case["buffers"]]
    if case["name"] == "reference":
        refs._suffix = ""  # pyright: ignore[reportPrivateUsage]
        body, _ = encode(Ref(Tensor()), refs)
        assert body.decode().replace("r1-", "r1") == case["json"]
        return
    value = decode(case["json"].encode(), [memoryview(data) for data in buffers], refs)
    body, written = encode(as_array(value), refs)
    # What ASCII escapes and what it does not is the writer's choice.
    assert json.dumps(json.loads(body)) == json.dumps(json.loads(case["json"]))
    assert [bytes(buffer) for buffer in written] == buffers
    if "plain" in case:
        assert inline_buffers(body, written).decode() == case["plain"]
        again, more = encode(as_array(decode(case["plain"].encode(), [], refs)), refs)
        assert (again, [bytes(buffer) for buffer in more]) == (body, buffers)
    if "numbers" in case:
        assert numbers_of(value) == case["numbers"]


def as_array(value: Any) -> Any:
    return arrays.SentAsArray(value) if arrays.is_zero_d(value) else value


def numbers_of(value: Any) -> list[Any]:
    array = np.asarray(value).reshape(-1)
    if array.dtype.kind == "c":
        return [part for number in array.tolist() for part in (number.real, number.imag)]
    return [str(n) for n in array.tolist()] if array.dtype.name in ("int64", "uint64") else array.tolist()


@named([case for case in VALUES if "bfloat16" in case["name"]])
def test_bfloat16_without_torch(case: dict[str, Any]) -> None:
    assert arrays.torch() is None
    value = decode(case["json"].encode(), [memoryview(base64.b64decode(case["buffers"][0]))], Refs())
    assert value.tolist() == case["numbers"]


@named(MESSAGES["cases"])
def test_messages(case: dict[str, Any]) -> None:
    data = base64.b64decode(case["bytes"])
    buffers = [base64.b64decode(buffer) for buffer in case["buffers"]]
    assert b"".join(map(bytes, build_message(case["header"], case["json"].encode(), buffers))) == data
    message = parse_message(data)
    assert message.header.items() >= case["header"].items()
    assert bytes(message.json()).decode().rstrip(" ") == case["json"]
    assert [bytes(buffer) for buffer in message.buffers()] == buffers
    if buffers:
        assert (message.body + message.header["json"]) % 8 == 0


@named(MESSAGES["malformed"])
def test_malformed_messages(case: dict[str, Any]) -> None:
    with pytest.raises(RpcError) as raised:
        parse_message(base64.b64decode(case["bytes"]))
    assert raised.value.code == "bad-request"


def test_errors() -> None:
    assert load("errors.json")["codes"] == STATUS


@pytest.fixture(scope="module")
def exchanges() -> Iterator[RunningHost]:
    with running(GOLDEN / "exchanges.py") as host:
        host.interface()
        yield host


def check(actual: Any, expected: Any, where: str = "") -> None:
    if expected == "$any":
        return
    if isinstance(expected, dict):
        for key, item in expected.items():  # pyright: ignore[reportUnknownVariableType]
            assert key in actual, f"{where}.{key}"
            check(actual[key], item, f"{where}.{key}")
    else:
        assert actual == expected, where


@named(EXCHANGES["http"])
def test_http_exchanges(exchanges: RunningHost, case: dict[str, Any]) -> None:
    request: dict[str, Any] = case["request"]
    token = {"call": CALL_TOKEN, "admin": ADMIN_TOKEN}.get(request.get("token", "call"), request.get("token"))
    response = exchanges.request(
        request["method"], request["path"], request.get("json"), token=token, headers=request.get("headers")
    )
    check(response.json, case["json"])
    assert response.status == case["status"]


@named(EXCHANGES["websocket"])
def test_websocket_exchanges(exchanges: RunningHost, case: dict[str, Any]) -> None:
    with contextlib.closing(exchanges.websocket()) as socket:
        for step in case["steps"]:
            if "send" in step:
                socket.send(step["send"], step.get("json"))
            elif "closed" in step:
                with pytest.raises(ConnectionError, match=f"closed with {step['closed']}"):
                    socket.receive()
            else:
                message = socket.receive()
                check(message.header, step["receive"])
                if "json" in step:
                    check(value_of(message), step["json"])
