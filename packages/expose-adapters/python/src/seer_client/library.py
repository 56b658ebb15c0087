"""What the generated functions of a library stand on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .client import Client
from .restore import restore


class Default:
    """Stands for a default that only the function itself can make, and shows as it does there."""

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
        """Calls a function with arguments by name, `others` being its `**kwargs`."""
        for name in others or ():
            # Python could tell `**kwargs` from positional-only parameters of the same name; the wire cannot.
            if name in arguments:
                raise TypeError(f"{function}() got multiple values for argument {name!r}")
        # Two threads may both make a client the first time; either will do.
        self._client = client = self._client or Client(*find_endpoint(self._library.parent))
        given = {name: value for name, value in arguments.items() if not isinstance(value, Default)}
        given.update(others or {})
        result = client.call(function, given)
        return result if returns is None else restore(result, returns)


def find_endpoint(directory: Path) -> tuple[str, str]:
    """The URL and the token of what is served: from the environment, or else from `_endpoint.json`."""
    endpoint: dict[str, str] = json.loads((directory / "_endpoint.json").read_text("utf-8"))
    return os.environ.get("SEER_RPC_URL") or endpoint["url"], os.environ.get("SEER_RPC_TOKEN") or endpoint[
        "token"
    ]
