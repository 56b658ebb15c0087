"""Downloads one large file so that whatever breaks it off, the next process goes on where it ended.

The hub's own client keeps whole files only. What comes by Xet is left to it all the same: that is faster, and
the largest files come in no other way.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, BinaryIO

from seer_tools.hub.client import hub, uses_xet

if TYPE_CHECKING:
    import threading

    from seer_tools.hub.lines import Lines
    from seer_tools.hub.places import Place
    from seer_tools.hub.repository import RepoFile, Repository
    from seer_tools.hub.tries import Tries

KEPT = "what has come is kept, and the next start goes on from there"
PIECE = 8 * 1024 * 1024


class Stopped(Exception):
    """Another file has failed, so this one is not worth going on with."""


def fetch_large(
    repository: Repository,
    file: RepoFile,
    place: Place,
    *,
    tries: Tries,
    lines: Lines,
    stop: threading.Event,
) -> None:
    """Brings one file to its place, unless it comes by Xet."""

    def wait(first: bool) -> None:
        if stop.is_set():
            raise Stopped
        if first:
            lines.write("waiting", file=file.path)

    with place.alone_with(file, wait):
        if place.content(file).exists():
            return
        partial = place.partial(file)
        partial.parent.mkdir(parents=True, exist_ok=True)
        while not stop.is_set():
            try:
                if not _fetch(repository, file, place, stop):
                    return
                content = place.content(file)
                content.parent.mkdir(parents=True, exist_ok=True)
                partial.replace(content)
                return
            except Stopped:
                raise
            except Exception as error:
                tries.failed(error, have=place.bytes_of(file), code="interrupted", then=KEPT)


def _fetch(repository: Repository, file: RepoFile, place: Place, stop: threading.Event) -> bool:
    library = hub()
    url = library.hf_hub_url(repository.model, file.path, revision=repository.commit)
    if uses_xet() and library.get_hf_file_metadata(url, token=None).xet_file_data is not None:
        return False
    with place.partial(file).open("ab", buffering=0) as out:
        _receive(url, file, out, stop)
    return True


def _receive(url: str, file: RepoFile, out: BinaryIO, stop: threading.Event) -> None:
    library = hub()
    have = out.tell()
    if have > file.size:
        have = out.truncate(0)
    digest = _digest_of(out.name, have)
    headers = library.utils.build_hf_headers(library_name="seer")
    headers["Accept-Encoding"] = "identity"
    if have > 0:
        headers["Range"] = f"bytes={have}-"
    if have < file.size:
        timeout = library.constants.HF_HUB_DOWNLOAD_TIMEOUT
        # The hub redirects to whoever stores its files, who is not sent the token.
        request = library.get_session().stream(
            "GET", url, headers=headers, timeout=timeout, follow_redirects=True
        )
        with request as response:
            library.utils.hf_raise_for_status(response)
            if have > 0 and response.status_code != 206:
                # The server began again; so does the file.
                out.truncate(0)
                digest = hashlib.sha256()
            for piece in response.iter_raw():
                if stop.is_set():
                    raise Stopped
                _write(out, piece)
                digest.update(piece)
    _check(file, out, digest.hexdigest())


def _write(out: BinaryIO, piece: bytes) -> None:
    # Unbuffered, so that what came is kept however this ends; and then less may be written than was given.
    rest = memoryview(piece)
    while rest:
        rest = rest[out.write(rest) :]


def _check(file: RepoFile, out: BinaryIO, digest: str) -> None:
    size = os.fstat(out.fileno()).st_size
    if size < file.size:
        raise OSError(f"{file.path} broke off at {size} of {file.size} bytes")
    if size > file.size or digest != file.etag:
        out.truncate(0)
        raise OSError(f"{file.path} arrived with other bytes than the hub says")


def _digest_of(path: str, size: int) -> Any:
    digest = hashlib.sha256()
    if size > 0:
        with open(path, "rb") as written:
            while piece := written.read(PIECE):
                digest.update(piece)
    return digest
