from __future__ import annotations

import io
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy
import pytest
from client_host import TOKEN, Host, serve
from client_relay import Break, relay_to

from seer_client import Client, RemoteError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def client(host: Host) -> Client:
    return Client(host.url, host.token)


def test_arguments_go_by_name_or_by_position(client: Client) -> None:
    by_name = client.call("get_embedding", {"text": "hi", "layer": 3})
    assert by_name == {"text": "hi", "layer": 3, "embedding": [0.5, -0.25], "normalized": False}
    assert client.call("get_embedding", ["hi", 3]) == by_name


def test_arrays_go_there_and_back(client: Client) -> None:
    tokens = numpy.arange(1_000_000, dtype=numpy.float64).reshape(1000, 1000).T
    scaled = client.call("activations", {"tokens": tokens, "scale": 0.5})
    assert scaled.dtype == numpy.float32
    numpy.testing.assert_array_equal(scaled, (tokens * 0.5).astype(numpy.float32))
    assert set(client.call("layers", {"count": 2})) == {"layer_0", "layer_1"}


def test_a_reference_comes_back_to_its_object(client: Client) -> None:
    kept = client.call("cached", {"size": 7})
    assert client.call("total", {"kept": kept}) == 7


def test_an_exception_comes_with_type_message_and_traceback(client: Client) -> None:
    with pytest.raises(ValueError, match=r"^layer 40 of 26$") as caught:
        client.call("fail", {"kind": "value"})
    assert isinstance(caught.value, RemoteError)
    assert 'raise ValueError("layer 40 of 26")' in caught.value.traceback
    with pytest.raises(RemoteError, match=r"^ProbeError: no such probe$"):
        client.call("fail", {"kind": "own"})


def test_wrong_arguments_name_the_parameter(client: Client) -> None:
    with pytest.raises(TypeError, match="layer: expected a whole number, got 'x'"):
        client.call("get_embedding", {"text": "hi", "layer": "x"})
    with pytest.raises(AttributeError, match="get_embedding"):
        client.call("get_embeddings", {})


def test_the_token_must_be_right(host: Host) -> None:
    with pytest.raises(PermissionError):
        Client(host.url, "x" * 40).call("typed", {})


def test_nothing_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionError, match=rf"nothing answers at http://127.0.0.1:{port}"):
        Client(f"http://127.0.0.1:{port}", TOKEN).call("typed", {})


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:80", "http://"])
def test_a_url_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="expected an http"):
        Client(url, TOKEN)


def test_a_token_cannot_add_headers() -> None:
    with pytest.raises(ValueError, match="token"):
        Client("http://127.0.0.1:1", "x\r\nHost: other")


def test_a_function_cannot_lead_elsewhere(client: Client) -> None:
    with pytest.raises(AttributeError):
        client.call("../health?x=", {})


def test_calls_share_one_connection_and_are_one_write_each(host: Host) -> None:
    with relay_to(host.port) as relay:
        client = Client(relay.url, host.token)
        for _ in range(10):
            client.call("get_embedding", {"text": "hi"})
        assert relay.connections == 1
        assert len(relay.requests) == 10
        assert all(request.endswith(b'{"text":"hi"}') for request in relay.requests)


def test_threads_have_connections_of_their_own(host: Host) -> None:
    with relay_to(host.port) as relay, ThreadPoolExecutor(4) as threads:
        client = Client(relay.url, host.token)
        texts = [str(i) for i in range(40)]
        calls = [threads.submit(client.call, "get_embedding", {"text": text}) for text in texts]
        assert [call.result()["text"] for call in calls] == texts
        assert 1 <= relay.connections <= 4


@pytest.mark.parametrize("broken", ["before the request", "after the request", "within the answer"])
@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_broken_connection_runs_nothing_twice(host: Host, broken: Break, calls_before: int) -> None:
    with relay_to(host.port) as relay:
        client = Client(relay.url, host.token)
        for _ in range(calls_before):
            client.call("count_calls", {})
        count = Client(host.url, host.token).call("count_calls", {})
        relay.break_next = broken
        assert client.call("count_calls", {}) == count + 1
        assert client.call("count_calls", {}) == count + 2


def test_a_call_that_may_have_run_on_a_host_that_is_gone_is_not_sent_to_its_successor(
    tmp_path: Path, host: Host
) -> None:
    file = tmp_path / "interface.py"
    file.write_text("import time\n@expose\ndef nap() -> None:\n    time.sleep(30)\n")
    with relay_to(host.port) as relay:
        with serve(file) as old:
            relay.target = old.port
            client = Client(relay.url, host.token)
            waiting = ThreadPoolExecutor(1).submit(client.call, "nap", {})
            end = time.monotonic() + 10
            while old.health()["state"] != "busy":
                assert time.monotonic() < end
                time.sleep(0.01)
            old.process.kill()
        with serve(file) as new:
            relay.target = new.port
            with pytest.raises(ConnectionError, match="it is unknown whether the call ran") as caught:
                waiting.result(20)
            assert isinstance(caught.value, RemoteError)
            assert new.health()["state"] in ("loading", "idle")


def test_a_child_does_not_use_its_parents_connection(client: Client) -> None:
    client.call("get_embedding", {"text": "parent"})
    child = os.fork()
    if child == 0:
        os._exit(0 if client.call("get_embedding", {"text": "child"})["text"] == "child" else 1)
    assert client.call("get_embedding", {"text": "parent"})["text"] == "parent"
    assert os.waitpid(child, 0)[1] == 0


def test_output_is_seen_while_the_function_runs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(io.StringIO):
        def write(self, text: str) -> int:
            times.append(time.monotonic())
            return super().write(text)

    times: list[float] = []
    printed = Clock()
    monkeypatch.setattr(sys, "stdout", printed)
    assert client.call("slow", {"seconds": 2.2}) == "done"
    ended = time.monotonic()
    assert printed.getvalue().count("tick\n") >= 10
    assert ended - times[0] > 0.5


def test_a_short_call_shows_its_output_too(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.call("get_embedding", {"text": "hi"})
    assert capsys.readouterr().out == "embedding 'hi'\n"


def test_a_long_call_ends_as_a_short_one_does(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.call("late", {"seconds": 1.3, "ending": "array"}).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="too late"):
        client.call("late", {"seconds": 1.3, "ending": "error"})
    assert capsys.readouterr().out == "late\nlate\n"


def test_an_interrupt_cancels_the_call(host: Host, client: Client) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            client.call("slow", {"seconds": 600})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    end = time.monotonic() + 60
    while host.health()["state"] != "idle":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert client.call("get_embedding", {"text": "next"})["text"] == "next"


def test_a_call_waits_while_the_file_loads(tmp_path: Path) -> None:
    file = tmp_path / "slow_to_load.py"
    file.write_text("import time\ntime.sleep(0.7)\n@expose\ndef ready() -> bool:\n    return True\n")
    with serve(file) as host:
        assert Client(host.url, host.token).call("ready", {}) is True


def test_a_file_that_does_not_load_says_why(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import time\ntime.sleep(0.3)\nimport no_such_module\n")
    with serve(file) as host, pytest.raises(RemoteError, match="no_such_module") as caught:
        Client(host.url, host.token).call("ready", {})
    assert caught.value.code == "load-failed"


def test_a_client_can_be_used_from_a_thread_that_began_later(client: Client) -> None:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(client.call("big_integer", {})))
    thread.start()
    thread.join(10)
    assert results == [2**63 + 1]
