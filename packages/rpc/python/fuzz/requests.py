"""Inputs that are, or were going to be, HTTP requests."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from . import values
from .host import ADMIN_TOKEN, MESSAGE_BYTES, REQUEST_MS, TOKEN
from .mutations import mutate
from .wire import Finding, Wire, check_responses

if TYPE_CHECKING:
    from random import Random

_HELLOS = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /health\r\n\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\r\n\r\n",
    b"GET http://127.0.0.1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
    b"*1\r\n$4\r\nPING\r\n",
)
_METHODS = ("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "get", "", "X" * 40, "GE\tT", "🧠")
_TARGETS = (
    "/",
    "//",
    "/health",
    "/health/",
    "/interface",
    "/interface?wait=-1",
    "/interface?wait=nan",
    "/interface?wait=1e400",
    "/interface?wait=0.01&wait=x",
    "/calls",
    "/calls/",
    "/calls/%00",
    "/calls/x?wait=1e9&output=-1",
    "/calls/x?output=99999999999999999999",
    "/calls/..%2f..%2fetc",
    "/calls/%ff%fe%c3%28",
    "/calls/" + "y" * 3000,
    "/call",
    "/call/",
    "/call/__import__",
    "/call/add/extra",
    "/call/%61dd",
    "/refs",
    "/refs/r1",
    "/refs/" + "%F0%9F%A7%A0" * 20,
    "/logs?lines=10",
    "/logs?lines=%31%30",
    "/logs?lines=1e9",
    "/logs?lines=000000000000001",
    "/ws",
    "/ws?x",
    "/" + "z" * 5000,
    "/health#fragment",
    "/he alth",
    "*",
    "/?" + "&".join(f"a{i}={i}" for i in range(500)),
)
_ADMIN_TARGETS = ("/restart", "/shutdown")
_HOSTS = (
    "127.0.0.1",
    "localhost",
    "[::1]:80",
    "LOCALHOST:1",
    "evil.example",
    "",
    "127.0.0.1:x",
    "127.0.0.1@evil",
)
_LENGTHS = ("-1", "+5", "0x10", "1e3", "5, 5", " ", "99999999999999999999", "௧", str(MESSAGE_BYTES + 1), "7")
_FIELDS = (
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Expect: 100-continue",
    "Expect: nothing",
    "Origin: http://evil.example",
    "Origin: null",
    "Connection: close",
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Content-Encoding: gzip",
    "Content-Length: 3",
    "Host: other.example",
    "Accept: application/vnd.seer.v1",
    "Seer-Call-Id: fuzz-1",
    "Seer-Call-Id: " + "a" * 65,
    "Seer-Call-Id: ../x",
    "Seer-Deadline-Ms: 0",
    "Seer-Deadline-Ms: 1",
    "Seer-Deadline-Ms: -5",
    "Seer-Deadline-Ms: 999999999999999",
    "Seer-Deadline-Ms: ²",
    "Prefer: wait=0",
    "Prefer: respond-async, wait=9999999",
    "Prefer: wait=99999999999999",
    "X: " + "v" * 9000,
    " folded: yes",
    "NoColon",
    "Bad Name: x",
    ": empty",
    "X-Null: a\0b",
    "X-Latin: \xe9",
)
_TYPES = (
    "application/json",
    "application/vnd.seer.v1",
    "text/plain",
    "application/x-www-form-urlencoded",
    ";",
    "",
)
_LIES: tuple[Any, ...] = (-1, 0, 2**62, 10**40, None, "8", 1.0, True, [], {})
_LAST = (
    f"GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
).encode()


def a_request(random: Random) -> bytes:
    """A request with something unusual in it."""
    admin = random.random() < 0.2
    target = random.choice(_TARGETS if admin else (*_TARGETS, *_ADMIN_TARGETS))
    method = random.choice(_METHODS[:3] if random.random() < 0.8 else _METHODS)
    fields = [f"Host: {random.choice(_HOSTS[:3] if random.random() < 0.8 else _HOSTS)}"]
    if random.random() < 0.9:
        token = (
            ADMIN_TOKEN if admin else random.choice((TOKEN,) * 8 + ("wrong", TOKEN[:-1], "", "é", TOKEN * 9))
        )
        scheme = (
            "Bearer" if random.random() < 0.95 else random.choice(("bearer", "Basic", "", "Bearer Bearer"))
        )
        fields.append(f"Authorization: {scheme} {token}")
    fields += random.choices(_FIELDS, k=random.choice((0, 0, 1, 1, 2, 3)))
    if random.random() < 0.02:
        fields += [f"X-{i}: {i}" for i in range(random.choice((99, 101, 300)))]
    content = b""
    if random.random() < 0.3:
        content = values.body(random)[:20_000]
        length = str(len(content)) if random.random() < 0.7 else random.choice(_LENGTHS)
        fields.append(f"Content-Length: {length}")
    random.shuffle(fields)
    version = "1.1" if random.random() < 0.9 else random.choice(("1.0", "0.9", "2", "1.10", ""))
    head = "\r\n".join((f"{method} {target} HTTP/{version}", *fields))
    return head.encode("utf-8") + b"\r\n\r\n" + content


def a_call(random: Random) -> bytes:
    """A call with hostile arguments."""
    name = (
        random.choice(values.FUNCTIONS) if random.random() < 0.95 else random.choice(("", "nope", "a" * 500))
    )
    fields = ["Host: 127.0.0.1", f"Authorization: Bearer {TOKEN}"]
    kind = "application/json" if random.random() < 0.5 else random.choice(_TYPES)
    content = values.body(random, name)
    if kind == "application/vnd.seer.v1" and random.random() < 0.95:
        content = a_message(random, {}, content)
    if random.random() < 0.2:
        content = mutate(random, content)
    fields += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    fields += random.choices(_FIELDS[12:24], k=random.choice((0, 0, 0, 1, 2)))
    return "\r\n".join((f"POST /call/{name} HTTP/1.1", *fields)).encode("utf-8") + b"\r\n\r\n" + content


def a_message(random: Random, header: dict[str, Any], content: bytes) -> bytes:
    """A message whose header may lie about its parts."""
    if random.random() < 0.4:
        return json.dumps(header).encode() + b"\n" + content
    buffers = [random.randbytes(random.choice((0, 1, 8, 24, 100))) for _ in range(random.randrange(4))]
    header = {**header, "json": len(content), "buffers": [len(buffer) for buffer in buffers]}
    if random.random() < 0.5:
        lie = random.choice((*_LIES, len(content) + 8))
        if random.random() < 0.5:
            header["json"] = lie
        else:
            header["buffers"] = random.choice((lie, [lie], [0] * 2000))
    padded = b"".join(buffer + bytes(-len(buffer) % 8) for buffer in buffers)
    return json.dumps(header).encode() + random.choice((b"\n",) * 19 + (b"",)) + content + padded


async def hello(random: Random, port: int) -> None:
    """Something that is not HTTP at all."""
    data = random.choice(_HELLOS) if random.random() < 0.5 else random.randbytes(random.randrange(3000))
    await _exchange(port, data + b"\r\n\r\n")


async def request(random: Random, port: int) -> None:
    """One to five requests, sent at once."""
    requests = [a_request(random) for _ in range(random.choice((1, 1, 1, 2, 5)))]
    await _exchange(port, b"".join(requests) + _LAST)


async def mutated(random: Random, port: int) -> None:
    data = random.choice((a_request, a_call))(random)
    await _exchange(port, mutate(random, data[:50_000]) + _LAST)


async def call(random: Random, port: int) -> None:
    await _exchange(port, b"".join(a_call(random) for _ in range(random.choice((1, 1, 3)))) + _LAST)


async def in_pieces(random: Random, port: int) -> None:
    """A request that comes a little at a time, as through a poor network."""
    data = a_call(random)[:5_000] + _LAST
    wire = await Wire.open(port)
    at = 0
    while at < len(data):
        size = random.choice((1, 7, 100, 4000))
        await wire.send(data[at : at + size])
        at += size
        await asyncio.sleep(0)
    check_responses(await wire.until_closed())
    await wire.close()


async def broken_off(random: Random, port: int) -> None:
    """A request of which the rest never comes."""
    data = random.choice((a_request, a_call))(random)
    wire = await Wire.open(port)
    await wire.send(data[: random.randrange(len(data))])
    ending = random.random()
    if ending < 0.1:
        # Nothing more: the host must not wait for it much longer than it says.
        check_responses(await wire.until_closed())
    elif ending < 0.5:
        wire.half_close()
        check_responses(await wire.until_closed())
    else:
        await asyncio.sleep(random.choice((0, 0.001, REQUEST_MS / 20_000)))
        wire.reset()
        return
    await wire.close()


async def _exchange(port: int, data: bytes) -> None:
    wire = await Wire.open(port)
    sending = asyncio.ensure_future(wire.send(data))
    received = await wire.until_closed()
    await sending
    if not check_responses(received) and len(data) > 100_000:
        raise Finding("a large request was not answered")
    await wire.close()
