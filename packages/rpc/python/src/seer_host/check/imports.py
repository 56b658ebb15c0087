"""Finds the local modules that a file imports."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def imported_source(tree: ast.Module, path: Sequence[str]) -> Iterator[bytes]:
    """The source of each module in these directories that a file imports, directly or indirectly."""
    pending = [(tree, directory) for directory in path]
    seen: set[str] = set()
    while pending:
        tree, directory = pending.pop()
        for module in _imported(tree):
            place = os.path.join(directory, *module.split("."))
            for file in (f"{place}.py", os.path.join(place, "__init__.py")):
                if file in seen or not os.path.isfile(file):
                    continue
                seen.add(file)
                with open(file, "rb") as opened:
                    source = opened.read()
                yield source
                try:
                    pending.append((ast.parse(source), directory))
                except (SyntaxError, ValueError):
                    continue


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield node.module
            yield from (f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names)
