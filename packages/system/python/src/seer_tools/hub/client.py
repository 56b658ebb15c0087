"""Imports `huggingface_hub`."""

from __future__ import annotations

import importlib
from typing import Any

from seer_tools.hub.failures import FetchError

# Earlier versions use another HTTP library and raise its errors.
OLDEST = 1


def hub() -> Any:
    """The `huggingface_hub` module. Raises FetchError `no-client` if it is missing or too old."""
    try:
        library: Any = importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise FetchError("no-client", f"huggingface_hub is not installed for this Python: {error}") from error
    if int(library.__version__.split(".")[0]) < OLDEST:
        raise FetchError(
            "no-client", f"huggingface_hub {library.__version__} is too old: 1.0 or newer is needed"
        )
    return library
