"""Reads and writes files as the sandbox's processes see them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from . import frames
from .requests import BadRequest, system_text

if TYPE_CHECKING:
    from .requests import Request


def read(connection: frames.Connection, request: Request) -> None:
    with open(request.path, "rb") as file:
        while data := file.read(frames.CHUNK):
            connection.send(frames.STDOUT, data)
    connection.send_json(frames.RESULT, {})


def write(connection: frames.Connection, request: Request) -> None:
    """Writes a file that the client sends, completely or not at all."""
    receiving = _AtomicWrite(request.path)
    connection.send_json(frames.STARTED, {})
    try:
        receiving.write(connection, executable=request.executable)
    except OSError as error:
        _fail_and_drain(connection, error)
    else:
        connection.send_json(frames.RESULT, {})


def write_tree(connection: frames.Connection) -> None:
    """Writes directories and files; a NEXT_FILE frame starts each of them."""
    connection.send_json(frames.STARTED, {})
    frame = connection.read()
    try:
        while frame[0] == frames.NEXT_FILE:
            entry = json.loads(frame[1])
            path = system_text(entry["path"], "the path")
            if entry["directory"]:
                os.makedirs(path, exist_ok=True)
                frame = connection.read()
            else:
                frame = _AtomicWrite(path).write(connection, executable=entry["executable"])
    except (OSError, BadRequest) as error:
        _fail_and_drain(connection, error)
        return
    if frame[0] != frames.END_OF_INPUT:
        raise frames.Disconnected
    connection.send_json(frames.RESULT, {})


class _AtomicWrite:
    """Writes a temporary file next to the target, then renames it."""

    def __init__(self, name: str) -> None:
        # Imported here because it is slow to import and not needed at start.
        import tempfile

        self._path = os.path.realpath(name)
        if os.path.isdir(self._path):
            raise IsADirectoryError(21, "Is a directory", name)
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        self._file, self._temporary = tempfile.mkstemp(dir=os.path.dirname(self._path), prefix=".seer-")

    def write(self, connection: frames.Connection, *, executable: bool) -> tuple[bytes, bytes]:
        """Writes until a frame that is not INPUT, and returns that frame."""
        try:
            with os.fdopen(self._file, "wb") as file:
                while (frame := connection.read())[0] == frames.INPUT:
                    file.write(frame[1])
                os.fchmod(file.fileno(), _mode(self._path, executable=executable))
            if frame[0] not in (frames.END_OF_INPUT, frames.NEXT_FILE):
                raise frames.Disconnected
            os.replace(self._temporary, self._path)
        except OSError as error:
            os.unlink(self._temporary)
            # Report the target, not the temporary file.
            error.filename, error.filename2 = self._path, None
            raise
        except BaseException:
            os.unlink(self._temporary)
            raise
        return frame


def _fail_and_drain(connection: frames.Connection, error: OSError | BadRequest) -> None:
    """Sends the error and keeps reading, because a client that is still sending would miss it otherwise."""
    connection.fail_with(error)
    while True:
        connection.read()


def make_directory(connection: frames.Connection, request: Request) -> None:
    os.makedirs(request.path, exist_ok=True)
    connection.send_json(frames.RESULT, {})


def _mode(path: str, *, executable: bool) -> int:
    try:
        existing = os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        existing = 0o644
    return existing | 0o111 if executable else existing
