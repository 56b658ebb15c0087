"""Messages: a header in one line of JSON, then a JSON value and its buffers."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from .errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Sequence

Buffer: TypeAlias = bytes | bytearray | memoryview
"""Contiguous bytes."""

Header: TypeAlias = dict[str, Any]

MAX_HEADER = 64 * 1024
_PADDING = bytes(8)
_RESULT = b'{"op":"result","id":"'
_read_value = json.JSONDecoder().raw_decode


class Message(NamedTuple):
    """A received message: its header, and the location of its body."""

    header: Header
    data: Buffer
    body: int
    """The offset of the body in `data`."""

    def json(self) -> Buffer:
        """The body's JSON, without the buffers."""
        view = memoryview(self.data)
        size = self.header.get("json")
        return view[self.body :] if size is None else view[self.body : self.body + size]

    def buffers(self) -> list[memoryview]:
        """The body's buffers, as views of the message."""
        sizes: list[int] = self.header.get("buffers") or []
        if not sizes:
            return []
        view = memoryview(self.data)
        offset = self.body + (self.header.get("json") or 0)
        found: list[memoryview] = []
        for size in sizes:
            found.append(view[offset : offset + size])
            offset += size + -size % 8
        return found


def parse_message(data: Buffer) -> Message:
    """Parses a message's header and checks the lengths of its parts; does not parse the value."""
    start = bytes(data[:MAX_HEADER]) if isinstance(data, memoryview) else data
    end = start.find(b"\n", 0, MAX_HEADER)
    if end < 0:
        raise RpcError("bad-request", "a message needs a header line that ends with a newline")
    try:
        header = _read_json(str(start[:end], "utf-8"))
    except ValueError as error:
        raise RpcError("bad-request", f"the header of a message is not JSON: {error}") from None
    except RecursionError:
        raise RpcError("bad-request", "the header of a message is nested too deeply") from None
    if type(header) is not dict:
        raise RpcError("bad-request", "the header of a message must be a JSON object")
    message = Message(cast("Header", header), data, end + 1)
    if "buffers" in message.header or "json" in message.header:
        _check_parts(message)
    return message


def parse_result(data: Buffer) -> Message | None:
    """Parses a plain result, the most common message of a worker, without JSON; None for other messages."""
    if isinstance(data, memoryview) or not data.startswith(_RESULT):
        return None
    end = data.find(b'"', len(_RESULT))
    if data[end : end + 3] != b'"}\n':
        return None
    return Message({"op": "result", "id": str(data[len(_RESULT) : end], "ascii")}, data, end + 3)


def parse_header(line: Buffer) -> Header:
    """Parses the header of a message without its body."""
    return cast("Header", _read_json(str(line, "utf-8")))


def _read_json(text: str) -> Any:
    # Faster than `json.loads` for short texts.
    value, end = _read_value(text)
    return value if end == len(text) else json.loads(text)


def _check_parts(message: Message) -> None:
    size, sizes = message.header.get("json"), message.header.get("buffers")
    if not _is_size(size) or not isinstance(sizes, list):
        raise RpcError("bad-request", 'a message with buffers needs "json" and "buffers" in its header')
    lengths = cast("list[Any]", sizes)
    if not all(map(_is_size, lengths)):
        raise RpcError("bad-request", '"buffers" must be the lengths of the buffers')
    total = cast("int", size) + sum(length + -length % 8 for length in lengths)
    if total != len(message.data) - message.body:
        raise RpcError("bad-request", "the lengths in the header of a message do not add up to its body")


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def build_message(header: Header, body: bytes, buffers: Sequence[Buffer] = ()) -> list[Buffer]:
    """The parts of a message, in order, to be sent or joined."""
    start = json.dumps(header, separators=(",", ":")).encode()
    if not buffers:
        return [start + b"\n" + body]
    # The header contains the padded length of the JSON, so try paddings until the header fits.
    lengths = ",".join(str(len(buffer)) for buffer in buffers)
    comma = "," if header else ""
    for size in range(len(body), len(body) + 16):
        line = start[:-1] + f'{comma}"json":{size},"buffers":[{lengths}]}}\n'.encode()
        if (len(line) + size) % 8 == 0:
            break
    else:
        raise AssertionError("no padding aligns the buffers")
    parts: list[Buffer] = [line + body + b" " * (size - len(body))]
    for buffer in buffers:
        parts.append(buffer)
        if padding := -len(buffer) % 8:
            parts.append(_PADDING[:padding])
    return parts


_BUFFER = re.compile(
    rb'(\{"\$seer":"(?:array","dtype":"[a-z0-9_]+","shape":\[[0-9,]*\]|bytes"|picture","mediaType":"[a-z/]+"),)'
    rb'"buffer":([0-9]+)\}'
)


def inline_buffers(body: Buffer, buffers: Sequence[Buffer]) -> bytes:
    """The body as plain JSON: each reference to a buffer is replaced by base64.

    Quotes inside JSON strings are escaped, so the pattern matches only references.
    """
    if not buffers:
        return bytes(body)

    def inline(match: re.Match[bytes]) -> bytes:
        data = base64.b64encode(buffers[int(match[2])])
        return b'%s"data":"%s"}' % (match[1], data)

    return _BUFFER.sub(inline, bytes(body))
