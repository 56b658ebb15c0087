"""The host's configuration, which it reads as one line of JSON from its standard input."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast


class ConfigError(Exception):
    """The configuration cannot be used."""


@dataclass(frozen=True)
class Limits:
    """Limits of size and time."""

    queue: int = 1024
    """How many calls may wait."""
    calls_per_second: int = 0
    """How many calls are accepted per second, from all clients together; 0 means no limit."""
    connections: int = 512
    message_bytes: int = 1 << 30
    """The maximum size of a request or a result."""
    received_bytes: int = 2 << 30
    """The memory for all large requests together, apart from the memory shared with the worker."""
    kept_ms: int = 600_000
    """How long the record of an ended call is kept."""
    kept_bytes: int = 256 << 20
    output_bytes: int = 1 << 20
    """How much of one call's output is kept."""
    grace_ms: int = 2_000
    """How long a cancelled call may take to end before its worker is killed."""
    request_ms: int = 20_000
    """How long to wait for more of an incomplete request."""
    idle_ms: int = 300_000
    """How long an HTTP connection may stay open without a request."""
    quiet_ms: int = 30_000
    """How long a WebSocket may be silent before it is sent a ping, and how long to wait for the pong."""
    log_bytes: int = 8 << 20
    """The size at which the log file is rotated; one old file is kept."""


@dataclass(frozen=True)
class HostConfig:
    """The configuration of one host."""

    file: str
    name: str
    token: str
    admin_token: str
    address: str = "127.0.0.1"
    port: int = 0
    listener: int | None = None
    """The file descriptor of a listening socket, instead of an address and a port."""
    allowed_hosts: tuple[str, ...] = ()
    python: str = sys.executable
    models: tuple[dict[str, str], ...] = ()
    path: tuple[str, ...] = ()
    log: str | None = None
    exit_on_stdin_close: bool = False
    end_reason_file: str | None = None
    secrets: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def read_end_reason(self) -> str | None:
        """Why the host is being stopped, if the process that stops it has written a reason."""
        if self.end_reason_file is not None:
            with contextlib.suppress(OSError):
                return Path(self.end_reason_file).read_text("utf-8", "replace").strip() or None
        return None

    @classmethod
    def parse(cls, text: str | bytes) -> HostConfig:
        """Parses the JSON object; raises ConfigError."""
        try:
            value: Any = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the configuration is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ConfigError("the configuration must be one JSON object")
        given = {_snake(key): item for key, item in cast("dict[str, Any]", value).items() if item is not None}
        known = {f.name for f in fields(cls)}
        for key in given:
            if key not in known:
                raise ConfigError(f"the configuration has an unknown key: {key!r}")
        for key in ("file", "token", "admin_token"):
            if not _is_text(given.get(key)):
                raise ConfigError(f"the configuration needs {_camel(key)!r}, a string")
        if given["token"] == given["admin_token"]:
            raise ConfigError("'token' and 'adminToken' must differ")
        given.setdefault("name", Path(given["file"]).stem)
        for key in ("name", "address", "python", "log", "end_reason_file"):
            if key in given and not _is_text(given[key]):
                raise ConfigError(f"{_camel(key)!r} must be a non-empty string")
        if type(given.get("port", 0)) is not int or not 0 <= given.get("port", 0) <= 65535:
            raise ConfigError("'port' must be a whole number from 0 to 65535")
        if type(given.get("listener", 0)) is not int:
            raise ConfigError("'listener' must be a file descriptor")
        if type(given.get("exit_on_stdin_close", False)) is not bool:
            raise ConfigError("'exitOnStdinClose' must be true or false")
        for key in ("allowed_hosts", "path", "secrets"):
            given[key] = _texts(key, given.get(key, []))
        given["models"] = _models(given.get("models", []))
        given["limits"] = _limits(given.get("limits", {}))
        return cls(**given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(map(_is_text, cast("list[Any]", value))):
        raise ConfigError(f"{_camel(key)!r} must be a list of strings")
    return tuple(cast("list[str]", value))


def _models(value: Any) -> tuple[dict[str, str], ...]:
    models: list[dict[str, str]] = []
    for item in cast("list[Any]", value) if isinstance(value, list) else [None]:
        model = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        if not _is_text(model.get("name")) or not _is_text(model.get("path")):
            raise ConfigError("'models' must be a list of objects with 'name' and 'path'")
        models.append({"name": model["name"], "path": model["path"]})
    return tuple(models)


def _limits(value: Any) -> Limits:
    if not isinstance(value, dict):
        raise ConfigError("'limits' must be an object")
    known = {f.name for f in fields(Limits)}
    given: dict[str, int] = {}
    for key, number in cast("dict[str, Any]", value).items():
        if _snake(key) not in known:
            raise ConfigError(f"'limits' has an unknown key: {key!r}")
        if type(number) is not int or number < 0:
            raise ConfigError(f"'limits.{key}' must be a whole number, 0 or more")
        given[_snake(key)] = number
    return Limits(**given)


def _snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)
