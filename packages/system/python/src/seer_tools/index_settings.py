"""`python index_settings.py pip|uv [PIP]`: prints the user's package index settings as a JSON object.

pip's settings come from `PIP config list`; uv's files and variables are read here. Other settings (targets,
constraints, prefixes) do not apply to environments that Seer makes. If the named installer has no index
settings, those of the other one are used.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

TIMEOUT_SECONDS = 30
TRUE = ("1", "true", "yes", "on", "y", "t")


class Settings:
    def __init__(self) -> None:
        self.index: str | None = None
        self.extra: list[str] = []
        self.find_links: list[str] = []
        self.no_index = False
        self.trusted_hosts: list[str] = []
        self.certificate: str | None = None
        self.client_certificate: str | None = None
        self.proxy: str | None = None

    @property
    def has_index(self) -> bool:
        return bool(self.index or self.extra or self.find_links or self.no_index)

    def as_json(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "extra": self.extra,
            "findLinks": [_absolute(location) for location in self.find_links],
            "noIndex": self.no_index,
            "trustedHosts": self.trusted_hosts,
            "certificate": self.certificate,
            "clientCertificate": self.client_certificate,
            "proxy": self.proxy,
        }


def pip_settings(pip: str | None) -> Settings:
    found: dict[str, str] = {}
    for name, value in _pip_config(pip):
        section, _, key = name.partition(".")
        # In pip's order of precedence, lowest first.
        if section in ("global", "install", ":env:"):
            found[f"{('global', 'install', ':env:').index(section)}{key}"] = value

    def last(key: str) -> str | None:
        values = [found.get(f"{order}{key}") for order in (2, 1, 0)]
        return next((value for value in values if value), None)

    settings = Settings()
    settings.index = last("index-url")
    settings.extra = (last("extra-index-url") or "").split()
    settings.find_links = (last("find-links") or "").split()
    settings.no_index = (last("no-index") or "").lower() in TRUE
    settings.trusted_hosts = (last("trusted-host") or "").split()
    settings.certificate = last("cert")
    settings.client_certificate = last("client-cert")
    settings.proxy = last("proxy")
    return settings


def _pip_config(pip: str | None) -> list[tuple[str, str]]:
    if pip is None:
        # Without pip, read only its environment variables.
        return [
            (f":env:.{name[4:].lower().replace('_', '-')}", value)
            for name, value in os.environ.items()
            if name.startswith("PIP_")
        ]
    try:
        listed = subprocess.run(
            [sys.executable, "-I", pip, "config", "list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    pairs: list[tuple[str, str]] = []
    for line in listed.stdout.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            pairs.append((name, str(ast.literal_eval(value))))
    return pairs


def uv_settings() -> Settings:
    settings = Settings()
    for file in _uv_files():
        _read_uv_file(file, settings)
    env = os.environ
    if index := env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL"):
        settings.index = _with_credentials(index)
    if extra := f"{env.get('UV_INDEX', '')} {env.get('UV_EXTRA_INDEX_URL', '')}".split():
        settings.extra = [_with_credentials(url) for url in extra]
    if links := [link for link in env.get("UV_FIND_LINKS", "").split(",") if link]:
        settings.find_links = links
    if no_index := env.get("UV_NO_INDEX"):
        settings.no_index = no_index.lower() in TRUE
    if hosts := env.get("UV_INSECURE_HOST", "").split():
        settings.trusted_hosts = hosts
    return settings


def _uv_files() -> list[Path]:
    """The system's file, then the user's, which takes precedence."""
    if os.environ.get("UV_NO_CONFIG"):
        return []
    if chosen := os.environ.get("UV_CONFIG_FILE"):
        return [Path(chosen)]
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [Path("/etc/uv/uv.toml"), Path(home) / "uv" / "uv.toml"]


def _read_uv_file(path: Path, settings: Settings) -> None:
    try:
        # New in Python 3.11; with 3.10 only uv's variables are read.
        tomllib = importlib.import_module("tomllib")
        file = cast("dict[str, Any]", tomllib.loads(path.read_text()))
    except (ImportError, OSError, ValueError):
        return
    for table in (file, cast("dict[str, Any]", file.get("pip", {}))):
        indexes = cast("list[dict[str, Any]]", table.get("index", []))
        extra = [_named(index) for index in indexes if not index.get("default") and not index.get("explicit")]
        settings.extra = [*extra, *table.get("extra-index-url", [])] or settings.extra
        default = [_named(index) for index in indexes if index.get("default")]
        settings.index = next(iter(default), None) or table.get("index-url") or settings.index
        settings.find_links = table.get("find-links", settings.find_links)
        settings.no_index = bool(table.get("no-index", settings.no_index))
        settings.trusted_hosts = table.get("allow-insecure-host", settings.trusted_hosts)


def _named(index: dict[str, Any]) -> str:
    name = index.get("name")
    return _with_credentials(f"{name}={index['url']}" if name else str(index["url"]))


def _with_credentials(index: str) -> str:
    """The URL of `name=URL`, with the credentials in UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD."""
    named = re.match(r"([A-Za-z0-9._-]+)=(?=\w+:|/)", index)
    if named is None:
        return index
    url = urlsplit(index[named.end() :])
    variable = "UV_INDEX_" + re.sub(r"[^A-Za-z0-9]", "_", named[1]).upper()
    user, password = os.environ.get(f"{variable}_USERNAME"), os.environ.get(f"{variable}_PASSWORD")
    if not (user or password) or "@" in url.netloc:
        return urlunsplit(url)
    return urlunsplit(
        url._replace(netloc=f"{quote(user or '', safe='')}:{quote(password or '', safe='')}@{url.netloc}")
    )


def _absolute(location: str) -> str:
    return location if "://" in location else os.path.abspath(os.path.expanduser(location))


def main() -> None:
    installer, pip = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    both = [uv_settings(), pip_settings(pip)] if installer == "uv" else [pip_settings(pip), uv_settings()]
    own, other = both
    chosen = own if own.has_index or not other.has_index else other
    for name in ("certificate", "client_certificate", "proxy"):
        setattr(chosen, name, getattr(own, name) or getattr(other, name))
    print(json.dumps(chosen.as_json()))


if __name__ == "__main__":
    main()
