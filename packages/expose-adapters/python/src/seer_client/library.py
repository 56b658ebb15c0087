"""The runtime of a library's generated functions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .client import Client
from .restore import restore


class Default:
    """A placeholder for a default that only the function itself can create, with the same `repr`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def default(text: str) -> Any:
    return Default(text)


class Caller:
    """Calls the functions of one library."""

    def __init__(self, library: str) -> None:
        self._library = Path(library)
        self._client: Client | None = None

    def __call__(
        self,
        function: str,
        arguments: dict[str, Any],
        others: dict[str, Any] | None = None,
        returns: dict[str, Any] | None = None,
    ) -> Any:
        """Calls a function with arguments by name; `others` are its `**kwargs`."""
        for name in others or ():
            # The protocol cannot distinguish `**kwargs` from positional-only parameters of the same name.
            if name in arguments:
                raise TypeError(f"{function}() got multiple values for argument {name!r}")
        # Two threads may both create a client the first time; either can be used.
        self._client = client = self._client or Client(*find_endpoint(self._library.parent))
        given = {name: value for name, value in arguments.items() if not isinstance(value, Default)}
        given.update(others or {})
        result = client.call(function, given)
        return result if returns is None else restore(result, returns)


def find_endpoint(directory: Path) -> tuple[str, str]:
    """The URL and token of the served interface, from the environment or else from `_endpoint.json`."""
    endpoint: dict[str, str] = json.loads((directory / "_endpoint.json").read_text("utf-8"))
    return os.environ.get("SEER_RPC_URL") or endpoint["url"], os.environ.get("SEER_RPC_TOKEN") or endpoint[
        "token"
    ]
