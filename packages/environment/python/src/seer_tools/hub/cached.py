"""What is in the hub's cache, for when the hub cannot be asked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seer_tools.hub.choose_files import WEIGHTS, choose_files
from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError
from seer_tools.hub.places import storage_of
from seer_tools.hub.repository import check_kind

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class CachedModel:
    snapshot: Path
    commit: str
    size: int


def find_cached(model: str, revision: str | None, *, adapter: bool) -> CachedModel | None:
    """The model as it was when the hub was last asked; None when it is not there.

    Raises FetchError `incomplete` when only some of it is.
    """
    storage = storage_of(model)
    commit = _commit(storage, revision)
    snapshot = storage / "snapshots" / (commit or "")
    if commit is None or not snapshot.is_dir():
        return None
    present = [file for file in snapshot.rglob("*") if file.is_file()]
    missing = _missing(model, commit, snapshot, [file.name for file in present])
    if missing:
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise FetchError(
            "incomplete", f"Only a part of {model} at {commit[:12]} is in the cache, without {some}"
        )
    check_kind(model, [file.relative_to(snapshot).as_posix() for file in present], adapter=adapter)
    return CachedModel(snapshot, commit, sum(file.stat().st_size for file in present))


def _missing(model: str, commit: str, snapshot: Path, present: list[str]) -> list[str]:
    listed = _listed(model, commit)
    if listed is None and not any(WEIGHTS.fullmatch(name) for name in present):
        return ["its weights"]
    wanted = _named_parts(snapshot) if listed is None else listed
    return [path for path in wanted if not (snapshot / path).exists()]


def _commit(storage: Path, revision: str | None) -> str | None:
    if revision is not None and re.fullmatch("[0-9a-f]{40}", revision):
        return revision
    try:
        return (storage / "refs" / (revision or "main")).read_text().strip()
    except OSError:
        return None


def _listed(model: str, commit: str) -> list[str] | None:
    """The files of the commit, as the hub's client noted them; older ones and other tools do not."""
    library = hub()
    if not hasattr(library, "get_cached_repo_tree"):
        return None
    try:
        tree: list[Any] = library.get_cached_repo_tree(model, revision=commit)
    except library.errors.CachedRepoTreeNotFoundError:
        return None
    return choose_files([str(file.path) for file in tree])


def _named_parts(snapshot: Path) -> list[str]:
    """The parts of the weights that their indexes name."""
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
