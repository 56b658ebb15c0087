"""What a client may ask for, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast


class BadRequest(Exception):
    """Not a request of this protocol."""


@dataclass(frozen=True)
class Settings:
    """What the first process is told when it starts."""

    id: str
    cwd: str
    env: dict[str, str]
    lease_ms: int
    timeout_ms: int
    timeout_reason: str
    adopt_orphans: bool
    # Whether its commands have its own environment, below `env`.
    inherit_env: bool
    # Whether no other process of the sandbox may look into this one.
    hidden: bool

    @staticmethod
    def parse(text: str | bytes) -> Settings:
        value = _object(text)
        return Settings(
            id=str(value["id"]),
            cwd=str(value["cwd"]),
            env=_texts(value["env"]),
            lease_ms=int(value["leaseMs"]),
            timeout_ms=int(value["timeoutMs"]),
            timeout_reason=str(value.get("timeoutReason", "timeout")),
            adopt_orphans=bool(value["adoptOrphans"]),
            inherit_env=bool(value.get("inheritEnv", False)),
            hidden=bool(value.get("hidden", False)),
        )


@dataclass(frozen=True)
class Request:
    """`op` says which of `server.Server`'s operations; the rest is for those that need it."""

    op: str
    argv: list[str] = field(default_factory=list[str])
    cwd: str = ""
    env: dict[str, str] = field(default_factory=dict[str, str])
    stdin: bool = False
    merge: bool = False
    path: str = ""
    executable: bool = False
    holder: str = ""
    seconds: float = 0.0
    port: int = 0

    @staticmethod
    def parse(payload: bytes) -> Request:
        value = _object(payload)
        argv = value.get("argv", [])
        if not isinstance(value.get("op"), str) or not isinstance(argv, list):
            raise BadRequest("a request needs an `op`, and `argv` is a list")
        return Request(
            op=value["op"],
            argv=[str(item) for item in cast("list[object]", argv)],
            cwd=str(value.get("cwd", "")),
            env=_texts(value.get("env", {})),
            stdin=bool(value.get("stdin", False)),
            merge=bool(value.get("merge", False)),
            path=str(value.get("path", "")),
            executable=bool(value.get("executable", False)),
            holder=str(value.get("holder", "")),
            seconds=_number(value.get("seconds", 0)),
            port=int(_number(value.get("port", 0))),
        )


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
