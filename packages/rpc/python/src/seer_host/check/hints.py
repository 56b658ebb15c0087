"""Checks the type hints of exposed functions, as far as possible without running the file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .bindings import Bindings
    from .exposures import FunctionNode
    from .problems import Report

_CALLABLE = frozenset(("typing.Callable", "collections.abc.Callable"))


class Hints:
    """Reports hints that are missing, undefined or impossible."""

    def __init__(
        self,
        bindings: Bindings,
        *,
        error: Report,
        warning: Report,
    ) -> None:
        self._bindings = bindings
        self._error = error
        self._warning = warning
        self.undefined: set[str] = set()

    def check(self, function: FunctionNode, *, certain: bool, skip_first: bool) -> None:
        """Checks a function.

        `certain` is false if a decorator may change the parameters. `skip_first` skips the first parameter,
        such as `cls`, which callers do not pass.
        """
        report = self._error if certain else self._warning
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args][1 if skip_first else 0 :]
        rest = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        for parameter in (*positional, *arguments.kwonlyargs, *rest):
            what = f"the parameter {parameter.arg!r}"
            if parameter.annotation is None:
                message = f"{function.name}: {what} has no type hint; any value is accepted"
                self._warning(parameter.lineno, message, None)
            else:
                self._check(f"{function.name}: the hint of {what}", parameter.annotation, report)
        if function.returns is None:
            self._warning(function.lineno, f"{function.name}: the return value has no type hint", None)
        else:
            self._check(f"{function.name}: the hint of the return value", function.returns, report)

    def _check(self, what: str, hint: ast.expr, report: Report) -> None:
        line = hint.lineno
        evaluated = self._bindings.evaluates_hints and not isinstance(hint, ast.Constant)
        hint = _parsed(hint)
        for node in self._relevant(hint):
            if isinstance(node, ast.Name) and self._is_undefined(node.id):
                message = f"{what} names {node.id!r}, which is not defined"
                # For a hint that is not evaluated, any value is accepted.
                undefined = report if evaluated else self._warning
                undefined(line, message, "Import it, or correct its spelling.")
                self.undefined.add(node.id)
            elif self._bindings.origin(node) in _CALLABLE:
                message = f"{what} is not supported: {ast.unparse(hint)}"
                report(
                    line, message, "Functions cannot be sent. Accept a function's name instead, for example."
                )
            elif isinstance(node, ast.Name) and self._is_plain_class(node.id):
                message = f"{what} is not supported: {ast.unparse(hint)}"
                report(line, message, f"To pass one by reference, write expose.Ref[{node.id}].")

    def _relevant(self, hint: ast.expr) -> Iterator[ast.expr]:
        """The names in a hint, except in `Ref`, in literals and in metadata."""
        if isinstance(hint, ast.Attribute):
            yield hint
            yield from self._relevant(hint.value)
        elif isinstance(hint, ast.Subscript):
            origin = self._bindings.origin(hint.value) or ""
            if origin.endswith((".Ref", "Literal")):
                return
            yield from self._relevant(hint.value)
            if origin.endswith("Annotated") and isinstance(hint.slice, ast.Tuple):
                yield from self._relevant(hint.slice.elts[0])
            elif origin not in _CALLABLE:
                yield from self._relevant(hint.slice)
        elif isinstance(hint, ast.Call):
            return
        else:
            if isinstance(hint, ast.Name):
                yield hint
            for child in ast.iter_child_nodes(hint):
                if isinstance(child, ast.expr):
                    yield from self._relevant(child)

    def _is_undefined(self, name: str) -> bool:
        return name not in self._bindings.names and not self._bindings.has_star_import

    def _is_plain_class(self, name: str) -> bool:
        """Whether it is a class of the file whose objects cannot be sent, unlike those of a dataclass."""
        node = self._bindings.classes.get(name)
        return (
            node is not None
            and not (node.bases or node.keywords or node.decorator_list or getattr(node, "type_params", ()))
            and not any(isinstance(one, ast.FunctionDef) and "pydantic" in one.name for one in node.body)
        )


def _parsed(hint: ast.expr) -> ast.expr:
    """The expression in a quoted hint; other hints unchanged."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        try:
            return ast.parse(hint.value.strip(), mode="eval").body
        except SyntaxError:
            return hint
    return hint
