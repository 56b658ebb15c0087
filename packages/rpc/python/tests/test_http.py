"""HTTP as clients and others speak it: strictness, limits, keep-alive."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hosting import CALL_TOKEN, RunningHost, wait_until

from seer_host.errors import RpcError
from seer_host.supervisor.http import parse_head

if TYPE_CHECKING:
    from conftest import Serve

AUTH = f"Authorization: Bearer {CALL_TOKEN}\r\n"
LAST = f"GET /health HTTP/1.1\r\nHost: localhost\r\n{AUTH}Connection: close\r\n\r\n".encode()


def talk(host: RunningHost, data: bytes, *, seconds: float = 5) -> bytes:
    """Sends bytes as they are, and reads until the host closes or nothing more comes."""
    with host.socket() as end:
        end.settimeout(seconds)
        end.sendall(data)
        received = b""
        try:
            while more := end.recv(65536):
                received += more
        except (TimeoutError, ConnectionResetError):
            pass
        return received


@pytest.mark.parametrize(
    "request_head",
    [
        "GET /health HTTP/2.0\r\nHost: localhost\r\n",
        "get /health HTTP/1.1\r\nHost: localhost\r\n",
        "GET health HTTP/1.1\r\nHost: localhost\r\n",
        "GET  /health HTTP/1.1\r\nHost: localhost\r\n",
        "GET /health HTTP/1.1\r\nHost : localhost\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n",
        "POST /call/add HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n" * 200,
        "GET /" + "x" * 5000 + " HTTP/1.1\r\nHost: localhost\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "y" * 40_000 + "\r\n",
        "\r\n\r\n",
        "\x16\x03\x01\x02",
    ],
    ids=lambda text: text[:60].replace("\r\n", "|"),
)
def test_what_is_no_request_is_refused_and_closed(host: RunningHost, request_head: str) -> None:
    answer = talk(host, (request_head + AUTH + "\r\n").encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in answer
    assert b'"bad-request"' in answer


def test_one_connection_serves_many_requests(host: RunningHost) -> None:
    with host.socket() as end:
        for i in range(20):
            body = f'{{"a":{i}}}'
            head = f"POST /call/add HTTP/1.1\r\nHost: localhost\r\n{AUTH}Content-Length: {len(body)}\r\n\r\n"
            end.sendall((head + body).encode())
            assert f'"result":{i + 1}}}' in end.recv(65536).decode()


def test_requests_sent_ahead_are_answered_in_order(host: RunningHost) -> None:
    head = f"POST /call/add HTTP/1.1\r\nHost: localhost\r\n{AUTH}Content-Length: 11\r\n\r\n"
    many = "".join(f'{head}{{"a":{i + 10000}}}' for i in range(50))
    answers = talk(host, many.encode() + LAST).decode()
    results = [part.partition("}")[0] for part in answers.split('"result":')[1:]]
    assert results == [str(i + 10001) for i in range(50)]
    assert '"state"' in answers


def test_a_request_in_pieces(host: RunningHost) -> None:
    request = (
        f'POST /call/add HTTP/1.1\r\nHost: localhost\r\n{AUTH}Content-Length: 7\r\n\r\n{{"a":1}}'.encode()
    )
    with host.socket() as end:
        for i in range(len(request)):
            end.sendall(request[i : i + 1])
        assert b'"result":2' in end.recv(65536)


def test_a_body_larger_than_the_buffers(host: RunningHost) -> None:
    text = "x" * 3_000_000
    assert host.call("echo", value=text) == text


def test_a_client_that_asks_first(host: RunningHost) -> None:
    with host.socket() as end:
        head = f"POST /call/add HTTP/1.1\r\nHost: localhost\r\n{AUTH}Content-Length: 7\r\n"
        end.sendall((head + "Expect: 100-continue\r\n\r\n").encode())
        assert end.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        end.sendall(b'{"a":1}')
        assert b'"result":2' in end.recv(65536)


def test_http_1_0_closes(host: RunningHost) -> None:
    answer = talk(host, f"GET /health HTTP/1.0\r\nHost: localhost\r\n{AUTH}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"}")


def test_a_half_sent_request_is_ended(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", limits={"requestMs": 300})
    answer = talk(
        host, f"POST /call/f HTTP/1.1\r\nHost: localhost\r\n{AUTH}Content-Length: 9\r\n\r\n12".encode()
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert talk(host, b"GET /he").startswith(b"HTTP/1.1 408 ")
    assert talk(host, b"") == b""


def test_an_idle_connection_is_ended(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", limits={"idleMs": 300})
    request = f"GET /health HTTP/1.1\r\nHost: localhost\r\n{AUTH}\r\n"
    assert talk(host, request.encode()).startswith(b"HTTP/1.1 200")


def test_too_large_a_request(serve: Serve) -> None:
    host = serve("@expose\ndef f(x: str) -> int:\n    return 1\n", limits={"messageBytes": 100_000})
    response = host.request("POST", "/call/f", {"x": "y" * 200_000})
    assert (response.status, response.error["code"]) == (413, "too-large")
    assert host.call("f", x="y" * 50_000) == 1


def test_too_many_connections(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", limits={"connections": 5})
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(contextlib.closing(host.websocket()))
        assert talk(host, f"GET /health HTTP/1.1\r\nHost: localhost\r\n{AUTH}\r\n".encode()) == b""
    wait_until(lambda: b"200 OK" in talk(host, LAST))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/health", 405),
        ("GET", "/call/add", 405),
        ("GET", "/calls/a/b", 404),
        ("GET", "/logs?lines=many", 400),
        ("GET", "/interface?wait=forever", 400),
        ("GET", "/interface?wait=nan", 400),
        ("GET", "/calls/x?output=-1", 404),
        ("GET", "/ws", 400),
        ("GET", "/%00", 404),
    ],
)
def test_what_is_not_there(host: RunningHost, method: str, path: str, status: int) -> None:
    response = host.request(method, path)
    assert response.status == status
    assert response.error["message"]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Seer-Call-Id": "a b"}, "Seer-Call-Id"),
        ({"Seer-Call-Id": "x" * 65}, "Seer-Call-Id"),
        ({"Seer-Call-Id": ""}, "Seer-Call-Id"),
        ({"Content-Type": "text/xml"}, "text/xml"),
        ({"Content-Type": "application/vnd.seer.v1"}, "header line"),
    ],
)
def test_wrong_headers_of_a_call(host: RunningHost, headers: dict[str, str], message: str) -> None:
    response = host.request("POST", "/call/add", b'{"a":1}', headers=headers)
    assert response.status == 400
    assert message in response.error["message"]


def test_headers_are_read_in_linear_time() -> None:
    # Quadratic work on them, 20 billion characters, would take minutes.
    spaces = f"GET / HTTP/1.1\r\nHost:{' ' * 20_000}\0".encode()
    for _ in range(100):
        with pytest.raises(RpcError, match="malformed"):
            parse_head(spaces, {})


def test_spaces_around_values_are_no_part_of_them() -> None:
    assert parse_head(b"GET / HTTP/1.1\r\nHost:\t a b \t", {}).headers == {"host": "a b"}
