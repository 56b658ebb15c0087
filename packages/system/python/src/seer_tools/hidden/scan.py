"""Searches files of any format for a model's names."""

from __future__ import annotations

import re
import zipfile
from typing import IO, TYPE_CHECKING

from seer_tools.hidden.names import LONGEST

if TYPE_CHECKING:
    from pathlib import Path

    from seer_tools.hidden.names import Names

CHUNK_SIZE = 16 * 1024 * 1024
# Members of a PyTorch archive that contain only a tensor's numbers.
TENSOR_DATA = re.compile(r"[^/]+/data/\d+")


def find_identifier(path: Path, names: Names) -> str | None:
    """Which part of a file names the model; None if no part does."""
    if path.suffix == ".safetensors":
        return _in_safetensors(path, names)
    if zipfile.is_zipfile(path):
        return _in_archive(path, names)
    with path.open("rb") as file:
        return "its content" if _stream_identifies(file, names) else None


def _in_safetensors(path: Path, names: Names) -> str | None:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        # The rest of the file is numbers.
        return "its header" if _stream_identifies(file, names, length) else None


def _in_archive(path: Path, names: Names) -> str | None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if names.certain.search(member.filename):
                return f"the name of its member {member.filename}"
            if TENSOR_DATA.fullmatch(member.filename):
                continue
            with archive.open(member) as file:
                if _stream_identifies(file, names):
                    return f"its member {member.filename}"
        return "its comment" if names.in_bytes(archive.comment) else None


def _stream_identifies(file: IO[bytes], names: Names, limit: int | None = None) -> bool:
    rest, left = b"", limit
    while piece := file.read(CHUNK_SIZE if left is None else min(CHUNK_SIZE, left)):
        if left is not None:
            left -= len(piece)
        # A name may span two chunks.
        piece = rest + piece
        if names.in_bytes(piece):
            return True
        rest = piece[-LONGEST:]
    return False
