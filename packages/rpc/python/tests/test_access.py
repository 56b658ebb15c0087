"""Who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hosting import ADMIN_TOKEN, CALL_TOKEN, RunningHost

if TYPE_CHECKING:
    from conftest import Serve


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer wrong", 401),
        (f"Bearer {CALL_TOKEN}x", 401),
        (f"Bearer {CALL_TOKEN[:-1]}", 401),
        (f"Basic {CALL_TOKEN}", 401),
        (CALL_TOKEN, 401),
        ("Bearer ünïcode", 401),
        (f"Bearer {CALL_TOKEN}", 200),
        (f"bearer {ADMIN_TOKEN}", 200),
    ],
)
def test_a_token_is_needed(host: RunningHost, header: str | None, status: int) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1").decode("latin-1")}
    response = host.request("GET", "/health", token=None, headers=headers)
    assert response.status == status
    if status == 401:
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.error["code"] == "unauthorised"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/logs"), ("GET", "/calls"), ("POST", "/restart"), ("POST", "/shutdown")],
)
def test_the_call_token_cannot_administrate(host: RunningHost, method: str, path: str) -> None:
    response = host.request(method, path, token=CALL_TOKEN)
    assert (response.status, response.error["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/health", "/interface", "/refs"])
def test_the_call_token_can_look(host: RunningHost, path: str) -> None:
    assert host.request("GET", path, token=CALL_TOKEN).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_web_pages_are_kept_out(host: RunningHost, headers: dict[str, str], status: int) -> None:
    assert host.request("GET", "/health", headers=headers).status == status


def test_other_names_of_the_host_can_be_allowed(serve: Serve) -> None:
    host = serve("@expose\ndef f() -> int:\n    return 1\n", allowedHosts=["tunnel.example"])
    assert host.request("GET", "/health", headers={"Host": "tunnel.example:443"}).status == 200
    assert host.request("GET", "/health", headers={"Host": "other.example"}).status == 403


def test_a_websocket_needs_a_token_and_no_origin(host: RunningHost) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "seer.v1",
    }
    assert host.request("GET", "/ws", token="wrong", headers=upgrade).status == 401
    assert host.request("GET", "/ws", headers={**upgrade, "Origin": "http://localhost"}).status == 403
    assert host.request("GET", "/ws", headers={**upgrade, "Sec-WebSocket-Protocol": "chat"}).status == 400
    assert host.request("GET", "/ws", headers={**upgrade, "Sec-WebSocket-Version": "8"}).status == 400


def test_the_tokens_are_not_in_the_logs(serve: Serve) -> None:
    host = serve(
        f"@expose\ndef f() -> str:\n    print('{CALL_TOKEN}')\n    raise ValueError('{ADMIN_TOKEN}')\n"
    )
    response = host.request("POST", "/call/f", {})
    assert ADMIN_TOKEN not in response.body.decode()
    assert CALL_TOKEN not in host.logs()
