"""A cell's source, compiled so that its last expression gives the cell's value."""

from __future__ import annotations

import ast
import inspect
import linecache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import CodeType


class Cell(NamedTuple):
    """Compiled code; either part is a coroutine when it awaits."""

    body: CodeType
    value: CodeType | None

    @property
    def awaits(self) -> bool:
        """Whether either part does."""
        return awaits(self.body) or (self.value is not None and awaits(self.value))


def awaits(code: CodeType) -> bool:
    """Return whether evaluating this code gives a coroutine."""
    return bool(code.co_flags & inspect.CO_COROUTINE)


def compile_cell(source: str, filename: str) -> Cell:
    """Compile a cell; raise SyntaxError as Python does."""
    # Tracebacks show the cell's lines through this; without a time of change the entry is never dropped.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    # Without `dont_inherit` the cell would be compiled under this file's own future statements.
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    value = None
    # A semicolon at the end hides the value, as in a notebook.
    if tree.body and isinstance(last := tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        value = compile(ast.Expression(last.value), filename, "eval", flags, dont_inherit=True)
    return Cell(compile(tree, filename, "exec", flags, dont_inherit=True), value)
