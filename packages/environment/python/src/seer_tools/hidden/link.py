"""Gives a large file another name without its bytes being written again, where that can be."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# linux/fs.h; other systems and file systems refuse it.
FICLONE = 0x40049409
# The format's own limit.
LONGEST_HEADER = 100_000_000


def link(source: Path, target: Path, *, move: bool) -> bool:
    """Moves it, or gives it a second name; False where the file system does not let that be done."""
    if move:
        os.replace(source, target)
        return True
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def copy(source: Path, target: Path) -> None:
    """Copies it, sharing blocks where the file system can."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new, FICLONE, old.fileno())
        except OSError:
            shutil.copyfileobj(old, new, 16 * 1024 * 1024)


def without_metadata(source: Path, target: Path) -> bool:
    """Copies a safetensors file without the notes in its header; False when it has none that could tell."""
    with source.open("rb") as old:
        length = int.from_bytes(old.read(8), "little")
        if not 0 < length <= LONGEST_HEADER:
            return False
        try:
            header: dict[str, Any] = json.loads(old.read(length))
        except ValueError:
            return False
        notes: dict[str, Any] = header.get("__metadata__") or {}
        if not set(notes) - {"format"}:
            return False
        header["__metadata__"] = {key: text for key, text in notes.items() if key == "format"}
        # The same length, so that the weights stay aligned.
        written = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length)
        if len(written) > length:
            written = written.ljust(-(-len(written) // 8) * 8)
        with target.open("wb") as new:
            new.write(len(written).to_bytes(8, "little") + written)
            shutil.copyfileobj(old, new, 16 * 1024 * 1024)
    return True
