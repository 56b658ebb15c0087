"""A model's repository on the hub at one commit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from seer_tools.hub.choose_files import choose_files, has_weights, is_adapter
from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class RepoFile:
    path: str
    size: int
    #: The content hash that names the file in the hub's cache.
    etag: str


@dataclass(frozen=True)
class Repository:
    model: str
    commit: str
    files: tuple[RepoFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def resolve(model: str, revision: str | None, *, adapter: bool) -> Repository:
    """Resolves a revision to a commit and lists its files; later steps use only the commit."""
    info: Any = (
        hub().HfApi().model_info(model, revision=revision, files_metadata=True, timeout=TIMEOUT_SECONDS)
    )
    siblings: list[Any] = info.siblings or []
    paths = [str(sibling.rfilename) for sibling in siblings]
    check_kind(model, paths, adapter=adapter)
    chosen = set(choose_files(paths))
    files = [_file(sibling) for sibling in siblings if sibling.rfilename in chosen]
    if re.fullmatch(r"\w+", str(info.sha)) is None:
        raise FetchError("failed", f"The hub names an invalid commit: {info.sha!r}")
    return Repository(model, str(info.sha), tuple(files))


def check_kind(model: str, paths: list[str], *, adapter: bool) -> None:
    """Raises if an adapter was requested as a model, or a model as an adapter."""
    if adapter and not is_adapter(paths):
        raise FetchError("not-adapter", f"{model} is not a PEFT adapter: it has no adapter_config.json")
    if not adapter and is_adapter(paths) and not has_weights(paths):
        raise FetchError("is-adapter", f"{model} is a PEFT adapter, not a complete model")


def _file(sibling: Any) -> RepoFile:
    lfs = sibling.lfs
    etag = str(lfs.sha256 if lfs is not None else sibling.blob_id)
    # Both are used in paths, so a malicious hub must not leave the directory.
    if re.fullmatch(r"[0-9a-f]+", etag) is None or not _stays_below(str(sibling.rfilename)):
        raise FetchError("failed", f"The hub lists an invalid file name or hash: {sibling.rfilename!r}")
    return RepoFile(str(sibling.rfilename), int(sibling.size or 0), etag)


def _stays_below(path: str) -> bool:
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
