"""Calls over HTTP: results, errors, output, records."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hosting import CALL_TOKEN, Failed, RunningHost, result_of

if TYPE_CHECKING:
    from conftest import Serve


def test_arguments_by_name_and_by_position(host: RunningHost) -> None:
    assert host.call("add", a=1, b=2) == 3
    assert host.call("add", 1, 2) == 3
    assert host.call("add", 1) == 2


@pytest.mark.parametrize(
    ("arguments", "message", "parameter"),
    [
        ({}, "add: the argument 'a' is missing", "a"),
        ({"a": "1"}, "add: a: expected a whole number, got '1'", "a"),
        ({"a": True}, "add: a: expected a whole number, got True", "a"),
        ({"a": 1, "c": 2}, "add: there is no parameter 'c'; it takes a, b", "c"),
        ([], "add: the argument 'a' is missing", "a"),
        ([1, 2, 3], "add: it takes 2 positional arguments, and 3 were given", None),
        (5, "add: the arguments must be an object of arguments by name, or an array of them", None),
    ],
)
def test_wrong_arguments_name_the_parameter(
    host: RunningHost, arguments: object, message: str, parameter: str | None
) -> None:
    response = host.request("POST", "/call/add", arguments)
    assert response.status == 400
    assert response.error["code"] == "invalid-arguments"
    assert response.error["message"] == message
    assert response.error["details"].get("parameter") == parameter


def test_arguments_that_are_not_json(host: RunningHost) -> None:
    response = host.request("POST", "/call/add", b"{a: 1}")
    assert response.status == 400
    assert "not JSON" in response.error["message"]


def test_an_exception_arrives_with_its_traceback(host: RunningHost) -> None:
    response = host.request("POST", "/call/fail", {"message": "layer 40 of 26"})
    assert response.status == 500
    error = response.error
    assert (error["code"], error["type"], error["message"]) == ("exception", "RuntimeError", "outer")
    assert 'raise RuntimeError("outer") from error' in error["traceback"]
    assert "ValueError: layer 40 of 26" in error["traceback"]
    assert "direct cause" in error["traceback"]
    assert "seer_host" not in error["traceback"]


def test_sys_exit_is_an_exception_of_its_call(host: RunningHost) -> None:
    before = host.health()["workerPid"]
    with pytest.raises(Failed) as failed:
        host.call("exit_with", code=3)
    assert failed.value.error["type"] == "SystemExit"
    assert host.health()["workerPid"] == before


def test_an_unknown_function_names_the_nearest(host: RunningHost) -> None:
    response = host.request("POST", "/call/ad", {})
    assert response.status == 404
    assert response.error["code"] == "unknown-function"
    assert response.error["hint"] == "Did you mean add?"


def test_names_that_are_not_exposed_cannot_be_called(serve: Serve) -> None:
    host = serve(
        """
        def _private() -> int:
            return 1

        @expose
        def public() -> int:
            return _private()
        """
    )
    assert host.call("public") == 1
    for name in ("_private", "expose", "get_model_path", "__class__", "public.__globals__"):
        with pytest.raises(Failed, match="unknown-function"):
            host.call(name)


def test_a_result_that_cannot_be_sent_is_named_by_its_path(serve: Serve) -> None:
    host = serve(
        """
        class Model: ...

        @expose
        def get() -> dict:
            return {"models": [1, Model()]}
        """
    )
    response = host.request("POST", "/call/get", {})
    assert response.status == 500
    assert response.error["code"] == "unserialisable"
    assert response.error["message"].startswith("result['models'][1] is of type Model, which cannot be sent")


def test_prints_are_in_the_record_and_in_the_log(host: RunningHost) -> None:
    host.request("POST", "/call/say", {"text": "hello ✓"}, headers={"Seer-Call-Id": "says-1"})
    record = host.request("GET", "/calls/says-1").json
    assert record["state"] == "done"
    assert record["output"] == {"offset": 0, "text": "hello ✓\nto stderr\n", "next": 20}
    assert host.request("GET", "/calls/says-1?output=10").json["output"]["text"] == "to stderr\n"
    assert " worker hello ✓\n" in host.logs()


def test_what_goes_around_sys_stdout_is_output_too(host: RunningHost) -> None:
    host.request("POST", "/call/say_below", {"text": "x"}, headers={"Seer-Call-Id": "below-1"})
    text = host.request("GET", "/calls/below-1").json["output"]["text"]
    assert sorted(text.splitlines()) == ["child x", "raw x", "thread x"]


def test_arguments_are_not_logged(host: RunningHost) -> None:
    host.call("echo", value="a very private thing")
    logs = host.logs()
    assert "echo done" in logs
    assert "private thing" not in logs


def test_a_call_id_runs_once(host: RunningHost) -> None:
    headers = {"Seer-Call-Id": "once-1"}
    first = result_of(host.request("POST", "/call/count", {}, headers=headers))
    assert result_of(host.request("POST", "/call/count", {}, headers=headers)) == first
    assert host.call("count") == first + 1
    response = host.request("POST", "/call/add", {"a": 1}, headers=headers)
    assert (response.status, response.error["code"]) == (400, "bad-request")


def test_a_call_id_sent_while_the_call_runs_waits_for_it(host: RunningHost) -> None:
    results: list[object] = []

    def call() -> None:
        response = host.request("POST", "/call/sleep", {"seconds": 0.3}, headers={"Seer-Call-Id": "twice-1"})
        results.append(response.json)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"id": "twice-1", "result": "slept"}] * 3


def test_prefer_wait_gives_the_record_of_a_call_that_goes_on(host: RunningHost) -> None:
    headers = {"Seer-Call-Id": "patient-1", "Prefer": "wait=0"}
    response = host.request("POST", "/call/sleep", {"seconds": 0.3}, headers=headers)
    assert response.status == 202
    assert response.json["state"] == "running"
    record = host.request("GET", "/calls/patient-1?wait=5").json
    assert (record["state"], record["result"]) == ("done", "slept")


def test_prefer_record_brings_what_was_printed(host: RunningHost) -> None:
    headers = {"Prefer": "wait=5, record"}
    printed = host.request("POST", "/call/say", {"text": "hello"}, headers=headers)
    assert printed.status == 200
    assert printed.json["output"]["text"] == "hello\nto stderr\n"
    assert (printed.json["state"], printed.json["result"]) == ("done", None)
    silent = host.request("POST", "/call/sleep", {"seconds": 0}, headers=headers)
    assert silent.json.keys() == {"id", "result"}


def test_a_call_outlives_its_connection(host: RunningHost) -> None:
    end = host.socket()
    end.sendall(
        f"POST /call/sleep HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {CALL_TOKEN}\r\n"
        "Seer-Call-Id: orphan-1\r\nContent-Length: 15\r\n\r\n".encode()
        + b'{"seconds":0.2}'
    )
    time.sleep(0.1)
    end.close()
    assert host.request("GET", "/calls/orphan-1?wait=5").json["result"] == "slept"


def test_an_unknown_call(host: RunningHost) -> None:
    response = host.request("GET", "/calls/never")
    assert (response.status, response.error["code"]) == (404, "unknown-call")


def test_a_stream_over_http_is_a_list(host: RunningHost) -> None:
    assert host.call("items", count=100) == [str(i) for i in range(100)]
    assert host.call("async_items", count=3) == [0, 1, 2]


def test_async_functions(host: RunningHost) -> None:
    assert host.call("async_sleep", seconds=0.01) == "slept"


def test_records_are_listed_for_the_admin(host: RunningHost) -> None:
    host.call("add", 1)
    calls = host.request("GET", "/calls").json["calls"]
    assert calls[-1]["function"] == "add"
    assert "result" not in calls[-1]
    assert host.request("GET", "/calls", token=CALL_TOKEN).status == 403


def test_old_records_are_dropped(serve: Serve) -> None:
    host = serve(
        "@expose\ndef f() -> str:\n    return 'x' * 5000\n", limits={"keptBytes": 20_000, "keptMs": 60_000}
    )
    for i in range(10):
        host.request("POST", "/call/f", {}, headers={"Seer-Call-Id": f"c{i}"})
    assert host.request("GET", "/calls/c0").status == 404
    assert host.request("GET", "/calls/c9").status == 200


def test_a_result_over_the_limit(serve: Serve) -> None:
    host = serve("@expose\ndef f(n: int) -> str:\n    return 'x' * n\n", limits={"messageBytes": 10_000})
    with pytest.raises(Failed, match="too-large"):
        host.call("f", 20_000)
    assert host.call("f", 5) == "xxxxx"


def test_curl_can_call(host: RunningHost) -> None:
    command = ["curl", "-sS", f"http://127.0.0.1:{host.port}/call/add", "-d", '{"a": 20, "b": 22}']
    answer = subprocess.run(
        [*command, "-H", f"Authorization: Bearer {CALL_TOKEN}"], check=True, capture_output=True, text=True
    )
    assert json.loads(answer.stdout)["result"] == 42
