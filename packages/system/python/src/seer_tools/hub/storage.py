"""A model's files on disk."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError

if TYPE_CHECKING:
    from seer_tools.hub.repository import RepoFile, Repository


def storage_of(model: str) -> Path:
    """A model's folder in the hub's cache."""
    return Path(hub().constants.HF_HUB_CACHE).expanduser() / f"models--{model.replace('/', '--')}"


class Storage:
    """The files of one commit, in the hub's cache or in a directory."""

    def __init__(self, repository: Repository, target: Path | None) -> None:
        self._repository = repository
        self.root = storage_of(repository.model) if target is None else target
        self.snapshot = self.root / "snapshots" / repository.commit if target is None else target
        # Where the client keeps partial downloads.
        self._unfinished = (
            self.root / "blobs" if target is None else target / ".cache" / "huggingface" / "download"
        )
        self._complete: set[str] = set()

    def missing(self) -> list[str]:
        """The files that do not exist with the expected size."""
        return [file.path for file in self._repository.files if not self._is_complete(file)]

    def is_complete(self) -> bool:
        return not self.missing()

    def remove_broken(self) -> None:
        """Removes files of the wrong size, which the client would treat as complete."""
        for file in self._repository.files:
            path = self.snapshot / file.path
            if path.exists() and not self._is_complete(file):
                path.resolve().unlink()
                path.unlink(missing_ok=True)

    def measure(self) -> tuple[int, str | None]:
        """The number of bytes on disk, and a partially downloaded file."""
        total, current = 0, None
        for file in self._repository.files:
            size = file.size if self._is_complete(file) else self._unfinished_bytes(file)
            total += size
            if 0 < size < file.size and current is None:
                current = file.path
        return total, current

    def _is_complete(self, file: RepoFile) -> bool:
        if file.path in self._complete:
            return True
        try:
            is_complete_file = (self.snapshot / file.path).stat().st_size == file.size
        except OSError:
            return False
        if is_complete_file:
            self._complete.add(file.path)
        return is_complete_file

    def _unfinished_bytes(self, file: RepoFile) -> int:
        sizes = [0]
        for path in self._unfinished.rglob(f"*{file.etag}*.incomplete"):
            with contextlib.suppress(OSError):
                # Not `st_size`, because some downloads preallocate the full length.
                sizes.append(path.stat().st_blocks * 512)
        return min(max(sizes), file.size)


def check_space(directory: Path, missing: int) -> None:
    """Raises if the download does not fit on the disk."""
    existing = directory
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < missing:
        raise FetchError(
            "disk-full",
            f"The download needs {format_bytes(missing)} in {directory}, which has {format_bytes(free)} free",
        )


def format_bytes(size: int) -> str:
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return f"{size} bytes"
