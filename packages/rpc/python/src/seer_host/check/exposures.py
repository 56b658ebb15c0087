"""Finds the uses of `expose` in a file, and errors in them."""

from __future__ import annotations

import ast
import difflib
import keyword
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .bindings import Bindings
    from .problems import Report

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
_OPTIONS = ("name", "concurrency")
_UNKNOWN = object()
_PARTIAL = frozenset(("functools.partial", "partial"))


class Exposure(NamedTuple):
    """A use of `expose`."""

    name: str | None
    """None if it is known only when the file runs."""
    line: int
    target: str
    """Identifies the exposed function, so that an alias is not taken for a second one."""
    function: FunctionNode | None
    certain: bool
    """Whether it always runs when the file is loaded."""


class Exposures:
    """Collects the uses of `expose` in a file."""

    def __init__(self, bindings: Bindings, report: Report) -> None:
        self._bindings = bindings
        self._report = report
        self.found: list[Exposure] = []

    def is_expose(self, node: ast.AST) -> bool:
        """Whether an expression refers to something called `expose`, from any module."""
        origin = self._bindings.origin(node) if isinstance(node, ast.expr) else None
        return origin is not None and origin.rpartition(".")[2] == "expose"

    def collect(self, body: Iterable[ast.stmt], *, certain: bool, owner: ast.ClassDef | None = None) -> None:
        """Collects from statements that run when the file is loaded."""
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._collect_function(node, owner, certain=certain)
            elif isinstance(node, ast.ClassDef):
                self._collect_class(node, certain=certain)
            elif nested := _statements_in(node):
                self.collect(nested, certain=certain and isinstance(node, ast.With), owner=owner)
            else:
                for child in ast.walk(node):
                    if isinstance(child, ast.Call) and self.is_expose(child.func):
                        self._collect_call(child, certain=certain)

    def duplicates(self) -> Iterator[tuple[Exposure, Exposure]]:
        """Each exposure whose name is already taken, with the one that has taken it."""
        first: dict[str, Exposure] = {}
        for exposure in self.found:
            if exposure.name is not None and exposure.certain:
                other = first.setdefault(exposure.name, exposure)
                if other.target != exposure.target:
                    yield exposure, other

    def _collect_class(self, node: ast.ClassDef, *, certain: bool) -> None:
        for decorator in node.decorator_list:
            if self._options(decorator) is not None:
                message = f"@expose is for functions; {node.name} is a class"
                self._report(decorator.lineno, message, "Put @expose above functions instead.")
        self.collect(node.body, certain=certain, owner=node)

    def _collect_function(self, node: FunctionNode, owner: ast.ClassDef | None, *, certain: bool) -> None:
        for decorator in node.decorator_list:
            options = self._options(decorator)
            if options is None:
                continue
            if isinstance(decorator, ast.Call) and decorator.args:
                message = f"{node.name}: the options of expose need names"
                self._report(decorator.lineno, message, f'Write @expose(name="{node.name}").')
            if owner is not None and not _is_static(node):
                message = f"{owner.name}.{node.name} is a method, which needs an object"
                hint = f"Remove @expose, and expose the method of an object: expose(object.{node.name})."
                self._report(node.lineno, message, hint)
            name = self._checked(options, decorator.lineno, node.name)
            # A later definition of the same name is a different function.
            known = any(one.target == node.name for one in self.found)
            target = f"{node.name} in line {node.lineno}" if known else node.name
            self.found.append(Exposure(name, node.lineno, target, node, certain))

    def _collect_call(self, call: ast.Call, *, certain: bool) -> None:
        if len(call.args) > 1:
            self._report(call.lineno, "expose takes one function", "Write an expose(…) for each function.")
        if not call.args:
            return  # it returns a decorator
        function = call.args[0]
        if isinstance(function, ast.Constant):
            message = f"expose is for functions; {ast.unparse(function)} is not one"
            self._report(call.lineno, message, "Write expose(function), or @expose above it.")
            return
        options = {option.arg: option.value for option in call.keywords}
        if "name" not in options and None not in options and self._is_nameless(function):
            message = f"expose: {ast.unparse(function)[:80]} has no name"
            self._report(call.lineno, message, 'Give it one: expose(function, name="…").')
        name = self._checked(options, call.lineno, None)
        if "name" not in options and isinstance(function, (ast.Name, ast.Attribute)):
            name = function.id if isinstance(function, ast.Name) else function.attr
        self.found.append(Exposure(name, call.lineno, ast.unparse(function), None, certain))

    def _options(self, decorator: ast.expr) -> dict[str | None, ast.expr] | None:
        """The options of a decorator if it is `expose`; else None."""
        if self.is_expose(decorator):
            return {}
        if isinstance(decorator, ast.Call) and self.is_expose(decorator.func):
            return {option.arg: option.value for option in decorator.keywords}
        return None

    def _checked(self, options: dict[str | None, ast.expr], line: int, default: str | None) -> str | None:
        """The name under which a function is exposed; reports invalid options."""
        for option in options:
            if option is not None and option not in _OPTIONS:
                near = difflib.get_close_matches(option, _OPTIONS, 1)
                hint = f"Did you mean {near[0]}?" if near else f"It has {' and '.join(_OPTIONS)}."
                self._report(line, f"expose has no option {option!r}", hint)
        value = options.get("concurrency")
        count = None if value is None else _literal(value)
        if value is not None and count is not _UNKNOWN and (type(count) is not int or count < 1):
            message = f"expose: concurrency must be a whole number from 1, not {ast.unparse(value)}"
            self._report(line, message, None)
        value = options.get("name")
        if value is None:
            return default if None not in options else None
        name = _literal(value)
        if name is _UNKNOWN:
            return None
        if name is None:
            return default
        if not is_function_name(name):
            message = f"expose: name must be one that a function can have, not {ast.unparse(value)}"
            self._report(line, message, None)
            return None
        return name

    def _is_nameless(self, function: ast.expr) -> bool:
        return isinstance(function, ast.Lambda) or (
            isinstance(function, ast.Call) and self._bindings.origin(function.func) in _PARTIAL
        )


def _statements_in(node: ast.stmt) -> list[ast.stmt]:
    """The statements in the branches of a compound statement such as `if`."""
    found: list[ast.stmt] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            found.append(child)
        elif isinstance(body := getattr(child, "body", None), list):
            found += body
    return found


def is_function_name(name: object) -> TypeGuard[str]:
    """Whether something can be the name of an exposed function."""
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not (name.startswith("__") and name.endswith("__"))
    )


def _is_static(node: FunctionNode) -> bool:
    names = [one.id for one in node.decorator_list if isinstance(one, ast.Name)]
    return "staticmethod" in names or "classmethod" in names


def _literal(node: ast.expr) -> Any:
    """The value of a literal, or `_UNKNOWN`."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN
