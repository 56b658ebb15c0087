"""The errors that clients can receive, with their codes and HTTP statuses."""

from __future__ import annotations

import json
from typing import Any, Literal

Code = Literal[
    "exception",
    "invalid-arguments",
    "unserialisable",
    "unknown-function",
    "unknown-call",
    "unknown-ref",
    "loading",
    "load-failed",
    "worker-died",
    "cancelled",
    "deadline",
    "queue-full",
    "rate-limited",
    "too-large",
    "bad-request",
    "unauthorised",
    "forbidden",
]

STATUS: dict[str, int] = {
    "exception": 500,
    "invalid-arguments": 400,
    "unserialisable": 500,
    "unknown-function": 404,
    "unknown-call": 404,
    "unknown-ref": 404,
    "loading": 503,
    "load-failed": 503,
    "worker-died": 502,
    "cancelled": 499,
    "deadline": 504,
    "queue-full": 429,
    "rate-limited": 429,
    "too-large": 413,
    "bad-request": 400,
    "unauthorised": 401,
    "forbidden": 403,
}


class RpcError(Exception):
    """An error, as the client receives it."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        type: str | None = None,
        traceback: str | None = None,
        hint: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.type = type
        self.traceback = traceback
        self.hint = hint
        self.details = details or {}

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "type": self.type,
            "message": self.message,
            "traceback": self.traceback,
            "hint": self.hint,
            "details": self.details,
        }

    def encode(self) -> bytes:
        # ASCII escapes keep lone surrogates, which exception texts can hold, valid on the wire.
        return json.dumps(self.to_json(), separators=(",", ":")).encode()
