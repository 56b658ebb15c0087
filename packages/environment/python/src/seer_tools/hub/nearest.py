"""Which models the hub has whose ids are nearly that of one that it has not."""

from __future__ import annotations

import difflib
import threading
from typing import Any

from seer_tools.hub.client import hub

# It is a courtesy, and nobody waits long for one.
TIMEOUT_SECONDS = 10
MOST_LISTED = 500
MOST_NAMED = 3


def nearest(model: str) -> list[str]:
    """The best matches first; none when the hub does not say."""
    found: list[str] = []
    thread = threading.Thread(target=_find, args=(model, found), daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    by_lower = {name.lower(): name for name in found}
    names = difflib.get_close_matches(model.lower(), by_lower, n=MOST_NAMED, cutoff=0.7)
    return [by_lower[name] for name in names]


def _find(model: str, found: list[str]) -> None:
    owner, _, name = model.rpartition("/")
    questions: list[dict[str, Any]] = [{"author": owner}] if owner else []
    questions.append({"search": name})
    for question in questions:
        try:
            models: Any = hub().HfApi().list_models(**question, limit=MOST_LISTED)
            found.extend(str(listed.id) for listed in models)
        except Exception:
            return
