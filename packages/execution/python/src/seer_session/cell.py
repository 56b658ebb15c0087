"""Compiles a cell so that its last expression gives the cell's value."""

from __future__ import annotations

import ast
import inspect
import linecache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import CodeType


class Cell(NamedTuple):
    """Compiled code. A part that contains `await` is a coroutine."""

    body: CodeType
    value: CodeType | None

    @property
    def awaits(self) -> bool:
        """Whether the cell contains `await`."""
        return awaits(self.body) or (self.value is not None and awaits(self.value))


def awaits(code: CodeType) -> bool:
    """Return whether evaluating this code returns a coroutine."""
    return bool(code.co_flags & inspect.CO_COROUTINE)


def compile_cell(source: str, filename: str) -> Cell:
    """Compile a cell; raise SyntaxError as Python does."""
    # Lets tracebacks show the cell's lines. An entry without a modification time is never dropped.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    # Without `dont_inherit`, this file's future statements would apply to the cell.
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    value = None
    # As in a notebook, a trailing semicolon suppresses the value.
    if tree.body and isinstance(last := tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        value = compile(ast.Expression(last.value), filename, "eval", flags, dont_inherit=True)
    return Cell(compile(tree, filename, "exec", flags, dont_inherit=True), value)
