"""Chooses the files of a repository to download: one copy of the weights, and everything else."""

from __future__ import annotations

import posixpath
import re

# Weights, and their indexes, in the formats of other frameworks.
COPY = re.compile(
    r"(pytorch_model|diffusion_pytorch_model|tf_model|flax_model|diffusion_flax_model|rust_model|model|adapter_model"
    r"|consolidated)"
    r"([-._][-._\w]*)?\.(bin|pth|pt|msgpack|h5|ot|ckpt)(\.index\.json)?"
)
SAFE = re.compile(r"(?P<stem>.+)\.safetensors")
WEIGHTS = re.compile(r".*\.(safetensors|bin|pth|pt|msgpack|h5|ot|ckpt|gguf|onnx)")
NEVER = {".gitattributes", ".gitignore"}


def choose_files(paths: list[str]) -> list[str]:
    """The files to download: if a folder has safetensors, not the same weights in other formats."""
    safe = _folders_with(paths, SAFE)
    torch = _folders_with(paths, re.compile(r"(pytorch_model|diffusion_pytorch_model|adapter_model).*\.bin"))
    return [path for path in paths if path not in NEVER and not _is_copy(path, safe, torch)]


def is_adapter(paths: list[str]) -> bool:
    """Whether it has an adapter's config."""
    return "adapter_config.json" in paths


def has_weights(paths: list[str]) -> bool:
    """Whether it has weights other than an adapter's."""
    names = [path for path in paths if WEIGHTS.fullmatch(posixpath.basename(path))]
    return any(not posixpath.basename(name).startswith(("adapter_", "training_args")) for name in names)


def _is_copy(path: str, safe: set[tuple[str, bool]], torch: set[tuple[str, bool]]) -> bool:
    folder, name = posixpath.split(path)
    adapter = name.startswith("adapter_")
    # Meta's own format; the root has the converted weights.
    if folder.split("/")[0] == "original":
        return ("", False) in safe
    # Mistral's own format, next to the converted weights.
    if re.fullmatch(r"consolidated.*\.safetensors(\.index\.json)?", name):
        return (folder, False) in safe
    if COPY.fullmatch(name) is None:
        return False
    if (folder, adapter) in safe:
        return True
    return (folder, adapter) in torch and re.match(r"(tf|flax|diffusion_flax|rust)_model", name) is not None


def _folders_with(paths: list[str], pattern: re.Pattern[str]) -> set[tuple[str, bool]]:
    """The folders that have a file of this kind, each with whether it belongs to an adapter."""
    found: set[tuple[str, bool]] = set()
    for path in paths:
        folder, name = posixpath.split(path)
        if pattern.fullmatch(name) and not name.startswith("consolidated"):
            found.add((folder, name.startswith("adapter_")))
    return found
