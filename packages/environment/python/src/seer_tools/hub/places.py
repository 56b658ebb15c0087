"""Where files go, and what there is of them: in the hub's own cache, or in a directory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from seer_tools.hub.repository import RepoFile, Repository

LOCK_POLL_SECONDS = 0.2


class Place(Protocol):
    """One repository's files at one commit."""

    @property
    def root(self) -> Path:
        """A directory of the file system that it is on, which may not exist yet."""
        ...

    def is_there(self, file: RepoFile) -> bool:
        """Whether nothing of it is left to do."""
        ...

    def content(self, file: RepoFile) -> Path:
        """Where its bytes will be."""
        ...

    def partial(self, file: RepoFile) -> Path:
        """Where they are until there are all of them."""
        ...

    def bytes_of(self, file: RepoFile) -> int:
        """How many there are."""
        ...

    def alone_with(
        self, file: RepoFile, on_wait: Callable[[bool], None]
    ) -> contextlib.AbstractContextManager[None]:
        """Keeps others from downloading the same; `on_wait` is called again and again, first with True."""
        ...

    def let_hub_finish(self, files: list[RepoFile]) -> None:
        """Has the hub's own client fetch what is missing, and do its bookkeeping."""
        ...


class CachePlace:
    """The user's ordinary cache, as the hub's client lays it out."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._cache = Path(hub().constants.HF_HUB_CACHE).expanduser()
        self.storage = storage_of(repository.model)
        self.snapshot = self.storage / "snapshots" / repository.commit

    @property
    def root(self) -> Path:
        return self.storage

    def is_there(self, file: RepoFile) -> bool:
        return _has_size(self.snapshot / file.path, file.size)

    def content(self, file: RepoFile) -> Path:
        return self.storage / "blobs" / file.etag

    def partial(self, file: RepoFile) -> Path:
        return self.storage / "blobs" / f"{file.etag}.incomplete"

    def bytes_of(self, file: RepoFile) -> int:
        if self.is_there(file) or _has_size(self.content(file), file.size):
            return file.size
        return _largest((self.storage / "blobs").glob(f"{file.etag}*.incomplete"), file.size)

    @contextlib.contextmanager
    def alone_with(self, file: RepoFile, on_wait: Callable[[bool], None]) -> Generator[None]:
        from importlib import import_module

        locks: Any = import_module("filelock")
        path = self._cache / ".locks" / self.storage.name / f"{file.etag}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = locks.FileLock(str(path), mode=0o664)
        first = True
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except locks.Timeout:
                on_wait(first)
                first = False
                time.sleep(LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            lock.release()

    def remove_broken(self, files: list[RepoFile]) -> None:
        """A file of another size than the hub says will not get better by being kept."""
        for file in files:
            for path in (self.snapshot / file.path, self.content(file)):
                if path.exists() and not _has_size(path, file.size):
                    path.unlink()

    def let_hub_finish(self, files: list[RepoFile]) -> None:
        _snapshot(self._repository, files)

    def remember(self, revision: str | None) -> None:
        """Notes what a branch or tag is, for when the hub cannot be reached."""
        name = revision or "main"
        if name == self._repository.commit:
            return
        path = self.storage / "refs" / name
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        # A cache that others keep may be for reading only.
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(self._repository.commit)
            new.replace(path)


@dataclass(frozen=True)
class Marker:
    """What a complete directory says of itself."""

    revision: str
    size: int


class DirectoryPlace:
    """A directory with all of the model and a marker that says so, or with nothing but a hidden directory."""

    MARKER = ".seer-model.json"
    PARTIAL = ".seer-partial"

    def __init__(self, repository: Repository, target: Path) -> None:
        self._repository = repository
        self._target = target
        self._parts = target / self.PARTIAL / repository.commit
        self._incomplete = self._parts / ".incomplete"

    @classmethod
    def marker_of(cls, target: Path) -> Marker | None:
        """What the marker of a directory says, if it has one."""
        try:
            found: dict[str, Any] = json.loads((target / cls.MARKER).read_text())
            return Marker(str(found["revision"]), int(found["bytes"]))
        except (OSError, ValueError, KeyError):
            return None

    @property
    def root(self) -> Path:
        return self._target

    def is_there(self, file: RepoFile) -> bool:
        return _has_size(self.content(file), file.size)

    def content(self, file: RepoFile) -> Path:
        return self._parts / file.path

    def partial(self, file: RepoFile) -> Path:
        return self._incomplete / quote(file.path, safe="")

    def bytes_of(self, file: RepoFile) -> int:
        if self.is_there(file):
            return file.size
        clients = self._parts / ".cache" / "huggingface" / "download"
        return _largest([self.partial(file), *clients.rglob(f"*{file.etag}*.incomplete")], file.size)

    @contextlib.contextmanager
    def alone_with(self, file: RepoFile, on_wait: Callable[[bool], None]) -> Generator[None]:
        """There is nobody else: whoever fills a directory has it for himself."""
        del file, on_wait
        yield

    def let_hub_finish(self, files: list[RepoFile]) -> None:
        missing = [file for file in files if not self.is_there(file)]
        if missing:
            _snapshot(self._repository, missing, local_dir=self._parts)

    def finish(self) -> None:
        """Moves the files to where they belong; the marker comes last."""
        shutil.rmtree(self._parts / ".cache", ignore_errors=True)
        shutil.rmtree(self._incomplete, ignore_errors=True)
        for entry in sorted(self._target.iterdir()):
            if entry.name != self.PARTIAL:
                _remove(entry)
        for entry in sorted(self._parts.iterdir()):
            entry.rename(self._target / entry.name)
        shutil.rmtree(self._target / self.PARTIAL)
        new = self._target / f"{self.MARKER}.new"
        new.write_text(json.dumps({"revision": self._repository.commit, "bytes": self._repository.size}))
        new.replace(self._target / self.MARKER)


def storage_of(model: str) -> Path:
    """The folder of a model in the cache."""
    return Path(hub().constants.HF_HUB_CACHE).expanduser() / f"models--{model.replace('/', '--')}"


def check_space(place: Place, missing: int) -> None:
    """Refuses to begin what cannot end well."""
    existing = place.root
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < missing:
        raise FetchError(
            "disk-full",
            f"{gigabytes(missing)} are to be downloaded to {place.root}, where {gigabytes(free)} are free",
        )


def gigabytes(size: int) -> str:
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return f"{size} bytes"


def _snapshot(repository: Repository, files: list[RepoFile], **options: Any) -> None:
    import glob

    hub().snapshot_download(
        repository.model,
        revision=repository.commit,
        allow_patterns=[glob.escape(file.path) for file in files],
        library_name="seer",
        **options,
    )


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _largest(paths: Any, most: int) -> int:
    sizes = [0]
    for path in paths:
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size)
    return min(max(sizes), most)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
