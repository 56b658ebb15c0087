"""Calls a served function and prints its result as JSON: `call.py FUNCTION '{"parameter": value}'`."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from render import Renderer
from seer_client import Client, Ref, RemoteError, find_endpoint


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls a function and prints its result as JSON.")
    parser.add_argument("function")
    parser.add_argument(
        "arguments", nargs="?", default="{}", help="a JSON object by name; - reads it from stdin"
    )
    parser.add_argument(
        "--save",
        metavar="DIR",
        type=Path,
        help="write the arrays, bytes and pictures of the result there; "
        "without it, pictures go to the current directory",
    )
    options = parser.parse_args()
    text = sys.stdin.read() if options.arguments == "-" else options.arguments
    try:
        arguments = json.loads(text, object_hook=_revive)
    except ValueError as error:
        parser.error(f"the arguments are not JSON: {error}")
    client = Client(*find_endpoint(Path(__file__).parent))
    try:
        # Print the function's output to stderr, because stdout is for its result.
        with contextlib.redirect_stdout(sys.stderr):
            result = client.call(options.function, arguments)
    except RemoteError as error:
        print(error.traceback.rstrip() or f"{error.code}: {error}", file=sys.stderr)
        return 1
    shown = Renderer(options.function, options.save).text(result) + "\n"
    # UTF-8 in any locale, with lone surrogates escaped as in JSON.
    sys.stdout.buffer.write(shown.encode(errors="backslashreplace"))
    return 0


def _revive(value: dict[str, Any]) -> Any:
    """Converts a reference in the form that results show back to a reference."""
    if value.get("$seer") != "ref":
        return value
    return Ref(value["id"], value.get("type", ""), value.get("summary", ""))


if __name__ == "__main__":
    sys.exit(main())
