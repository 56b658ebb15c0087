"""What a client may ask for, checked.

Without dataclasses, here and elsewhere in this package: importing them costs a third of a sandbox's start.
"""

from __future__ import annotations

import json
from typing import Any, cast


class BadRequest(Exception):
    """Not a request of this protocol."""


class Settings:
    """What the first process is told when it starts."""

    def __init__(self, text: str | bytes) -> None:
        value = _object(text)
        self.id = str(value["id"])
        self.cwd = str(value["cwd"])
        self.env = _texts(value["env"])
        self.lease_ms = int(value["leaseMs"])
        self.timeout_ms = int(value["timeoutMs"])
        self.timeout_reason = str(value.get("timeoutReason", "timeout"))
        self.adopt_orphans = bool(value["adoptOrphans"])
        # Whether its commands have its own environment, below `env`.
        self.inherit_env = bool(value.get("inheritEnv", False))
        # Whether no other process of the sandbox may look into this one.
        self.hidden = bool(value.get("hidden", False))


class Request:
    """`op` says which of `server.Server`'s operations; the rest is for those that need it."""

    def __init__(self, payload: bytes) -> None:
        value = _object(payload)
        argv = value.get("argv", [])
        if not isinstance(value.get("op"), str) or not isinstance(argv, list):
            raise BadRequest("a request needs an `op`, and `argv` is a list")
        self.op: str = value["op"]
        self.argv = [str(item) for item in cast("list[object]", argv)]
        self.cwd = str(value.get("cwd", ""))
        self.env = _texts(value.get("env", {}))
        self.stdin = bool(value.get("stdin", False))
        self.merge = bool(value.get("merge", False))
        self.path = str(value.get("path", ""))
        self.executable = bool(value.get("executable", False))
        self.holder = str(value.get("holder", ""))
        self.seconds = _number(value.get("seconds", 0))
        self.port = int(_number(value.get("port", 0)))


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadRequest(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest("not a JSON object")
    return cast("dict[str, Any]", value)


def _number(value: object) -> float:
    if not isinstance(value, (int, float)):
        raise BadRequest("`seconds` and `port` are numbers")
    return float(value)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadRequest("`env` is an object")
    return {str(key): str(item) for key, item in cast("dict[object, object]", value).items()}
