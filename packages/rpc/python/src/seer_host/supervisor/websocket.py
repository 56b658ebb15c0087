"""WebSocket handshake and framing (RFC 6455), without input and output."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING, Final

from ..errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..messages import Buffer

SUBPROTOCOL: Final = "seer.v1"

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SHORT = struct.Struct("!BBH")
_LONG = struct.Struct("!BBQ")


class FrameError(Exception):
    """A client violated the protocol; `code` is the close code to send."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def accept(headers: Mapping[str, str]) -> bytes:
    """The response that accepts a WebSocket upgrade."""
    key = headers.get("sec-websocket-key", "")
    try:
        valid = len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        valid = False
    upgrade = "websocket" in headers.get("upgrade", "").lower()
    if not (valid and upgrade and "upgrade" in headers.get("connection", "").lower()):
        raise RpcError("bad-request", "this is not a WebSocket upgrade request")
    if headers.get("sec-websocket-version") != "13":
        raise RpcError("bad-request", "this host supports WebSocket version 13 only")
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    if SUBPROTOCOL not in offered:
        raise RpcError("bad-request", f"the WebSocket needs the subprotocol {SUBPROTOCOL}")
    # SHA-1 is required by the handshake and protects nothing.
    digest = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: "
        + digest
        + b"\r\nSec-WebSocket-Protocol: "
        + SUBPROTOCOL.encode()
        + b"\r\n\r\n"
    )


def frame_head(opcode: int, length: int) -> bytes:
    """The header of an unfragmented frame from the server."""
    if length < 126:
        return bytes((0x80 | opcode, length))
    if length < 65536:
        return _SHORT.pack(0x80 | opcode, 126, length)
    return _LONG.pack(0x80 | opcode, 127, length)


def close_frame(code: int, reason: str = "") -> bytes:
    payload = code.to_bytes(2, "big") + reason.encode()[:123]
    return frame_head(CLOSE, len(payload)) + payload


def unmask(payload: Buffer, mask: bytes) -> Buffer:
    """The payload of a client's frame; Seer's client uses a zero mask, which costs nothing."""
    if mask == b"\0\0\0\0" or not payload:
        return payload
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return number.to_bytes(size, "little")


class FrameHead:
    """The header of a frame from a client."""

    __slots__ = ("final", "length", "mask", "opcode", "size")

    def __init__(self, final: bool, opcode: int, length: int, mask: bytes, size: int) -> None:
        self.final = final
        self.opcode = opcode
        self.length = length
        self.mask = mask
        self.size = size
        """The size of the header itself."""


def parse_frame_head(data: bytearray, start: int, end: int) -> FrameHead | None:
    """Parses the header of a client's frame; None while it is incomplete."""
    available = end - start
    if available < 2:
        return None
    first, second = data[start], data[start + 1]
    opcode = first & 0x0F
    if first & 0x70:
        raise FrameError(1002, "reserved bits are set")
    if not second & 0x80:
        raise FrameError(1002, "frames from a client must be masked")
    length, size = second & 0x7F, 2
    if length == 126:
        if available < 4:
            return None
        length, size = int.from_bytes(data[start + 2 : start + 4], "big"), 4
    elif length == 127:
        if available < 10:
            return None
        length, size = int.from_bytes(data[start + 2 : start + 10], "big"), 10
    if opcode >= CLOSE:
        if opcode > PONG or not first & 0x80 or length > 125:
            raise FrameError(1002, "a control frame is malformed")
    elif opcode > BINARY:
        raise FrameError(1002, "the opcode is unknown")
    if available < size + 4:
        return None
    mask = bytes(data[start + size : start + size + 4])
    return FrameHead(bool(first & 0x80), opcode, length, mask, size + 4)
