"""Inputs to a WebSocket, and to its handshake."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import TYPE_CHECKING, Any

from . import values
from .host import MESSAGE_BYTES, TOKEN
from .mutations import mutate
from .requests import a_message
from .wire import Finding, Wire, check_message, check_responses

if TYPE_CHECKING:
    from random import Random

_HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: seer.v1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
).encode()
_OPS: tuple[Any, ...] = (
    "call",
    "call",
    "call",
    "attach",
    "cancel",
    "credit",
    "ping",
    "hello",
    "result",
    "",
    None,
    5,
    ["call"],
)
_IDS: tuple[Any, ...] = ("a", "b", "c", "d", "", "x" * 64, "x" * 65, "é", "a b", None, 7, {}, "../x", "a\n")
_NO_FUNCTIONS: tuple[Any, ...] = (*values.FUNCTIONS, "nope", None, 5, {})
_COUNTS: tuple[Any, ...] = (0, 1, 5, 16, 2**31, 2**53, 2**64, -1, 1.5, "1", None, True, [], float("nan"))
_PARTIAL_S = 0.02


def frame(opcode: int, payload: bytes, *, mask: bytes = b"\1\2\3\4", final: bool = True) -> bytes:
    size = len(payload)
    first = opcode | (0x80 if final else 0)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    if any(mask):
        repeated = (mask * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
    return head + mask + payload


def a_header(random: Random, *, sane: bool) -> dict[str, Any]:
    header: dict[str, Any] = {
        "op": random.choice(_OPS[:7] if sane else _OPS),
        "id": random.choice((*_IDS[:3], f"{random.getrandbits(48):x}")) if sane else random.choice(_IDS),
    }
    if header["op"] == "call":
        header["function"] = random.choice(values.FUNCTIONS if sane else _NO_FUNCTIONS)
    if not sane:
        header[random.choice(("json", "buffers", "function"))] = random.choice(_COUNTS)
    for name in random.sample(("deadlineMs", "output", "credit", "item", "items"), 2):
        if random.random() < 0.3:
            header[name] = random.choice((*_COUNTS[:5], True) if sane else _COUNTS)
    return header


def a_payload(random: Random) -> bytes:
    """The payload of a message: its header, and what may be a body."""
    kind = random.random()
    if kind < 0.05:
        return random.randbytes(random.randrange(100))
    if kind < 0.08:
        return random.choice(
            (b"", b"\n", b"{}\n", b"[]\n", b"null\n{}", b"{" * 5000 + b"\n", b" " * 70_000 + b"\n")
        )
    if kind < 0.5:
        # A message as it should be; what it asks for need not make sense.
        header = a_header(random, sane=True)
        return json.dumps(header).encode() + b"\n" + values.body(random, header.get("function"))
    if kind < 0.52:
        return b'{"op":"call","id":"a","function":"echo","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}\n{}"
    header = a_header(random, sane=random.random() < 0.7)
    payload = a_message(random, header, values.body(random, header.get("function")))
    return mutate(random, payload) if kind < 0.65 else payload


def a_frame(random: Random) -> bytes:
    """A frame or a few, that may break the rules of the WebSocket itself."""
    payload = a_payload(random)
    kind = random.randrange(16)
    if kind == 0:
        return frame(random.choice((3, 4, 7, 11, 15)), payload)
    if kind == 1:
        data = bytearray(frame(1, payload))
        data[0] |= random.choice((0x10, 0x20, 0x40, 0x70))
        return bytes(data)
    if kind == 2:
        return bytes((0x81, min(len(payload), 125))) + payload[:125]  # not masked
    if kind == 3:
        return frame(random.choice((8, 9, 10)), payload[:125], final=random.random() < 0.5)
    if kind == 4:
        return frame(random.choice((8, 9, 10)), payload[:200])
    if kind == 5:
        return frame(0, payload, final=random.random() < 0.5)
    if kind == 6:
        return frame(1, payload, final=False) + frame(1, payload)
    if kind == 7:
        size = random.choice((MESSAGE_BYTES + 1, 2**31, 2**63, 2**64 - 1))
        return struct.pack("!BBQ", 0x82, 0xFF, size) + b"\0\0\0\0" + payload
    if kind == 8:
        pieces = [payload[i : i + 100] for i in range(0, min(len(payload), 2000), 100)] or [b""]
        data = frame(1, b"" if random.random() < 0.5 else pieces.pop(0), final=False)
        for piece in pieces:
            data += frame(0, piece, final=False)
            if random.random() < 0.2:
                data += frame(9, piece[:20])
        return data + frame(0, b"")
    if kind == 9:
        return frame(1, b"", final=False) + frame(0, b"", final=False) * 200 + frame(0, payload)
    if kind == 10:
        size = min(len(payload), 100)
        return (
            struct.pack("!BBH", 0x81, 0x80 | 126, size) + b"\0\0\0\0" + payload[:size]
        )  # longer than need be
    return frame(random.choice((1, 1, 2)), payload, mask=random.choice((b"\0\0\0\0", b"\1\2\3\4")))


async def handshake(random: Random, port: int) -> None:
    wire = await Wire.open(port)
    await wire.send(mutate(random, _HANDSHAKE) + b"\r\n\r\n")
    head = await wire.until(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        check_responses(head + await wire.until_closed())
    wire.reset()


async def messages(random: Random, port: int) -> None:
    """A few messages, each of which is answered or ends the connection."""
    await _exchange(random, port, [frame(1, a_payload(random)) for _ in range(random.randrange(1, 6))])


async def frames(random: Random, port: int) -> None:
    await _exchange(random, port, [a_frame(random) for _ in range(random.randrange(1, 4))])


async def broken_off(random: Random, port: int) -> None:
    """Frames of which the rest never comes, or whose sender goes away in the middle of the answer."""
    wire = await _connect(port)
    data = b"".join(a_frame(random) for _ in range(2))
    if random.random() < 0.3:
        data = mutate(random, data[:20_000])
    await wire.send(data[: random.randrange(len(data) + 1)])
    await asyncio.sleep(random.choice((0, 0, 0.002, _PARTIAL_S)))
    if random.random() < 0.3:
        wire.half_close()
        while (received := await wire.frame()) is not None:
            _check(*received)
    wire.reset()


async def unread(random: Random, port: int) -> None:
    """A client that asks for much and reads nothing of it."""
    wire = await _connect(port)
    for i in range(random.randrange(1, 8)):
        header = {"op": "call", "id": f"{random.getrandbits(40):x}-{i}", "function": "bulk"}
        await wire.send(frame(1, json.dumps(header).encode() + b"\n[9]"))
    await asyncio.sleep(random.choice((0, 0.005, _PARTIAL_S)))
    wire.reset()


async def _connect(port: int) -> Wire:
    wire = await Wire.open(port)
    await wire.send(_HANDSHAKE)
    head = await wire.until(b"\r\n\r\n")
    # Over its limit of connections the host closes new ones at once.
    if head and not head.startswith(b"HTTP/1.1 101"):
        raise Finding(f"a handshake was answered with {head[:200]!r}")
    return wire


async def _exchange(random: Random, port: int, sent: list[bytes]) -> None:
    """Sends frames and then a ping: the host answers that, or has closed."""
    wire = await _connect(port)
    ping = f"ping-{random.getrandbits(40):x}"
    last = frame(1, json.dumps({"op": "ping", "id": ping}).encode() + b"\n")
    sending = asyncio.ensure_future(wire.send(b"".join(sent) + last))
    try:
        while (received := await asyncio.wait_for(wire.frame(), 0.5)) is not None:
            if _check(*received).get("id") == ping:
                break
    except asyncio.TimeoutError:
        pass  # it took the ping for part of a frame that announced more, and waits for the rest, as it should
    sending.cancel()
    wire.reset()


def _check(opcode: int, payload: bytes) -> dict[str, Any]:
    if opcode == 8:
        code = int.from_bytes(payload[:2], "big")
        if code not in (1000, 1001, 1002, 1009):
            raise Finding(f"the host closed with code {code}: {payload[2:]!r}")
        return {}
    if opcode in (9, 10):
        return {}
    return check_message(opcode, payload)
