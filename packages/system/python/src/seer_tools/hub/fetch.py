"""Downloads one model through the hub client's `snapshot_download`, completely or not at all."""

from __future__ import annotations

import glob
import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from seer_tools.hub.cached import find_cached
from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError, explain, in_short
from seer_tools.hub.lines import ProgressLines
from seer_tools.hub.repository import resolve
from seer_tools.hub.storage import Storage, check_space

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seer_tools.hub.failures import Code
    from seer_tools.hub.lines import Lines
    from seer_tools.hub.repository import Repository

T = TypeVar("T")

MAX_ATTEMPTS = 3
RESUMES = "complete files are kept, and the next start downloads the others"


@dataclass(frozen=True)
class Request:
    model: str
    revision: str | None = None
    #: The directory to fill; the hub's cache when absent.
    target: Path | None = None
    #: Whether the model must be a PEFT adapter.
    adapter: bool = False


@dataclass(frozen=True)
class Fetched:
    path: Path
    commit: str
    size: int
    #: Bytes downloaded by this run.
    fetched: int = 0
    #: The hub was unreachable; this is the cached copy.
    offline: bool = False


def fetch(request: Request, lines: Lines) -> Fetched:
    """Downloads the files of the model that are missing."""
    asking = _Retry(request, lines, "Asking the hub", "unreachable", "it cannot be reached")
    found = asking.run(lambda: _resolve_or_find(request))
    if isinstance(found, Fetched):
        return found
    storage = Storage(found, request.target)
    fetched = 0
    with ProgressLines(lines, storage.measure, found.size) as progress:
        storage.remove_broken()
        if not storage.is_complete():
            check_space(storage.root, found.size - storage.measure()[0])
        downloading = _Retry(request, lines, "Downloading", "interrupted", RESUMES)
        downloading.run(lambda: _download(found, storage, request))
        fetched = progress.fetched
    if request.target is not None:
        shutil.rmtree(request.target / ".cache", ignore_errors=True)
    return Fetched(storage.snapshot, found.commit, found.size, fetched)


def base_of(path: Path) -> dict[str, str] | None:
    """The base model in an adapter's config."""
    config: dict[str, Any] = json.loads((path / "adapter_config.json").read_text())
    name, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(name, str) or name == "":
        return None
    return {"model": name, **({"revision": revision} if isinstance(revision, str) and revision else {})}


def _resolve_or_find(request: Request) -> Repository | Fetched:
    """The repository on the hub; if that is unreachable, the cached copy."""
    try:
        return resolve(request.model, request.revision, adapter=request.adapter)
    except Exception as error:
        if request.target is not None or explain(error, request.model, request.revision) is not None:
            raise
        try:
            found = find_cached(request.model, request.revision, adapter=request.adapter)
        except FetchError as problem:
            # Online, the next attempt may reach the hub.
            if hub().constants.HF_HUB_OFFLINE:
                raise problem from error
            raise error from None
        return Fetched(found.snapshot, found.commit, found.size, offline=True)


def _download(repository: Repository, storage: Storage, request: Request) -> None:
    branch = request.target is None and request.revision != repository.commit
    path: str = hub().snapshot_download(
        repository.model,
        # By branch, so that the client records its commit for offline use.
        revision=(request.revision or "main") if branch else repository.commit,
        local_dir=request.target,
        allow_patterns=[glob.escape(file.path) for file in repository.files],
        library_name="seer",
    )
    if branch and not path.endswith(repository.commit):
        # The branch has moved meanwhile: download the commit that was resolved.
        hub().snapshot_download(
            repository.model,
            revision=repository.commit,
            allow_patterns=[glob.escape(file.path) for file in repository.files],
            library_name="seer",
        )
    if missing := storage.missing():
        raise OSError(f"{repository.model} came without {', '.join(missing[:3])}")


@dataclass(frozen=True)
class _Retry:
    """Retries a step that may fail transiently; `code` and `then` describe its final failure."""

    request: Request
    lines: Lines
    what: str
    code: Code
    then: str

    def run(self, work: Callable[[], T]) -> T:
        attempt = 1
        while True:
            try:
                return work()
            except Exception as error:
                self._check_failure(error, attempt)
            time.sleep(2 ** (attempt - 1))
            attempt += 1

    def _check_failure(self, error: Exception, attempt: int) -> None:
        """Raises a FetchError unless another attempt may succeed."""
        model = self.request.model
        known = explain(error, model, self.request.revision)
        if known is not None:
            raise known from error
        problem = in_short(error)
        if attempt == MAX_ATTEMPTS:
            failures = f"{self.what} for {model} failed {MAX_ATTEMPTS} times, last with {problem}"
            raise FetchError(self.code, f"{failures}; {self.then}") from error
        self.lines.write("retry", what=self.what, attempt=attempt, of=MAX_ATTEMPTS, message=problem)
