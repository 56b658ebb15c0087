"""`python check_installed.py`: checks that an environment has the required packages.

Reads one line of JSON from standard input: {"sitePackages": directory, "requirements": [text, …],
"pipWheel": path or null}. Prints {"missing": [requirement, …], "entries": [names in the directory],
"bytes": disk usage, "versions": {name: version}}.

It reads the packages' metadata without starting the environment's Python, because a package may contain code
that runs at every start.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import json

from seer_tools.request import read_request

NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?=[\[<>=!~;@(\s]|$)")
PATH_OR_URL = re.compile(r"\.{0,2}/|~/|[A-Za-z][A-Za-z0-9+.-]*://|\.+$")


def installed(directory: str) -> dict[str, str]:
    """Package versions in a directory, by normalized name."""
    versions: dict[str, str] = {}
    for distribution in metadata.distributions(path=[directory]):
        # The metadata of a broken installation may have no name.
        name: str | None = distribution.metadata["Name"]
        if name:
            versions[_normal(name)] = distribution.version
    return versions


def missing(versions: dict[str, str], requirements: list[str], pip_wheel: str | None) -> list[str]:
    """The requirements that no installed package meets."""
    parser = _parser(pip_wheel)
    unmet = [text for text in requirements if not _is_met(text, versions, parser)]
    # The package name of a path or URL is unknown, so only check that anything was installed.
    return unmet if versions or not requirements else requirements


def _is_met(text: str, versions: dict[str, str], parser: Any) -> bool:
    named = NAME.match(text)
    if PATH_OR_URL.match(text) or named is None:
        return True
    version = versions.get(_normal(named[1]))
    if parser is None:
        return version is not None or ";" in text
    try:
        requirement = parser(text)
    except ValueError:
        # The installer accepts forms that this parser does not.
        return version is not None
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return True
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _parser(pip_wheel: str | None) -> Any:
    """pip's vendored requirement parser; the standard library has none."""
    if pip_wheel is None:
        return None
    sys.path.append(pip_wheel)
    try:
        return import_module("pip._vendor.packaging.requirements").Requirement
    except ImportError:
        return None


def _size(directory: str) -> int:
    return sum(
        os.lstat(os.path.join(folder, name)).st_blocks * 512
        for folder, _, names in os.walk(directory)
        for name in names
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    given = read_request(lambda: os._exit(1))
    directory = str(given["sitePackages"])
    versions = installed(directory)
    unmet = missing(versions, given["requirements"], given.get("pipWheel"))
    entries = sorted(name for name in os.listdir(directory) if name != "__pycache__")
    print(json.dumps({"missing": unmet, "entries": entries, "bytes": _size(directory), "versions": versions}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
