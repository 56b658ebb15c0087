"""The names that a file defines and imports."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import NamedTuple

INJECTED = frozenset(("expose", "get_model_path", "list_configured_models"))
_IMPLICIT = frozenset(
    f"__{name}__"
    for name in (
        *("name", "file", "doc", "builtins", "spec", "package", "loader", "annotations"),
        *("class", "module", "qualname"),
    )
)


class Bindings(NamedTuple):
    """The names of a file and what they refer to."""

    names: frozenset[str]
    """All names that are bound anywhere in the file, or defined by Python or Seer."""
    imports: dict[str, str]
    """The dotted names of imports, by their names in the file."""
    classes: dict[str, ast.ClassDef]
    """The top-level classes, by name."""
    has_star_import: bool
    evaluates_hints: bool
    """Whether Python evaluates unquoted hints when it defines a function."""

    @classmethod
    def of(cls, tree: ast.Module) -> Bindings:
        names: set[str] = set()
        imports: dict[str, str] = {}
        star = False
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.split(".")[0]
                    imports[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom):
                star = star or any(alias.name == "*" for alias in node.names)
                for alias in node.names:
                    imports[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
            else:
                names.update(_bound_by(node))
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        everything = names | imports.keys() | INJECTED | _IMPLICIT | set(dir(builtins))
        evaluates = sys.version_info < (3, 14) and imports.get("annotations") != "__future__.annotations"
        return cls(frozenset(everything), imports, classes, star, evaluates)

    def origin(self, node: ast.expr) -> str | None:
        """The dotted name that an expression such as `np.ndarray` refers to."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self.origin(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return None


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node binds in any scope, except for imports."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    # Functions, classes, exception handlers, patterns and type parameters.
    found = [getattr(node, "name", None), getattr(node, "rest", None)]
    return [name for name in found if isinstance(name, str)]
