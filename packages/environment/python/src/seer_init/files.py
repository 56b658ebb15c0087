"""Reading and writing the sandbox's files, as its own processes see them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import frames

if TYPE_CHECKING:
    from .requests import Request


def read(connection: frames.Connection, request: Request) -> None:
    with open(request.path, "rb") as file:
        while data := file.read(frames.CHUNK):
            connection.send(frames.STDOUT, data)
    connection.send_json(frames.RESULT, {})


def write(connection: frames.Connection, request: Request) -> None:
    """Writes what the client sends, all of it or nothing."""
    # Not needed for a start, and slow to import.
    import tempfile

    path = os.path.realpath(request.path)
    if os.path.isdir(path):
        raise IsADirectoryError(21, "Is a directory", request.path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".seer-")
    connection.send_json(frames.STARTED, {})
    kind = frames.INPUT
    try:
        with os.fdopen(descriptor, "wb") as file:
            while kind == frames.INPUT:
                kind, data = connection.read()
                file.write(data)
            os.fchmod(file.fileno(), _mode(path, executable=request.executable))
        if kind != frames.END_OF_INPUT:
            raise frames.Disconnected
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        # The client is heard out: what it still sends to a closed connection would lose it the answer.
        while kind == frames.INPUT:
            kind, _ = connection.read()
        raise
    except BaseException:
        os.unlink(temporary)
        raise
    connection.send_json(frames.RESULT, {})


def make_directory(connection: frames.Connection, request: Request) -> None:
    os.makedirs(request.path, exist_ok=True)
    connection.send_json(frames.RESULT, {})


def _mode(path: str, *, executable: bool) -> int:
    try:
        existing = os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        existing = 0o644
    return existing | 0o111 if executable else existing
