"""Imports `huggingface_hub`."""

from __future__ import annotations

import functools
import importlib
import re
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
    _check_metadata()
    return library


@functools.cache
def _check_metadata() -> None:
    """Makes the client check the headers that it uses in paths, which a malicious hub chooses."""
    downloads: Any = importlib.import_module("huggingface_hub.file_download")
    read_metadata = downloads.get_hf_file_metadata

    @functools.wraps(read_metadata)
    def read_checked(*args: Any, **options: Any) -> Any:
        metadata = read_metadata(*args, **options)
        for value in (metadata.etag, metadata.commit_hash):
            if value is not None and re.fullmatch(r"[\w-]+", value) is None:
                raise FetchError("failed", f"The hub sends an invalid hash: {value!r}")
        return metadata

    downloads.get_hf_file_metadata = read_checked
