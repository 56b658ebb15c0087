"""What a host is told when it starts: one line of JSON on its standard input."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast


class ConfigError(Exception):
    """The configuration cannot be used."""


@dataclass(frozen=True)
class Limits:
    """Sizes and times at which the host refuses, drops or kills."""

    queue: int = 1024
    """Calls that may wait."""
    calls_per_second: int = 0
    """Calls accepted in a second, by all clients together; 0 is no limit."""
    connections: int = 512
    message_bytes: int = 1 << 30
    """The largest request, and the largest result."""
    kept_ms: int = 600_000
    """How long the record of an ended call is kept."""
    kept_bytes: int = 256 << 20
    output_bytes: int = 1 << 20
    """How much of one call's output is kept."""
    grace_ms: int = 2_000
    """How long a cancelled call may take to end before its worker is killed."""
    request_ms: int = 20_000
    """How long a request may take to arrive, whenever nothing more of it comes."""
    idle_ms: int = 300_000
    """How long a connection may stay open without a request."""
    quiet_ms: int = 30_000
    """How long a WebSocket may be silent before it is asked whether it lives, and for its answer."""
    log_bytes: int = 8 << 20
    """At which size the log file is put aside and a new one begun; one old one is kept."""


@dataclass(frozen=True)
class HostConfig:
    """The configuration of one host."""

    file: str
    name: str
    token: str
    admin_token: str
    address: str = "127.0.0.1"
    port: int = 0
    allowed_hosts: tuple[str, ...] = ()
    python: str = sys.executable
    models: tuple[dict[str, str], ...] = ()
    path: tuple[str, ...] = ()
    log: str | None = None
    lifeline: bool = False
    secrets: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def parse(cls, text: str | bytes) -> HostConfig:
        """Reads the JSON object, and names the first thing that is wrong with it."""
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
        for key in ("name", "address", "python", "log"):
            if key in given and not _is_text(given[key]):
                raise ConfigError(f"{_camel(key)!r} must be a string that is not empty")
        if type(given.get("port", 0)) is not int or not 0 <= given.get("port", 0) <= 65535:
            raise ConfigError("'port' must be a whole number from 0 to 65535")
        if type(given.get("lifeline", False)) is not bool:
            raise ConfigError("'lifeline' must be true or false")
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
