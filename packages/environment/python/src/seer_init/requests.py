"""Parses and validates requests and settings.

This package does not use dataclasses, because importing them takes a third of a sandbox's start.
"""

from __future__ import annotations

import json
from typing import Any, cast


class BadRequest(Exception):
    """A malformed request, or one with an argument that the operating system rejects."""


class Settings:
    """The settings of init."""

    def __init__(self, text: str | bytes) -> None:
        value = _object(text)
        self.id = str(value["id"])
        self.cwd = str(value["cwd"])
        self.env = _variables(value["env"])
        self.lease_ms = int(value["leaseMs"])
        # None means no limit.
        self.timeout_ms = None if value["timeoutMs"] is None else int(value["timeoutMs"])
        self.timeout_reason = str(value.get("timeoutReason", "timeout"))
        # The file to write the end reason to before processes are ended; empty for none.
        self.end_reason_file = str(value.get("endReasonFile", ""))
        self.adopt_orphans = bool(value["adoptOrphans"])
        # Whether commands inherit this process's environment; `env` takes precedence.
        self.inherit_env = bool(value.get("inheritEnv", False))
        # Descriptors of spare sockets that listen on the host's network.
        self.listeners = [int(_number(item)) for item in value.get("listeners", [])]
        # Whether to keep other processes of the sandbox from tracing this one.
        self.hidden = bool(value.get("hidden", False))


class Request:
    """A request: `op` selects the operation, which uses some of the other fields."""

    def __init__(self, payload: bytes) -> None:
        value = _object(payload)
        argv = value.get("argv", [])
        if not isinstance(value.get("op"), str) or not isinstance(argv, list):
            raise BadRequest("a request needs an `op`, and `argv` is a list")
        self.op: str = value["op"]
        items = enumerate(cast("list[object]", argv))
        self.argv = [system_text(item, f"item {index} of the command") for index, item in items]
        # A shell script of any length, run instead of `argv`.
        self.script = system_text(value.get("script", ""), "the script")
        if self.op == "exec" and not self.script and (not self.argv or self.argv[0] == ""):
            raise BadRequest("the command names no program")
        self.cwd = system_text(value.get("cwd", ""), "the working directory")
        self.env = _variables(value.get("env", {}))
        self.stdin = bool(value.get("stdin", False))
        self.merge = bool(value.get("merge", False))
        self.path = system_text(value.get("path", ""), "the path")
        self.executable = bool(value.get("executable", False))
        self.holder = str(value.get("holder", ""))
        self.seconds = _number(value.get("seconds", 0))
        self.port = int(_number(value.get("port", 0)))
        # A descriptor reserved by `take-listener`, for the Python program that is the last item of `argv`.
        self.listener = int(_number(value.get("listener", -1)))


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
        raise BadRequest("`seconds`, `port`, `listener` and `listeners` are numbers")
    return float(value)


def system_text(value: object, what: str) -> str:
    """Checks that a value can be an argument, a variable or a path."""
    if not isinstance(value, str):
        raise BadRequest(f"{what} is not text")
    if "\0" in value:
        raise BadRequest(f"{what} contains a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{what} contains a lone surrogate, which is not a character") from None
    return value


def _variables(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadRequest("`env` is an object")
    variables: dict[str, str] = {}
    for key, item in cast("dict[object, object]", value).items():
        name = system_text(key, "the name of a variable")
        if name == "" or "=" in name:
            raise BadRequest(f"{name!r} cannot be the name of a variable")
        variables[name] = system_text(item, f"the variable {name}")
    return variables
