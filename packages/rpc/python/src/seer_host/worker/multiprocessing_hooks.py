"""Lets child processes of `multiprocessing` and similar libraries import the interface file."""

from __future__ import annotations

import os
from typing import Any

from .import_hooks import on_import

_MAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "multiprocessing_main.py")
_FILE = "SEER_INTERFACE"
"""The environment variable that tells a child which file to run."""
_SPAWNERS = (
    "multiprocessing.spawn",
    "multiprocess.spawn",
    "loky.backend.spawn",
    "joblib.externals.loky.backend.spawn",
)


def prepare_children(file: str) -> None:
    """Makes child processes that import the main module run the file with Seer's names defined."""
    file = os.path.normpath(os.path.abspath(file))
    os.environ[_FILE] = file

    def patch(spawn: Any) -> None:
        get_preparation_data = spawn.get_preparation_data

        def get_data(*args: Any, **kwargs: Any) -> dict[str, Any]:
            data: dict[str, Any] = get_preparation_data(*args, **kwargs)
            if data.get("init_main_from_path") == file:
                data["init_main_from_path"] = _MAIN
            return data

        spawn.get_preparation_data = get_data

    for module in _SPAWNERS:
        on_import(module, patch)
