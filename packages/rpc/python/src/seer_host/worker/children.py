"""Lets the user's code start processes that import its file again, as those of `multiprocessing` may."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from .on_import import when_imported

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child.py")
VARIABLE = "SEER_INTERFACE"


def prepare_children(file: str, models: Sequence[dict[str, str]]) -> None:
    """Has such processes run the file with the names that it is given here."""
    file = os.path.normpath(os.path.abspath(file))

    def change(spawn: Any) -> None:
        get_preparation_data = spawn.get_preparation_data

        def get_our_preparation_data(name: str) -> dict[str, Any]:
            data: dict[str, Any] = get_preparation_data(name)
            if data.get("init_main_from_path") == file:
                data["init_main_from_path"] = _CHILD
                os.environ[VARIABLE] = json.dumps({"file": file, "models": list(models)})
            return data

        spawn.get_preparation_data = get_our_preparation_data

    when_imported("multiprocessing.spawn", change)
