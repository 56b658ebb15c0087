"""A small, strict reader and writer of HTTP/1.1."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import RpcError

MAX_HEAD = 32 * 1024
MAX_FIELDS = 100
_REQUEST_LINE = re.compile(r"([A-Z]{1,16}) (/[!-~]{0,4095}) HTTP/1\.([01])")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)")
_LENGTH = re.compile(r"[0-9]{1,15}")

REASONS = {
    101: "Switching Protocols",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    426: "Upgrade Required",
    429: "Too Many Requests",
    499: "Client Closed Request",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Head(NamedTuple):
    """A request without its body."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    length: int
    """The length of the body."""
    keep_alive: bool


Fields = dict[str, tuple[str, str]]
"""Caches parsed headers: the name and value by the line."""


def parse_head(data: bytes | bytearray, known: Fields) -> Head:
    """Parses the request line and headers, without the empty line after them.

    Most headers are the same in every request of a connection; lines in `known` are not parsed again.
    """
    try:
        first, *lines = data.decode("latin-1").split("\r\n")
    except ValueError:  # pragma: no cover - latin-1 decodes everything
        raise RpcError("bad-request", "the request is not text") from None
    request = _REQUEST_LINE.fullmatch(first)
    if request is None:
        raise RpcError("bad-request", "the first line is not an HTTP/1.1 request line")
    if len(lines) > MAX_FIELDS:
        raise RpcError("bad-request", f"the request has more than {MAX_FIELDS} headers")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = known.get(line) or _read_field(line, known)
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise RpcError("bad-request", f"the header {name} occurs twice")
        else:
            headers[name] += f", {value}"
    if "transfer-encoding" in headers:
        raise RpcError("bad-request", "transfer encodings are not supported; send a Content-Length")
    length = headers.get("content-length", "0")
    if _LENGTH.fullmatch(length) is None:
        raise RpcError("bad-request", "the Content-Length is not a number")
    options = headers.get("connection", "").lower()
    keep_alive = "keep-alive" in options if request[3] == "0" else "close" not in options
    return Head(request[1], request[2], headers, int(length), keep_alive)


def _read_field(line: str, known: Fields) -> tuple[str, str]:
    field = _FIELD.fullmatch(line)
    if field is None:
        raise RpcError("bad-request", "a header of the request is malformed")
    name, value = field[1].lower(), field[2].strip(" \t")
    if name not in _CHANGING and len(line) <= _KNOWN_LENGTH and len(known) < _KNOWN:
        known[line] = name, value
    return name, value


_CHANGING = frozenset(("content-length", "seer-call-id"))
_KNOWN = 32
_KNOWN_LENGTH = 256
_SINGLE = frozenset(
    ("host", "content-length", "authorization", "content-type", "seer-call-id", "seer-deadline-ms", "origin")
)


def response_head(status: int, content_type: str, length: int, keep_alive: bool) -> bytes:
    """The status line and headers of a response."""
    connection = "" if keep_alive else "Connection: close\r\n"
    challenge = "WWW-Authenticate: Bearer\r\n" if status == 401 else ""
    return (
        f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {length}\r\n{challenge}{connection}\r\n"
    ).encode("latin-1")
