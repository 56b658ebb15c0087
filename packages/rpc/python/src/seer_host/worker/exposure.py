"""The `expose` of interface files, which registers the functions to serve."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..check.exposures import is_function_name
from .context import CallContext, current_call
from .interface_module import seer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .refs import Ref, Refs

RefHint = seer.RefHint
RefMarker = seer.RefMarker
_REPORT_S = 0.05
_MESSAGE = 1000


class ExposeError(Exception):
    """Something cannot be exposed."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Exposed(NamedTuple):
    """An exposed function and its options."""

    function: Callable[..., Any]
    concurrency: int


class Expose(seer.Expose):
    """Registers functions to serve, and returns them unchanged."""

    # The module in which pickle finds it.
    __module__ = "seer"

    def __init__(self, refs: Refs, report: Callable[[CallContext, dict[str, Any]], None]) -> None:
        self._refs = refs
        self._report = report
        self.registered: dict[str, Exposed] = {}

    def __call__(self, function: Any = None, /, *, name: str | None = None, concurrency: int = 1) -> Any:
        if type(concurrency) is not int or concurrency < 1:
            raise ExposeError(f"expose: concurrency must be a whole number from 1, not {concurrency!r}")
        if name is not None and not is_function_name(name):
            raise ExposeError(f"expose: name must be one that a function can have, not {name!r}")
        if function is None:
            return partial(self._register, name=name, concurrency=concurrency)
        return self._register(function, name, concurrency)

    def _register(self, function: Any, name: str | None, concurrency: int) -> Any:
        # From Python 3.10 on, static methods are callable, but class methods are not.
        if isinstance(function, type) or not (callable(function) or type(function) is classmethod):
            raise ExposeError(
                f"@expose is for functions; {function!r} is not one",
                hint="Put @expose above `def`; expose an object's method by expose(object.method).",
            )
        name = name or _name_of(function)
        exposed = Exposed(cast("Callable[..., Any]", function), concurrency)
        if self.registered.setdefault(name, exposed) != exposed:
            raise ExposeError(
                f"two exposed functions are called {name}; rename one of them",
                hint='Or expose one of them by another name: @expose(name="…").',
            )
        return exposed.function

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        context = current_call.get()
        if context is None:
            return
        now = time.monotonic()
        if now - context.reported_at < _REPORT_S and done != total:
            return
        context.reported_at = now
        text = None if message is None else str(message)[:_MESSAGE]
        self._report(context, {"done": _number(done), "total": _number(total), "message": text})

    def ref(self, value: Any) -> Ref:
        return self._refs.refer(value)


def _name_of(function: Any) -> str:
    name = getattr(function, "__name__", None)
    if is_function_name(name):
        return name
    raise ExposeError(
        f"expose: {function!r} has no name",
        hint='Give it one: expose(function, name="…").',
    )


def _number(value: Any) -> int | float | None:
    if value is None or isinstance(value, int):
        return value
    number = float(value)
    return number if number - number == 0 else None
