"""Finds a model in the hub's cache when the hub cannot be reached."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seer_tools.hub.choose_files import WEIGHTS, choose_files
from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError
from seer_tools.hub.repository import check_kind


@dataclass(frozen=True)
class CachedModel:
    snapshot: Path
    commit: str
    size: int


def find_cached(model: str, revision: str | None, *, adapter: bool) -> CachedModel:
    """The cached snapshot of a revision.

    Raises FetchError `unreachable` if it is not cached, `incomplete` if files are missing.
    """
    library = hub()
    try:
        # Only locates the snapshot; which files are needed is decided below.
        path: str = library.snapshot_download(
            model, revision=revision, local_files_only=True, allow_patterns=[]
        )
    except library.errors.LocalEntryNotFoundError as error:
        raise FetchError(
            "unreachable", f"{model} is not in the cache, and the hub cannot be reached"
        ) from error
    snapshot = Path(path)
    present = [file for file in snapshot.rglob("*") if file.is_file()]
    missing = _missing(model, snapshot, [file.name for file in present])
    if missing:
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise FetchError(
            "incomplete", f"The cached copy of {model} at {snapshot.name[:12]} is incomplete: it lacks {some}"
        )
    check_kind(model, [file.relative_to(snapshot).as_posix() for file in present], adapter=adapter)
    return CachedModel(snapshot, snapshot.name, sum(file.stat().st_size for file in present))


def _missing(model: str, snapshot: Path, present: list[str]) -> list[str]:
    listed = _listed(model, snapshot.name)
    if listed is None and not any(WEIGHTS.fullmatch(name) for name in present):
        return ["its weights"]
    wanted = _files_in_indexes(snapshot) if listed is None else listed
    return [path for path in wanted if not (snapshot / path).exists()]


def _listed(model: str, commit: str) -> list[str] | None:
    """The commit's files as recorded by the hub's client; None if it was cached by an older client."""
    library = hub()
    if not hasattr(library, "get_cached_repo_tree"):
        return None
    try:
        tree: list[Any] = library.get_cached_repo_tree(model, revision=commit)
    except library.errors.CachedRepoTreeNotFoundError:
        return None
    return choose_files([str(file.path) for file in tree])


def _files_in_indexes(snapshot: Path) -> list[str]:
    """The weight files that the indexes list."""
    parts: set[str] = set()
    for index in snapshot.rglob("*.index.json"):
        folder = index.parent.relative_to(snapshot)
        try:
            names: dict[str, str] = json.loads(index.read_text()).get("weight_map", {})
        except (OSError, ValueError):
            parts.add((folder / index.name).as_posix())
            continue
        parts.update((folder / name).as_posix() for name in names.values())
    return sorted(parts)
