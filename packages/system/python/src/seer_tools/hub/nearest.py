"""Suggests model ids that are similar to one that does not exist."""

from __future__ import annotations

import difflib
import threading
from typing import Any

from seer_tools.hub.client import hub

# Suggestions are optional, so do not wait long.
TIMEOUT_SECONDS = 10
MAX_LISTED = 500
MAX_SUGGESTIONS = 3


def nearest(model: str) -> list[str]:
    """The best matches first; empty if the hub does not answer."""
    found: list[str] = []
    thread = threading.Thread(target=_find, args=(model, found), daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    by_lower = {name.lower(): name for name in found}
    names = difflib.get_close_matches(model.lower(), by_lower, n=MAX_SUGGESTIONS, cutoff=0.7)
    return [by_lower[name] for name in names]


def _find(model: str, found: list[str]) -> None:
    owner, _, name = model.rpartition("/")
    queries: list[dict[str, Any]] = [{"author": owner}] if owner else []
    queries.append({"search": name})
    for query in queries:
        try:
            models: Any = hub().HfApi().list_models(**query, limit=MAX_LISTED)
            found.extend(str(listed.id) for listed in models)
        except Exception:
            return
