"""Fetches one model, complete or not at all."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seer_tools.hub.cached import find_cached
from seer_tools.hub.client import hub
from seer_tools.hub.failures import FetchError, explain
from seer_tools.hub.lines import ProgressLines
from seer_tools.hub.places import CachePlace, DirectoryPlace, check_space
from seer_tools.hub.repository import resolve
from seer_tools.hub.resume import KEPT, fetch_large
from seer_tools.hub.tries import FIRST_PAUSE_SECONDS, Tries, attempt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seer_tools.hub.lines import Lines
    from seer_tools.hub.places import Place
    from seer_tools.hub.repository import Repository

AT_ONCE = 4


@dataclass(frozen=True)
class Request:
    model: str
    revision: str | None = None
    #: A directory to fill; the hub's cache when absent.
    target: Path | None = None
    #: Whether it is to be a PEFT adapter.
    adapter: bool = False
    #: In seconds, after a first failure; each one after that is twice as long.
    first_pause: float = FIRST_PAUSE_SECONDS


@dataclass(frozen=True)
class Fetched:
    path: Path
    commit: str
    size: int
    #: How much of it came over the network now.
    fetched: int = 0
    #: The hub could not be asked.
    offline: bool = False


def fetch(request: Request, lines: Lines) -> Fetched:
    """Brings the model to its place, as far as it is not there."""
    return (
        _fetch_to_cache(request, lines) if request.target is None else _fill(request.target, request, lines)
    )


def base_of(path: Path) -> dict[str, str] | None:
    """The base that an adapter's config names."""
    config: dict[str, Any] = json.loads((path / "adapter_config.json").read_text())
    name, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(name, str) or name == "":
        return None
    return {"model": name, **({"revision": revision} if isinstance(revision, str) and revision else {})}


def _fetch_to_cache(request: Request, lines: Lines) -> Fetched:
    tries = _tries(request, lines, "Asking the hub")
    while True:
        try:
            repository = resolve(request.model, request.revision, adapter=request.adapter)
            break
        except Exception as error:
            known = explain(error, request.model, request.revision)
            if known is not None:
                raise known from error
            cached = _from_cache(request)
            if isinstance(cached, Fetched):
                return cached
            if hub().constants.HF_HUB_OFFLINE:
                raise cached from error
            tries.failed(error, code=cached.code, then=str(cached))
    place = CachePlace(repository)
    place.remove_broken(list(repository.files))
    fetched = _bring(repository, place, request, lines)
    place.remember(request.revision)
    return Fetched(place.snapshot, repository.commit, repository.size, fetched)


def _from_cache(request: Request) -> Fetched | FetchError:
    """What there is of it without the hub, or what is wrong with that."""
    try:
        found = find_cached(request.model, request.revision, adapter=request.adapter)
    except FetchError as error:
        return error
    if found is None:
        return FetchError(
            "unreachable", f"{request.model} is not in the cache, and the hub cannot be asked for it"
        )
    return Fetched(found.snapshot, found.commit, found.size, offline=True)


def _fill(target: Path, request: Request, lines: Lines) -> Fetched:
    marker = DirectoryPlace.marker_of(target)
    if marker is not None and marker.revision == request.revision:
        return Fetched(target, marker.revision, marker.size)
    tries = _tries(request, lines, "Asking the hub")
    repository = attempt(
        tries,
        lambda: resolve(request.model, request.revision, adapter=request.adapter),
        code="unreachable",
        then="the hub cannot be reached",
    )
    if marker is not None and marker.revision == repository.commit:
        return Fetched(target, marker.revision, marker.size)
    place = DirectoryPlace(repository, target)
    fetched = _bring(repository, place, request, lines)
    place.finish()
    return Fetched(target, repository.commit, repository.size, fetched)


def _bring(repository: Repository, place: Place, request: Request, lines: Lines) -> int:
    """Downloads what is missing; returns how many bytes that were."""
    files = list(repository.files)
    measure = _measure(repository, place)
    with ProgressLines(lines, measure, repository.size) as progress:
        if not all(place.is_there(file) for file in files):
            check_space(place, repository.size - measure()[0])
            _fetch_all_large(repository, place, request, lines)
            tries = _tries(request, lines, "Downloading files")
            attempt(tries, lambda: place.let_hub_finish(files), code="interrupted", then=KEPT)
        missing = [file.path for file in files if not place.is_there(file)]
        if missing:
            raise FetchError("interrupted", f"{repository.model} came without {', '.join(missing)}; {KEPT}")
    return progress.fetched


def _fetch_all_large(repository: Repository, place: Place, request: Request, lines: Lines) -> None:
    files = sorted((file for file in repository.files if file.large), key=lambda file: -file.size)
    stop = threading.Event()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [
            pool.submit(
                fetch_large,
                repository,
                file,
                place,
                tries=_tries(request, lines, f"Downloading {file.path}", pause=stop.wait),
                lines=lines,
                stop=stop,
            )
            for file in files
            if not place.is_there(file)
        ]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _measure(repository: Repository, place: Place) -> Callable[[], tuple[int, str | None]]:
    """How much there is, and a file of which there is only some."""
    complete: dict[str, int] = {}

    def measure() -> tuple[int, str | None]:
        total, current = 0, None
        for file in repository.files:
            size = complete.get(file.path)
            if size is None:
                size = place.bytes_of(file)
                if size == file.size:
                    complete[file.path] = size
                elif size > 0 and current is None:
                    current = file.path
            total += size
        return total, current

    return measure


def _tries(request: Request, lines: Lines, what: str, **options: Any) -> Tries:
    return Tries(
        lines,
        what,
        model=request.model,
        revision=request.revision,
        first_pause=request.first_pause,
        **options,
    )
