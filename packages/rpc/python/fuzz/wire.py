"""The client's side of the wire: it sends whatever it is given, and is strict about what comes back."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import re
import socket
import struct
from typing import Any, NoReturn, cast

PATIENCE_S = 8.0
"""How long the host may take to answer or to close; far longer than it needs, even on a busy machine."""

_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z -]+\r\n")
_CODES = frozenset(
    (
        "exception",
        "invalid-arguments",
        "unserialisable",
        "unknown-function",
        "unknown-call",
        "unknown-ref",
        "loading",
        "load-failed",
        "cancelled",
        "deadline",
        "queue-full",
        "rate-limited",
        "too-large",
        "bad-request",
        "unauthorised",
        "forbidden",
    )
)
_OPS = frozenset(("hello", "result", "error", "item", "output", "progress", "state", "pong"))


answers: collections.Counter[str] = collections.Counter()
"""How often the host has answered in which way."""


class Finding(Exception):
    """The host did something that it must not do."""


class Wire:
    """One connection to the host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Wire:
        opening = asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        return cls(*await asyncio.wait_for(opening, PATIENCE_S))

    async def send(self, data: bytes) -> None:
        # The host may close, or stop reading, before it has everything.
        with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
            self._writer.write(data)
            await asyncio.wait_for(self._writer.drain(), PATIENCE_S)

    async def until(self, separator: bytes) -> bytes:
        """What comes before a separator, and that; all there was when the host closed before it came."""
        try:
            return await asyncio.wait_for(self._reader.readuntil(separator), PATIENCE_S)
        except asyncio.IncompleteReadError as end:
            return end.partial
        except ConnectionError:
            return b""
        except asyncio.TimeoutError:
            raise Finding(f"the host neither answered nor closed within {PATIENCE_S} s") from None

    async def until_closed(self) -> bytes:
        received = bytearray()
        try:
            while data := await asyncio.wait_for(self._reader.read(1 << 20), PATIENCE_S):
                received += data
        except ConnectionError:
            pass
        except asyncio.TimeoutError:
            raise Finding(f"the host neither answered nor closed within {PATIENCE_S} s") from None
        return bytes(received)

    async def frame(self) -> tuple[int, bytes] | None:
        """The next frame from the host, or None when it has closed."""
        try:
            first, second = await self._exactly(2)
            if first & 0x70 or not first & 0x80 or second & 0x80:
                raise Finding(f"the host sent a frame that begins with {first:#x} {second:#x}")
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await self._exactly(2 if size == 126 else 8), "big")
            return first & 0x0F, await self._exactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _exactly(self, size: int) -> bytes:
        try:
            return await asyncio.wait_for(self._reader.readexactly(size), PATIENCE_S)
        except asyncio.TimeoutError:
            raise Finding(f"the host neither answered nor closed within {PATIENCE_S} s") from None

    def half_close(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    def reset(self) -> None:
        """Closes without a word, as a machine does that loses its power or its program."""
        end: socket.socket = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), PATIENCE_S)


def check_responses(data: bytes) -> int:
    """Checks what the host answered on one connection; gives how many responses that were."""
    count = 0
    while data:
        status = _STATUS.match(data)
        if status is None:
            raise Finding(f"not the start of a response: {data[:200]!r}")
        head, separator, data = data.partition(b"\r\n\r\n")
        if not separator:
            return count  # it closed in the middle
        count += 1
        if status[1] == b"100":
            continue
        if status[1] == b"101":
            return count
        pairs = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        fields = {name: value for name, _, value in pairs}
        size = int(fields[b"Content-Length"])
        content, data = data[:size], data[size:]
        if fields[b"Content-Type"] == b"application/json" and len(content) == size:
            check_answer(strict_json(content), int(status[1]))
    return count


def check_answer(answer: Any, status: int) -> None:
    if not isinstance(answer, dict):
        raise Finding(f"not an answer: {str(answer)[:500]}")
    error: Any = cast("dict[str, Any]", answer).get("error")
    if status >= 400 and error is None:
        raise Finding(f"status {status} without an error: {str(cast('Any', answer))[:500]}")
    if error is not None:
        check_error(error)
    else:
        answers["ok"] += 1


def check_error(error: Any) -> None:
    """The worker must not die of input, and what the host itself raises must have a code of its own."""
    answers[str(error["code"])] += 1
    if error["code"] not in _CODES:
        raise Finding(f"the host answered with {str(error)[:1000]}")
    if error["code"] == "exception" and "interface.py" not in error["traceback"]:
        raise Finding(f"the host itself failed: {str(error)[:1000]}")


def check_message(opcode: int, payload: bytes) -> dict[str, Any]:
    """Checks a message from the host; gives its header."""
    line, newline, body = payload.partition(b"\n")
    header = strict_json(line)
    if not newline or header.get("op") not in _OPS:
        raise Finding(f"not a message: {payload[:200]!r}")
    if ("buffers" in header) != (opcode == 2):
        raise Finding(f"a message in a frame of the wrong kind: {payload[:200]!r}")
    if "buffers" in header:
        padded = sum(size + -size % 8 for size in header["buffers"])
        if header["json"] + padded != len(body) or (len(line) + 1 + header["json"]) % 8:
            raise Finding(f"the lengths of a message are wrong: {payload[:200]!r}")
        body = body[: header["json"]]
    value = strict_json(body) if body else None
    if header["op"] == "error":
        check_error(value)
    else:
        answers[header["op"]] += 1
    return header


def strict_json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Finding(f"the host sent what is not JSON ({error}): {data[:300]!r}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
