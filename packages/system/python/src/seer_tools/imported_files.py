"""`python imported_files.py FILE`: lists the files next to FILE that it imports, transitively, as JSON.

Paths are relative to FILE's directory. Nothing is executed, so imports with computed names are not found.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def imported_files(file: Path) -> list[str]:
    root = file.parent
    found: set[Path] = set()
    queue = [file]
    while queue:
        path = queue.pop()
        for name in imported(path, root):
            for module in modules(root, name):
                if module != file and module not in found:
                    found.add(module)
                    queue.append(module)
    return sorted(path.relative_to(root).as_posix() for path in found)


def imported(path: Path, root: Path) -> Iterator[str]:
    """The dotted names that a file may import; a name after `from … import` may or may not be a module."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        # Reported when the file is run.
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, path, root)
            if base is not None:
                yield base
                yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)
        elif isinstance(node, ast.Call) and (name := _called_import(node)) is not None:
            yield name


def modules(root: Path, name: str) -> Iterator[Path]:
    """The files below `root` that importing a dotted name executes."""
    directory = root
    for part in name.split("."):
        if not part.isidentifier():
            return
        package, module = directory / part, directory / f"{part}.py"
        if (package / "__init__.py").is_file():
            yield package / "__init__.py"
        elif module.is_file():
            yield module
            return
        elif not package.is_dir():
            return
        directory = package


def _base(node: ast.ImportFrom, path: Path, root: Path) -> str | None:
    if node.level == 0:
        return node.module
    package = path.parent.relative_to(root).parts
    if node.level - 1 > len(package):
        return None
    above = package[: len(package) - (node.level - 1)]
    return ".".join([*above, *([node.module] if node.module else [])])


def _called_import(node: ast.Call) -> str | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in ("import_module", "__import__") or not node.args:
        return None
    argument = node.args[0]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


if __name__ == "__main__":
    print(json.dumps(imported_files(Path(sys.argv[1]).absolute())))
