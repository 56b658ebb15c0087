"""The limit: runs an interface file as plain Python would, calls a function and prints its result."""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def expose(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def main(file: str, function: str, models: str) -> None:
    paths = {model["name"]: model["path"] for model in json.loads(models)}
    sys.path.insert(0, os.path.dirname(file))
    injected = {
        "expose": expose,
        "get_model_path": paths.__getitem__,
        "list_configured_models": lambda: list(paths),
    }
    names = runpy.run_path(file, injected, run_name="__main__")
    print(json.dumps(names[function]()), flush=True)


main(*sys.argv[1:])
