"""The `huggingface_hub` of this interpreter."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from seer_tools.hub.failures import FetchError

# Before 1.0 it had other HTTP underneath.
OLDEST = 1


def hub() -> Any:
    """The library; its parts come with their names, `hub().utils.get_session`."""
    try:
        library: Any = importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise FetchError("no-client", f"huggingface_hub is not installed for this Python: {error}") from error
    if int(library.__version__.split(".")[0]) < OLDEST:
        raise FetchError("no-client", f"huggingface_hub {library.__version__} is too old: 1.0 is needed")
    return library


def uses_xet() -> bool:
    """Whether the library fetches what is stored as Xet in that way."""
    return importlib.util.find_spec("hf_xet") is not None and not hub().constants.HF_HUB_DISABLE_XET
