"""Reading and writing the sandbox's files, as its own processes see them."""

from __future__ import annotations

import json
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
    receiving = _Receiving(request.path)
    connection.send_json(frames.STARTED, {})
    receiving.write(connection, executable=request.executable)
    connection.send_json(frames.RESULT, {})


def write_tree(connection: frames.Connection) -> None:
    """Writes directories and files one after the other, each of them announced by a frame of its own."""
    connection.send_json(frames.STARTED, {})
    frame = connection.read()
    try:
        while frame[0] == frames.NEXT_FILE:
            entry = json.loads(frame[1])
            if entry["directory"]:
                os.makedirs(entry["path"], exist_ok=True)
                frame = connection.read()
            else:
                frame = _Receiving(entry["path"]).write(connection, executable=entry["executable"])
    except OSError as error:
        connection.fail("failed", str(error))
        _hear_out(connection, frames.INPUT, frames.NEXT_FILE)
        return
    if frame[0] != frames.END_OF_INPUT:
        raise frames.Disconnected
    connection.send_json(frames.RESULT, {})


class _Receiving:
    """A file that is being written beside where it will be."""

    def __init__(self, name: str) -> None:
        # Not needed for a start, and slow to import.
        import tempfile

        self._path = os.path.realpath(name)
        if os.path.isdir(self._path):
            raise IsADirectoryError(21, "Is a directory", name)
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        self._file, self._temporary = tempfile.mkstemp(dir=os.path.dirname(self._path), prefix=".seer-")

    def write(self, connection: frames.Connection, *, executable: bool) -> tuple[bytes, bytes]:
        """Puts it in its place when it is complete, and returns the frame that ends it."""
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
            _hear_out(connection, frames.INPUT)
            # Not the one beside it, or none at all.
            error.filename, error.filename2 = self._path, None
            raise
        except BaseException:
            os.unlink(self._temporary)
            raise
        return frame


def _hear_out(connection: frames.Connection, *kinds: bytes) -> None:
    """What a client still sends to a closed connection would lose it the answer."""
    while connection.read()[0] in kinds:
        pass


def make_directory(connection: frames.Connection, request: Request) -> None:
    os.makedirs(request.path, exist_ok=True)
    connection.send_json(frames.RESULT, {})


def _mode(path: str, *, executable: bool) -> int:
    try:
        existing = os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        existing = 0o644
    return existing | 0o111 if executable else existing
