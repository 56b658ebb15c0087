"""Moves, links or copies large files, rewriting their bytes only if necessary."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# From linux/fs.h; fails on other systems and on file systems without block sharing.
FICLONE = 0x40049409
# Values of "format" in the metadata: the library that wrote the file.
FORMATS = {"pt", "tf", "flax", "np", "mlx"}
# The limit of the safetensors format.
LONGEST_HEADER = 100_000_000


def link(source: Path, target: Path, *, move: bool) -> bool:
    """Moves or hard-links a file; False if it cannot be linked."""
    if move:
        os.replace(source, target)
        return True
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def copy(source: Path, target: Path) -> None:
    """Copies a file, sharing its blocks if the file system supports it."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new, FICLONE, old.fileno())
        except OSError:
            shutil.copyfileobj(old, new, 16 * 1024 * 1024)


def without_metadata(source: Path, target: Path) -> bool:
    """Copies a safetensors file without its free-form metadata; False, without a copy, if it has none."""
    with source.open("rb") as old:
        length = int.from_bytes(old.read(8), "little")
        if not 0 < length <= LONGEST_HEADER:
            return False
        try:
            header: dict[str, Any] = json.loads(old.read(length))
        except ValueError:
            return False
        metadata: dict[str, Any] = header.get("__metadata__") or {}
        kept = {key: text for key, text in metadata.items() if key == "format" and text in FORMATS}
        if kept == metadata:
            return False
        header["__metadata__"] = kept
        # Padded to the same length, so that the weights stay aligned.
        written = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(length)
        if len(written) > length:
            written = written.ljust(-(-len(written) // 8) * 8)
        with target.open("wb") as new:
            new.write(len(written).to_bytes(8, "little") + written)
            shutil.copyfileobj(old, new, 16 * 1024 * 1024)
    return True
