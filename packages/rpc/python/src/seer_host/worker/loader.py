"""Runs an interface file as a script and collects the functions that it exposes."""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import linecache
import os
import sys
import tokenize
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from ..check import Problem, check, list_problems
from ..errors import RpcError
from .codecs.builder import CodecBuilder
from .definitions import source_location
from .exposure import Expose, ExposeError
from .functions import ServedFunction
from .interface_module import DIRECTORY, seer
from .methods import outermost, without_instance
from .tracebacks import format_exception, message_of, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..messages import Buffer

_HINT = "Put @expose above each function to serve."


class Loaded(NamedTuple):
    """The documentation and functions of a loaded file."""

    doc: str
    functions: dict[str, ServedFunction]
    warnings: list[Problem]


def load(
    file: str,
    source: Buffer | None,
    expose: Expose,
    models: Sequence[dict[str, str]],
    path: Sequence[str],
) -> Loaded:
    """Runs a file; raises RpcError `load-failed`, which lists all problems that were found.

    `source` is the text that the supervisor read, or None; the file may have been edited since.
    """
    file = os.path.abspath(file)
    name = os.path.basename(file)
    source = _read(file) if source is None else bytes(source)
    _show_in_tracebacks(file, source)
    try:
        code = compile(source, file, "exec", dont_inherit=True)
    except Exception as error:
        raise _failed(name, error) from None
    _fail_for(check(source, file, models=[model["name"] for model in models]))
    module = _prepare(file, expose, models, path)
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        raise _failed(name, error) from None
    if not expose.registered:
        raise RpcError("load-failed", f"{name} exposes no function", hint=_HINT)
    functions, problems = _serve(expose)
    _fail_for(problems)
    warnings = [problem for problem in problems if not problem.is_error]
    return Loaded(inspect.cleandoc(module.__doc__ or ""), functions, warnings)


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = "does not exist" if missing else f"cannot be read: {error.strerror}"
        raise RpcError("load-failed", f"the interface file {file} {what}", type=type_of(error)) from None


def _show_in_tracebacks(file: str, source: bytes) -> None:
    """Makes tracebacks and `inspect` show the loaded source instead of a later edit of the file."""
    with contextlib.suppress(SyntaxError, UnicodeDecodeError):
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        lines = io.TextIOWrapper(io.BytesIO(source), encoding).readlines()
        # `linecache` does not compare an entry without a modification time with the file.
        linecache.cache[file] = (len(source), None, lines, file)


def _prepare(
    file: str, expose: Expose, models: Sequence[dict[str, str]], path: Sequence[str]
) -> types.ModuleType:
    """Sets up this process as if started by `python FILE`, and defines Seer's names."""
    module = types.ModuleType("__main__")
    module.__file__ = file
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = [file]
    # Processes that the file starts inherit this path and can import the module `seer`.
    sys.path[0:1] = [os.path.dirname(file), *map(os.path.abspath, path), DIRECTORY]
    seer.configure(models)
    seer.expose = expose
    for name in seer.__all__:
        setattr(module, name, getattr(seer, name))
        # Modules that the file imports can use the names too, without importing them.
        setattr(builtins, name, getattr(seer, name))
    return module


def _serve(expose: Expose) -> tuple[dict[str, ServedFunction], list[Problem]]:
    codecs = CodecBuilder()
    functions: dict[str, ServedFunction] = {}
    problems: list[Problem] = []
    for name, exposed in expose.registered.items():
        try:
            function = without_instance(exposed.function)
            if getattr(function, "__name__", None) == name:
                function = outermost(function)
            functions[name] = served = ServedFunction(name, function, exposed.concurrency, codecs)
            problems += served.problems
        except ExposeError as error:
            problems.append(_problem(exposed.function, str(error), error.hint))
        except Exception as error:  # hints and attributes may run user code
            message = f"{name}: its signature cannot be read: {type_of(error)}: {message_of(error)}"
            hint = "Expose a function of your own that calls it."
            problems.append(_problem(exposed.function, message, hint))
    return functions, problems


def _problem(function: Any, message: str, hint: str | None) -> Problem:
    return Problem(*source_location(function), message, hint)


def _fail_for(problems: Sequence[Problem]) -> None:
    errors = [problem for problem in problems if problem.is_error]
    if not errors:
        return
    hints = dict.fromkeys(problem.hint for problem in errors if problem.hint is not None)
    raise RpcError(
        "load-failed",
        list_problems(errors),
        hint=" ".join(hints) or None,
        details={"problems": [problem._asdict() for problem in errors]},
    )


def _failed(name: str, error: BaseException) -> RpcError:
    hint = None
    message = f"{type_of(error)}: {message_of(error)}"
    if isinstance(error, SyntaxError):
        message = f"{os.path.basename(error.filename or name)}:{error.lineno}: {error.msg}"
    elif isinstance(error, ModuleNotFoundError) and error.name is not None:
        message = f"{name} needs the module {error.name!r}, which is not installed"
        hint = f"Add the package that has {error.name.partition('.')[0]!r} to pythonPackages."
    elif isinstance(error, SystemExit):
        message = f"{name} called sys.exit({error.code!r}) while it was loaded"
    elif isinstance(error, ExposeError):
        message, hint = f"{name}: {error}", error.hint
    return RpcError("load-failed", message, type=type_of(error), traceback=format_exception(error), hint=hint)
