"""Finds problems of an interface file without running it."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from typing import TYPE_CHECKING

from .bindings import Bindings
from .exposures import Exposures
from .hints import Hints
from .imports import imported_source
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def check(
    source: bytes,
    file: str,
    *,
    path: Sequence[str] | None = None,
    models: Collection[str] | None = None,
    python: tuple[int, int] | None = None,
) -> list[Problem]:
    """All problems of a file, ordered by line.

    `models` are the names of the configured models, if known; `python` is the version that will run the file.
    `path` lists more directories from which the file may import modules; without it, a file that exposes
    nothing is not reported, because an unknown module may expose functions.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Only compiling finds some errors, such as `return` outside a function.
            compile(source, file, "exec", dont_inherit=True)
            tree = ast.parse(source, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [_syntax_problem(error, file, python)]
    checker = _Checker(tree, file)
    checker.check_that_expose_is_seers()
    checker.check_exposures()
    if path is not None:
        checker.check_that_some_are_exposed([os.path.dirname(os.path.abspath(file)), *path])
    if models is not None:
        checker.check_models(models)
    checker.check_names()
    return sorted(checker.problems, key=lambda problem: problem.line)


def _syntax_problem(error: Exception, file: str, python: tuple[int, int] | None) -> Problem:
    line = getattr(error, "lineno", None) or 1
    message = getattr(error, "msg", None) or str(error)
    if python is not None and python > sys.version_info[:2]:
        # The newer version may support the syntax.
        here = "{}.{}".format(*sys.version_info)
        return Problem(file, line, f"Python {here} cannot check it: {message}", severity="warning")
    return Problem(file, line, message)


class _Checker:
    def __init__(self, tree: ast.Module, file: str) -> None:
        self.problems: list[Problem] = []
        self._tree = tree
        self._file = file
        self._bindings = Bindings.of(tree)
        self._hints = Hints(self._bindings, error=self._error, warning=self._warning)

    def _error(self, line: int, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self._file, line, message, hint))

    def _warning(self, line: int, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self._file, line, message, hint, "warning"))

    def check_that_expose_is_seers(self) -> None:
        for node in self._tree.body:
            defined = {getattr(node, "name", None)}
            if isinstance(node, ast.Assign):
                defined = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if "expose" in defined:
                hint = "Remove it. `from seer import expose` lets the file run by itself."
                self._error(node.lineno, "expose is defined here, which hides Seer's own", hint)

    def check_exposures(self) -> None:
        exposures = Exposures(self._bindings, self._error)
        exposures.collect(self._tree.body, certain=True)
        for exposure, other in exposures.duplicates():
            message = f"two exposed functions are called {exposure.name}; the other is in line {other.line}"
            self._error(exposure.line, message, 'Rename one of them, or write @expose(name="…").')
        for exposure in exposures.found:
            if exposure.function is not None:
                others = [
                    getattr(one, "id", "")
                    for one in exposure.function.decorator_list
                    if not exposures.is_expose(getattr(one, "func", one))
                ]
                certain = set(others) <= {"staticmethod", "classmethod"}
                self._hints.check(exposure.function, certain=certain, skip_first="classmethod" in others)

    def check_that_some_are_exposed(self, path: Sequence[str]) -> None:
        exposures = Exposures(self._bindings, self._error)
        # A file without functions may import them from a library in the sandbox, which cannot be read here.
        functions = [
            node for node in self._tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        if not functions or any(map(exposures.is_expose, ast.walk(self._tree))):
            return
        if not any(b"expose" in source for source in imported_source(self._tree, path)):
            message = f"{os.path.basename(self._file)} exposes no function"
            self._error(functions[0].lineno, message, "Put @expose above each function to serve.")

    def check_models(self, models: Collection[str]) -> None:
        # Only checks statements that always run and whose exceptions are not caught.
        always = [node for node in self._tree.body if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr))]
        for node in (child for statement in always for child in ast.walk(statement)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.args[0], "value", None)
            origin = self._bindings.origin(node.func) or ""
            if origin.rpartition(".")[2] == "get_model_path" and type(name) is str and name not in models:
                names = ", ".join(map(repr, models)) or "none"
                self._error(node.lineno, f"no model {name!r} is configured; configured are: {names}")

    def check_names(self) -> None:
        """Warns of names that are not defined anywhere in the file."""
        reported = self._hints.undefined
        used = [node for node in ast.walk(self._tree) if isinstance(node, ast.Name)]
        # Such code may define names that cannot be seen here.
        if self._bindings.has_star_import or any(node.id in ("exec", "globals") for node in used):
            return
        for node in used:
            if node.id not in self._bindings.names and node.id not in reported:
                reported.add(node.id)
                self._warning(node.lineno, f"the name {node.id!r} is not defined")
