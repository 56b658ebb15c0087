"""Runs an interface file as a script, and finds what it exposes."""

from __future__ import annotations

import builtins
import inspect
import os
import sys
import types
from typing import TYPE_CHECKING, Any

from ..errors import RpcError
from .exposure import Expose, ExposeError, Models
from .functions import Function, SignatureError
from .kinds.hints import Hints
from .tracebacks import format_exception, message_of, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def load(file: str, expose: Expose, models: Models, path: Sequence[str]) -> tuple[dict[str, Function], str]:
    """The functions that a file exposes, and its own docstring; raises load-failed."""
    file = os.path.abspath(file)
    name = os.path.basename(file)
    module = _prepare(file, path)
    module.__dict__.update(
        expose=expose,
        get_model_path=models.get_model_path,
        list_configured_models=models.list_configured_models,
    )
    try:
        with open(file, "rb") as source:
            text = source.read()
    except OSError as error:
        what = (
            "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        )
        raise RpcError("load-failed", f"the interface file {file} {what}", type=type_of(error)) from None
    try:
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        raise _failed(name, error) from None
    if not expose.registered:
        raise RpcError(
            "load-failed", f"{name} exposes no function", hint="Put @expose above each function to serve."
        )
    try:
        functions = _functions(expose, module)
    except SignatureError as error:
        raise RpcError("load-failed", f"{name}: {error}", type="TypeError", hint=error.hint) from None
    return functions, inspect.cleandoc(module.__doc__ or "")


def _prepare(file: str, path: Sequence[str]) -> types.ModuleType:
    """Makes this process look as if `python FILE` had started it."""
    module = types.ModuleType("__main__")
    module.__file__ = file
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = [file]
    sys.path[0:1] = [os.path.dirname(file), *map(os.path.abspath, path)]
    return module


def _functions(expose: Expose, module: types.ModuleType) -> dict[str, Function]:
    hints = Hints()
    functions: dict[str, Function] = {}
    for name, registered in expose.registered.items():
        # A decorator above @expose has wrapped what was registered: a script would call the outermost.
        outer: Any = module.__dict__.get(name)
        function = registered.function
        if outer is not function and callable(outer) and _wraps(outer, function):
            registered.function = outer
        try:
            functions[name] = Function(name, registered, hints)
        except SignatureError:
            raise
        except Exception as error:  # of whatever the hints or the function's own attributes may do
            raise SignatureError(f"{name}: its signature cannot be read: {error!r}") from error
    return functions


def _wraps(outer: Any, inner: Any) -> bool:
    seen = 0
    while outer is not None and seen < 100:
        if outer is inner:
            return True
        outer, seen = getattr(outer, "__wrapped__", None), seen + 1
    return False


def _failed(name: str, error: BaseException) -> RpcError:
    hint = None
    message = f"{type_of(error)}: {message_of(error)}"
    if isinstance(error, SyntaxError):
        message = f"{os.path.basename(error.filename or name)}, line {error.lineno}: {error.msg}"
    elif isinstance(error, ModuleNotFoundError) and error.name is not None:
        message = f"{name} needs the module {error.name!r}, which is not installed"
        hint = f"Add the package that has {error.name.partition('.')[0]!r} to pythonPackages."
    elif isinstance(error, SystemExit):
        message = f"{name} called sys.exit({error.code!r}) while it was loaded"
    elif isinstance(error, ExposeError):
        message = f"{name}: {error}"
    return RpcError("load-failed", message, type=type_of(error), traceback=format_exception(error), hint=hint)
