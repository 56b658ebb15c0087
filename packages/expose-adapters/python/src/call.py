"""Calls a served function, `call.py FUNCTION '{"parameter": value}'`, and prints its result as JSON."""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import sys
from pathlib import Path
from typing import Any, cast

from seer_client import Array, Client, Ref, RemoteError, find_endpoint, to_array

# More elements than this are nothing to read.
_WHOLE_ELEMENTS = 256
_FIRST_ELEMENTS = 8


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls a function and prints its result as JSON.")
    parser.add_argument("function")
    parser.add_argument(
        "arguments", nargs="?", default="{}", help="a JSON object by name; - reads it from stdin"
    )
    parser.add_argument(
        "--save", metavar="DIR", type=Path, help="write the arrays of the result there, as .npy"
    )
    options = parser.parse_args()
    text = sys.stdin.read() if options.arguments == "-" else options.arguments
    try:
        arguments = json.loads(text, object_hook=_revive)
    except ValueError as error:
        parser.error(f"the arguments are not JSON: {error}")
    client = Client(*find_endpoint(Path(__file__).parent))
    try:
        # What the function prints is not its result.
        with contextlib.redirect_stdout(sys.stderr):
            result = client.call(options.function, arguments)
    except RemoteError as error:
        print(error.traceback.rstrip() or f"{error.code}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(_Printer(options.save).show(result, "result"), ensure_ascii=False))
    return 0


class _Printer:
    """Shows values as JSON; arrays that are too long to read, by their beginning."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def show(self, value: Any, name: str) -> Any:
        array = to_array(value)
        if array is not None and not isinstance(value, complex):
            return self._array(array, name)
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {str(key): self.show(item, f"{name}.{key}") for key, item in items}
        if isinstance(value, list):
            return [self.show(item, f"{name}.{i}") for i, item in enumerate(cast("list[Any]", value))]
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, Ref):
            return {"$seer": "ref", "id": value.id, "type": value.type, "summary": value.summary}
        return str(value) if isinstance(value, complex) else value

    def _array(self, array: Array, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"dtype": array.dtype, "shape": list(array.shape)}
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True)
            safe = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
            path = self._directory / f"{safe}.npy"
            path.write_bytes(array.to_npy())
            return {**shown, "saved": str(path)}
        if array.size <= _WHOLE_ELEMENTS:
            return {**shown, "values": self._plain(array.tolist())}
        first = self._plain(array.first(_FIRST_ELEMENTS))
        return {**shown, "first": first, "hint": "--save DIR writes all of it as .npy"}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(item) for item in cast("list[Any]", value)]
        return str(value) if isinstance(value, complex) else value


def _revive(value: dict[str, Any]) -> Any:
    """A reference as a result showed it is that reference again."""
    if value.get("$seer") != "ref":
        return value
    return Ref(value["id"], value.get("type", ""), value.get("summary", ""))


if __name__ == "__main__":
    sys.exit(main())
